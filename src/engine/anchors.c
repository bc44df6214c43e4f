/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unicast virtual routers without an interface: they live while their source address stands on some link (of their VRF, which the
 * kernel looks after), and follow it to another one. In the tables they have an interface of their own, whose name no kernel
 * interface can have, and which shares its link with the real one.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/state.h"

#define ANCHOR_NAME_SIZE (sizeof("source/") + IP_ADDR_TEXT_SIZE)

static void anchor_name(const struct vr_config *config, char name[ANCHOR_NAME_SIZE])
{
	memcpy(name, "source/", sizeof("source/"));
	ip_format(&config->extra->source, name + sizeof("source/") - 1);
}

struct interface *interface_of(const struct engine *engine, const struct vr_config *config)
{
	char name[ANCHOR_NAME_SIZE];

	if (config->interface != NULL)
		return interface_by_name(engine, config->interface);
	anchor_name(config, name);
	return interface_by_name(engine, name);
}

struct interface *interface_get_of(struct engine *engine, const struct vr_config *config)
{
	char name[ANCHOR_NAME_SIZE];
	struct interface *interface;

	if (config->interface != NULL)
		return interface_get(engine, config->interface);
	anchor_name(config, name);
	interface = interface_get(engine, name);
	if (interface != NULL)
		interface->anchor = config->extra->source;
	engine->anchored = true;
	engine->anchors_stale = true;
	return interface;
}

static struct link *link_with(const struct engine *engine, const struct ip_addr *address)
{
	for (struct link *link = engine->links; link; link = link->next)
		if (link_has_foreign(link, address))
			return link;
	return NULL;
}

void anchors_follow(struct engine *engine, mono_t now)
{
	if (!engine->anchors_stale || !engine->anchored)
		return;
	engine->anchors_stale = false;
	for (struct interface *interface = engine->interfaces; interface; interface = interface->next) {
		if (!ip_is_set(&interface->anchor))
			continue;
		/* Also when it is the same one: it may have come up. */
		interface->link = link_with(engine, &interface->anchor);
		interface_refresh(engine, interface, now);
	}
}

void anchors_leave(struct engine *engine, const struct link *link, mono_t now)
{
	for (struct interface *interface = engine->interfaces; interface; interface = interface->next) {
		if (!ip_is_set(&interface->anchor) || interface->link != link)
			continue;
		interface->link = NULL;
		interface_refresh(engine, interface, now);
	}
	engine->anchors_stale = true;
}
