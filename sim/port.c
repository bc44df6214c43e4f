/* SPDX-License-Identifier: GPL-2.0-or-later */
/* engine/port.h for a simulated router. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/world.h"
#include "wire/arp.h"

#define ETHERNET_HEADER 14

/* What it says, when it is a VRRP packet of ours. */
static bool is_advert(const struct port_frame *frame, struct vrrp_advert *advert)
{
	return frame->length > ETHERNET_HEADER && !(frame->bytes[12] == 0x08 && frame->bytes[13] == 0x06) &&
	       vrrp_decode(frame->bytes + ETHERNET_HEADER, frame->length - ETHERNET_HEADER, advert) ==
		       DROP_NONE;
}

/* By this interface, or a device over it; NULL: by any. */
static void nobody_hears(struct router *router, const struct nic *nic)
{
	struct world *world = router->world;
	const bool one = nic != NULL && nic->port != NULL;

	for (size_t i = 0; i < world->router_count; i++)
		for (int ifindex = 0; ifindex < SIM_LINKS; ifindex++)
			if (!one || ifindex == nic->port->ifindex % SIM_LINKS)
				network_lost(world, router, ifindex, world->routers[i], world->now);
}

void frame_send(struct router *router, struct port_frame *frame)
{
	const struct watcher *watcher = &router->world->watcher;
	const struct nic *nic = nic_by_index(router, frame->ifindex);
	struct vrrp_advert advert;
	bool says = is_advert(frame, &advert);

	frame->error = nic == NULL ? -ENXIO : nic->up ? 0 : -ENETDOWN;
	/* What the kernel refuses has been said as far as the process is concerned. */
	if (says)
		laws_advert(router, frame->ifindex, &advert);
	if (frame->error != 0) {
		nobody_hears(router, nic);
		return;
	}
	if (says)
		router->adverts_sent++;
	else
		router->announcements_sent++;
	if (watcher->frame != NULL)
		watcher->frame(watcher->user, router, frame->ifindex, frame->bytes, frame->length,
			says ? &advert : NULL);
	if (nic->port != NULL && nic_carrier(router, nic))
		network_send(nic->port, router, frame->bytes, frame->length, says);
	else if (says)
		nobody_hears(router, nic);
}

static void send_frames(void *user, struct port_frame *frames, size_t count)
{
	for (size_t i = 0; i < count; i++)
		frame_send(user, &frames[i]);
}

static void send_datagrams(void *user, struct port_datagram *datagrams, size_t count)
{
	for (size_t i = 0; i < count; i++)
		datagram_send(user, &datagrams[i]);
}

static uint64_t lost(void *user)
{
	struct router *router = user;
	const uint64_t lost = router->packets_lost - router->packets_lost_told;

	router->packets_lost_told = router->packets_lost;
	return lost;
}

static int64_t wall_clock(void *user)
{
	return router_wall(user);
}

static void run_kernel(void *user, struct kernel_op *ops, size_t count)
{
	kernel_finish(user);
	kernel_run(user, ops, count);
}

static bool run_kernel_later(void *user, struct kernel_op *ops, size_t count, dur_t patience)
{
	return kernel_run_later(user, ops, count, patience);
}

static const struct kernel_op *kernel_answers(void *user, bool wait, size_t *count)
{
	return kernel_take_answers(user, wait, count);
}

static bool give_task(void *user, struct port_task *task)
{
	return kernel_task_later(user, task);
}

static const struct port_task *task_answer(void *user, bool wait)
{
	return kernel_take_task(user, wait);
}

static int join(void *user, int ifindex, const struct ip_addr *group)
{
	struct nic *nic = nic_by_index(user, ifindex);

	if (nic == NULL)
		return -ENODEV;
	nic->joined[group->family == IP_V6]++;
	return 0;
}

static void leave(void *user, int ifindex, const struct ip_addr *group)
{
	struct nic *nic = nic_by_index(user, ifindex);

	if (nic != NULL && --nic->joined[group->family == IP_V6] == 0)
		nic->lost[group->family == IP_V6] = false;
}

static int check_group(void *user, int ifindex, const struct ip_addr *group)
{
	struct nic *nic = nic_by_index(user, ifindex);

	return nic != NULL && nic_check_membership(nic, group->family);
}

static int hear_neighbours(void *user, int ifindex, enum ip_family family, bool on)
{
	struct nic *nic = nic_by_index(user, ifindex);

	if (nic == NULL)
		return -ENODEV;
	if (family == IP_V6)
		nic->hears_neighbours = on;
	else
		nic->hears_arp = on;
	return 0;
}

static int bfd_open(void *user, const struct bfd_config *config)
{
	return bfd_session_open(user, config);
}

static void bfd_close(void *user, int number, const struct bfd_config *config)
{
	(void)user;
	(void)number;
	(void)config;
}

static int bfd_send(
	void *user, int number, const struct bfd_config *config, int ifindex, const uint8_t *bytes, size_t length)
{
	(void)number;
	return bfd_session_send(user, config, ifindex, bytes, length);
}

static void query_link(void *user, int ifindex)
{
	struct router *router = user;
	const struct nic *nic = nic_by_index(router, ifindex);

	if (nic != NULL)
		kernel_answer_link(router, nic);
}

static int device_add(void *user, struct port_device *device)
{
	struct router *router = user;
	const struct nic *parent = nic_by_index(router, device->parent);
	struct nic *nic = nic_by_name(router, device->name);

	if (router->device_error != 0)
		return router->device_error;
	if (parent == NULL)
		return -ENODEV;
	if (nic != NULL && nic->parent == device->parent &&
		(device->mode != VMAC_MACVLAN || memcmp(&nic->mac, &device->mac, sizeof(nic->mac)) == 0))
		return nic->ifindex;
	if (nic != NULL)
		return -EEXIST;
	nic = nic_new(router, device->name, NULL);
	if (nic == NULL)
		return -ENOMEM;
	nic->parent = device->parent;
	nic->port = parent->port;
	nic->mtu = parent->mtu;
	nic->mac = device->mode == VMAC_MACVLAN ? device->mac : parent->mac;
	kernel_tell_link(router, nic);
	return nic->ifindex;
}

/* Nobody else touches the settings here. */
static int device_check(void *user, const struct port_device *device, int ifindex)
{
	(void)device;
	return nic_by_index(user, ifindex) != NULL ? 0 : -ENODEV;
}

static void promote_secondaries(void *user, int ifindex, bool on)
{
	(void)user;
	(void)ifindex;
	(void)on;
}

static void device_remove(void *user, int ifindex)
{
	struct nic *nic = nic_by_index(user, ifindex);

	if (nic != NULL && nic->parent != 0)
		nic_remove(user, nic);
}

static int firewall(void *user, const struct firewall_op *ops, size_t count)
{
	return firewall_run(user, ops, count);
}

static int mortal(void *user, const struct ip_addr *addresses, size_t count, dur_t length)
{
	return firewall_mortal(user, addresses, count, length);
}

static void testament(void *user, size_t slot, const struct testament_entry *entry)
{
	guard_write(user, slot, entry);
}

static bool tell(void *user, uint16_t kind, const char *line, size_t length)
{
	struct router *router = user;
	const struct watcher *watcher = &router->world->watcher;

	if (kind == ENGINE_TELL_STOPPED)
		router->stopped = true;
	if (kind == ENGINE_TELL_DRAINED)
		guard_keep_drained(router, line, length);
	if (watcher->line != NULL)
		watcher->line(watcher->user, router, (enum engine_tell)kind, line, length);
	return true;
}

void port_functions(struct router *router)
{
	router->port = (struct port){.user = router,
		.send_frames = send_frames,
		.kernel = run_kernel,
		.kernel_later = run_kernel_later,
		.kernel_answers = kernel_answers,
		.task = give_task,
		.task_answer = task_answer,
		.send_datagrams = send_datagrams,
		.lost = lost,
		.wall_clock = wall_clock,
		.device_add = device_add,
		.device_check = device_check,
		.device_remove = device_remove,
		.promote_secondaries = promote_secondaries,
		.firewall = firewall,
		.mortal = mortal,
		.join = join,
		.leave = leave,
		.check_group = check_group,
		.hear_neighbours = hear_neighbours,
		.bfd_open = bfd_open,
		.bfd_close = bfd_close,
		.bfd_send = bfd_send,
		.query_link = query_link,
		.testament = testament,
		.tell = tell};
}
