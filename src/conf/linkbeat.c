/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linkbeat_interfaces and linkbeat_use_polling: links whose drivers are asked, once a second, instead of believing
 * what netlink tells. The old word in an instance becomes a line of linkbeat_interfaces.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/keyword_rows.h"
#include "conf/print.h"

/* By enum link_poll. */
static const char *const methods[LINK_POLL_COUNT] = {"MII", "ETHTOOL", "IOCTL"};

const char *conf_link_poll_name(enum link_poll method)
{
	return methods[method];
}

static void add(struct reader *reader, const char *interface, enum link_poll method, const struct spot *spot,
	bool of_instance)
{
	struct draft_polled_link *draft = reader_scratch(reader, sizeof *draft);
	if (!draft)
		return;
	draft->link = (struct conf_polled_link){interface, (uint8_t)method};
	draft->spot = *spot;
	draft->of_instance = of_instance;
	draft->next = reader->polled_links;
	reader->polled_links = draft;
	reader->polled_link_count++;
}

bool linkbeat_line(struct reader *reader, void *owner, const struct statement *statement)
{
	(void)owner;
	const struct token *word = statement->count > 1 ? &statement->words[1] : NULL;
	const char *interface;
	unsigned method = LINK_POLL_MII;
	report_extra(reader, statement, 2);
	if (!value_read_interface(reader, &statement->words[0], &interface) || statement->count > 2)
		return false;
	while (word && method < LINK_POLL_COUNT && strcmp(methods[method], word->text) != 0)
		method++;
	if (method == LINK_POLL_COUNT) {
		reader_error(reader, &word->spot, "'%.60s' is none of MII, ETHTOOL and IOCTL", word->text);
		return false;
	}
	add(reader, interface, (enum link_poll)method, &statement->words[0].spot, false);
	return true;
}

/* By name, then the lines of the block before what instances ask for. */
static int compare(const void *left, const void *right)
{
	const struct draft_polled_link *a = *(const struct draft_polled_link *const *)left;
	const struct draft_polled_link *b = *(const struct draft_polled_link *const *)right;
	int order = strcmp(a->link.interface, b->link.interface);
	if (!order)
		order = a->of_instance - b->of_instance;
	return order ? order
		     : (a->spot.place.line > b->spot.place.line) - (a->spot.place.line < b->spot.place.line);
}

static void add_of_instances(struct reader *reader)
{
	for (const struct draft *draft = reader->drafts; draft; draft = draft->next)
		if (draft_given(draft, INSTANCE_LINKBEAT_USE_POLLING) && draft->vr.interface)
			add(reader, draft->vr.interface, LINK_POLL_MII,
				draft_spot(draft, INSTANCE_LINKBEAT_USE_POLLING), true);
}

/* In the order of names. An interface stands there once. */
void settle_polled_links(struct reader *reader)
{
	add_of_instances(reader);
	if (!reader->polled_link_count)
		return;
	struct conf_polled_link *links = reader_keep(reader, reader->polled_link_count * sizeof *links);
	const struct draft_polled_link **sorted =
		reader_scratch(reader, reader->polled_link_count * sizeof *sorted);
	if (!links || !sorted)
		return;
	size_t count = 0, kept = 0;
	for (const struct draft_polled_link *draft = reader->polled_links; draft; draft = draft->next)
		sorted[count++] = draft;
	qsort(sorted, count, sizeof *sorted, compare);
	for (size_t i = 0; i < count; i++) {
		bool again = i > 0 && strcmp(sorted[i - 1]->link.interface, sorted[i]->link.interface) == 0;
		if (again && !sorted[i]->of_instance)
			reader_error(reader, &sorted[i]->spot,
				"'%s' stands in linkbeat_interfaces already (%s:%u); remove one of them",
				sorted[i]->link.interface, sorted[i - 1]->spot.place.file,
				sorted[i - 1]->spot.place.line);
		if (!again)
			links[kept++] = sorted[i]->link;
	}
	reader->sorted_polled_links = links;
	reader->polled_link_count = kept;
}

void print_polled_links(const struct conf *conf, const char **between, struct text *out)
{
	if (!conf->polled_link_count)
		return;
	text_str(out, *between);
	*between = "\n";
	text_str(out, "linkbeat_interfaces {\n");
	for (size_t i = 0; i < conf->polled_link_count; i++) {
		const struct conf_polled_link *link = &conf->polled_links[i];
		text_str(out, "    ");
		value_print_string(link->interface, out);
		if (link->method != LINK_POLL_MII) {
			text_char(out, ' ');
			text_str(out, methods[link->method]);
		}
		text_char(out, '\n');
	}
	text_str(out, "}\n");
}

static int compare_name(const void *key, const void *element)
{
	return strcmp(key, ((const struct conf_polled_link *)element)->interface);
}

bool conf_polls_link(const struct conf *conf, const char *interface)
{
	return conf->global.poll_links ||
	       (conf->polled_link_count > 0 && bsearch(interface, conf->polled_links, conf->polled_link_count,
						       sizeof *conf->polled_links, compare_name));
}

struct listing {
	void (*each)(void *user, const struct conf_polled_link *link);
	void *user;
};

static void list(const struct listing *listing, const char *interface)
{
	const struct conf_polled_link link = {interface, LINK_POLL_MII};
	if (interface)
		listing->each(listing->user, &link);
}

static void list_routes(const struct listing *listing, const struct virtual_route *routes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		list(listing, routes[i].device);
		for (size_t k = 0; k < routes[i].hop_count; k++)
			list(listing, routes[i].hops[k].device);
	}
}

static void list_addresses(const struct listing *listing, const struct virtual_address *addresses, size_t count)
{
	for (size_t i = 0; i < count; i++)
		list(listing, address_options(&addresses[i])->device);
}

static void list_tracked(const struct listing *listing, const struct vr_config *vr)
{
	for (size_t i = 0; i < vr->extra->tracked_count; i++)
		if (vr->extra->tracked[i].kind == TRACK_INTERFACE)
			list(listing, vr->extra->tracked[i].name);
}

void conf_list_polled_links(
	const struct conf *conf, void (*each)(void *user, const struct conf_polled_link *link), void *user)
{
	const struct listing listing = {each, user};
	for (size_t i = 0; i < conf->polled_link_count; i++)
		each(user, &conf->polled_links[i]);
	if (!conf->global.poll_links)
		return;
	for (size_t i = 0; i < conf->instance_count; i++) {
		const struct vr_config *vr = &conf->instances[i].vr;
		list(&listing, vr->interface);
		list_tracked(&listing, vr);
		list_addresses(&listing, vr->addresses, vr->address_count);
		list_routes(&listing, vr->extra->routes, vr->extra->route_count);
	}
	list_addresses(&listing, conf->statics.addresses, conf->statics.address_count);
	list_routes(&listing, conf->statics.routes, conf->statics.route_count);
}
