/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first part of a scenario: switches, routers, hosts. What is not said is the usual: one switch `lan`, a client on it,
 * routers at 192.168.1.1 and on, with one virtual router VI_1 (VRID 51, version 3, 192.168.1.254/24).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/scenario.h"

#define DEFAULT_SEGMENT "lan"
#define DEFAULT_INSTANCE "VI_1"
#define CONFIG_MAX 65536

static bool is_free_name(struct scenario *scenario, unsigned line, const char *name)
{
	const struct world *world = scenario->world;

	if (strlen(name) >= SIM_NAME_SIZE || strpbrk(name, ":-|{}\"") != NULL)
		return complain(scenario, line,
			"\"%s\" is no name: at most %d letters, and none of : - | { }", name,
			SIM_NAME_SIZE - 1);
	if (segment_find(world, name) || router_find(world, name) || host_find(world, name))
		return complain(scenario, line, "there is a \"%s\" already: every name is given once", name);
	return true;
}

static struct segment *default_segment(struct scenario *scenario)
{
	if (scenario->world->segments == NULL)
		segment_new(scenario->world, DEFAULT_SEGMENT, false);
	return scenario->world->segments;
}

static bool read_new_segment(struct scenario *scenario, struct line *line, bool hub)
{
	const char *name = word_take(scenario, line, "the name");
	struct segment *segment;

	if (name == NULL || !is_free_name(scenario, line->number, name))
		return false;
	segment = segment_new(scenario->world, name, hub);
	if (segment == NULL)
		return complain(scenario, line->number, "no memory");
	if (word_is(line, "ageing") &&
		!read_duration(scenario, line, "time after which an address is forgotten", &segment->ageing))
		return false;
	return words_end(scenario, line);
}

static bool read_trunk(struct scenario *scenario, struct line *line)
{
	struct segment *a, *b;

	if (!read_segment(scenario, line, &a) || !read_segment(scenario, line, &b))
		return false;
	if (a == b)
		return complain(
			scenario, line->number, "a cable from %s to itself goes in a circle", a->name);
	if (trunk_new(a, b) == NULL)
		return complain(scenario, line->number, "no memory");
	return words_end(scenario, line);
}

static bool read_host_line(struct scenario *scenario, struct line *line)
{
	const char *name = word_take(scenario, line, "the name");
	struct ip_addr via = {0}, destination = {0};
	struct segment *segment;
	struct host *host;

	if (name == NULL || !is_free_name(scenario, line->number, name) ||
		!read_segment(scenario, line, &segment))
		return false;
	host = host_new(scenario->world, name, segment);
	if (host == NULL)
		return complain(scenario, line->number, "no memory");
	if (!read_prefix(scenario, line, "address of the host", &host->address))
		return false;
	if (host->address.addr.family == IP_V6)
		host->address6 = host->address;
	host->mute = word_is(line, "mute");
	while (word_is(line, "to")) {
		if (!read_address(scenario, line, "address that the host sends to", &via))
			return false;
		destination = (struct ip_addr){0};
		if (word_is(line, "through")) {
			destination = via;
			if (!read_address(scenario, line, "virtual address that it sends through", &via))
				return false;
		}
		if (host_stream(host, &via, &destination) == NULL)
			return complain(scenario, line->number, "a host sends to four addresses at most");
	}
	return words_end(scenario, line);
}

/* nic eth1 upstream 10.0.0.1/24 fe80::1/64 */
static bool read_nic_line(struct scenario *scenario, struct line *line, struct router *router)
{
	const char *name = word_take(scenario, line, "the name of the interface");
	struct segment *segment;
	struct ip_prefix prefix;
	struct nic *nic;

	if (name == NULL || !read_segment(scenario, line, &segment))
		return false;
	if (strlen(name) >= SIM_NAME_SIZE || nic_by_name(router, name) != NULL)
		return complain(scenario, line->number,
			"%s cannot have an interface \"%s\": it has one, or the name is too long",
			router->name, name);
	nic = nic_new(router, name, segment);
	if (nic == NULL)
		return complain(scenario, line->number, "no memory");
	while (word_peek(line) != NULL) {
		if (!read_prefix(scenario, line, "address of the interface", &prefix))
			return false;
		kernel_add_address(router, nic->ifindex, &prefix, 0);
	}
	return words_end(scenario, line);
}

static bool read_route_line(struct scenario *scenario, struct line *line, struct router *router)
{
	struct kernel_route route = {0};

	if (!read_prefix(scenario, line, "destination", &route.destination))
		return false;
	if (!word_is(line, "via"))
		return complain(scenario, line->number, "a route is written: route DESTINATION via GATEWAY");
	if (!read_address(scenario, line, "gateway", &route.gateway))
		return false;
	if (kernel_add_route(router, &route) != 0)
		return complain(scenario, line->number,
			"no interface of %s is in the network of this gateway: put the nic first",
			router->name);
	return words_end(scenario, line);
}

/* +50ppm, -20ppm */
bool read_rate(struct scenario *scenario, struct line *line, int64_t *rate)
{
	const char *word = word_take(scenario, line, "how fast the clock is (+50ppm)");
	char *end;

	if (word == NULL)
		return false;
	*rate = strtoll(word, &end, 10);
	if (end == word || strcmp(end, "ppm") != 0 || *rate < -100000 || *rate > 100000)
		return complain(scenario, line->number,
			"\"%s\" is no rate: write so many parts per million as in +50ppm, at most 100000ppm",
			word);
	*rate *= 1000;
	return true;
}

/* A statement of ours inside a router's block; false with no message: none of ours. */
static bool read_router_statement(struct scenario *scenario, struct line *line, struct router *router)
{
	dur_t delay;
	int64_t rate;

	if (word_is(line, "nic"))
		return read_nic_line(scenario, line, router);
	if (word_is(line, "route"))
		return read_route_line(scenario, line, router);
	if (word_is(line, "clock")) {
		if (!read_rate(scenario, line, &rate))
			return false;
		router_set_rate(router, rate);
		return words_end(scenario, line);
	}
	if (word_is(line, "netlink")) {
		if (!read_duration(scenario, line, "delay of netlink", &delay))
			return false;
		router->netlink_delay = delay;
		return words_end(scenario, line);
	}
	if (word_is(line, "off")) {
		scenario->off[router->number] = true;
		scenario->late[router->number] = true;
		return words_end(scenario, line);
	}
	return false;
}

/* The configuration under construction: as many lines as the file, so that messages have the right numbers. */
struct draft {
	struct text text;
	const char *file; /* whose text it is; NULL: the scenario's own */
	bool whole; /* conf { }: everything was said */
	bool interface, vrid, version, addresses;
};

static void draft_skip_to(struct draft *draft, unsigned line)
{
	unsigned lines = 1;

	for (size_t i = 0; i < draft->text.length; i++)
		lines += draft->text.start[i] == '\n';
	for (; lines < line; lines++)
		text_char(&draft->text, '\n');
}

static void draft_add(struct draft *draft, const char *word, const char *start, const char *stop)
{
	draft->interface |= strcmp(word, "interface") == 0;
	draft->vrid |= strcmp(word, "virtual_router_id") == 0;
	draft->version |= strcmp(word, "version") == 0;
	draft->addresses |= strcmp(word, "virtual_ipaddress") == 0;
	text_bytes(&draft->text, start, (size_t)(stop - start));
	text_char(&draft->text, '\n');
}

static void draft_begin(struct draft *draft, unsigned line)
{
	draft_skip_to(draft, line);
	text_str(&draft->text, "vrrp_instance " DEFAULT_INSTANCE " {\n");
}

static void draft_end(struct draft *draft, const struct router *router)
{
	if (draft->whole)
		return;
	if (!draft->interface) {
		text_str(&draft->text, "interface ");
		text_str(&draft->text, router->nic_count > 0 ? router->nics[0]->name : "eth0");
		text_char(&draft->text, '\n');
	}
	if (!draft->vrid)
		text_str(&draft->text, "virtual_router_id 51\n");
	if (!draft->version)
		text_str(&draft->text, "version 3\n");
	if (!draft->addresses)
		text_str(&draft->text, "virtual_ipaddress {\n192.168.1.254/24\n}\n");
	text_str(&draft->text, "}\n");
}

/* Where line `number` of the file begins, which is in the block. */
static const char *line_start(const struct line *line, unsigned number)
{
	const char *at = line->block;

	for (unsigned i = line->number + 1; i < number; i++)
		at = (const char *)memchr(at, '\n', line->block_length - (size_t)(at - line->block)) + 1;
	return at;
}

static bool read_file(
	struct scenario *scenario, unsigned line, const char *name, const char **text, size_t *length)
{
	const char *slash = strrchr(scenario->path, '/');
	const size_t folder = slash != NULL && name[0] != '/' ? (size_t)(slash - scenario->path) + 1 : 0;
	char path[4096];
	char *bytes;

	snprintf(path, sizeof(path), "%.*s%s", (int)folder, scenario->path, name);
	bytes = scenario->files->read(scenario->files->user, path, length);
	if (bytes == NULL)
		return complain(scenario, line, "the file %s cannot be read", path);
	*text = arena_string(&scenario->arena, bytes, *length);
	free(bytes);
	return *text != NULL;
}

/* conf file PATH */
static bool draft_file(struct scenario *scenario, const struct line *line, struct draft *draft)
{
	const char *text;
	size_t length;

	if (line->count != 3)
		return complain(scenario, line->number, "write: conf file PATH, or a block");
	if (!read_file(scenario, line->number, line->words[2], &text, &length))
		return false;
	draft->text.length = 0;
	text_bytes(&draft->text, text, length);
	draft->file = line->words[2];
	draft->whole = true;
	return true;
}

/* Lines of the block: ours are carried out, the others are of the virtual router. */
static bool read_router_block(struct scenario *scenario, struct line *line, struct router *router,
	struct draft *draft, bool only_configuration)
{
	const char *cursor = line->block, *end = line->block + line->block_length;
	unsigned number = line->number;
	struct line inner;

	while (cursor < end) {
		if (!line_next(scenario, &cursor, end, &number, &inner))
			break;
		if (strcmp(inner.words[0], "conf") == 0 && inner.block != NULL) {
			draft->text.length = 0;
			draft_skip_to(draft, inner.number + 1);
			text_bytes(&draft->text, inner.block, inner.block_length);
			draft->whole = true;
			continue;
		}
		if (strcmp(inner.words[0], "conf") == 0 && inner.count > 1 && strcmp(inner.words[1], "file") == 0) {
			if (!draft_file(scenario, &inner, draft))
				return false;
			continue;
		}
		if (!only_configuration && read_router_statement(scenario, &inner, router))
			continue;
		if (scenario->message[0] != '\0')
			return false;
		if (draft->whole)
			return complain(scenario, inner.number,
				"\"%s\" stands beside a whole configuration: put it into the conf block",
				inner.words[0]);
		draft_skip_to(draft, inner.number);
		draft_add(draft, inner.words[0], line_start(line, inner.number),
			cursor[-1] == '\n' ? cursor - 1 : cursor);
	}
	return scenario->message[0] == '\0';
}

/* file: where the text is from; NULL: the scenario itself. */
static bool check_configuration(
	struct scenario *scenario, unsigned line, const char *file, const char *text, size_t length)
{
	struct conf_result result;
	const struct conf_message *message = NULL;
	const char *said = "it cannot be read";
	unsigned place = line;
	bool good;

	conf_load_text(text, length, file != NULL ? file : scenario->path, NULL, &result);
	good = result.conf != NULL;
	for (size_t i = 0; i < result.message_count && message == NULL; i++)
		if (result.messages[i].severity == CONF_ERROR)
			message = &result.messages[i];
	if (message != NULL) {
		said = message->text;
		place = message->place.line;
	}
	if (!good && file != NULL)
		complain(scenario, line, "%s:%u: %s", file, place, said);
	else if (!good)
		complain(scenario, place, "in the configuration: %s", said);
	conf_result_free(&result);
	return good;
}

/* What follows the name of a router: words of one line, `file PATH`, or a block. */
bool router_text(struct scenario *scenario, struct line *line, struct router *router, const char **text,
	size_t *length)
{
	char *buffer = malloc(CONFIG_MAX);
	struct draft draft = {0};
	bool good = true;

	if (buffer == NULL)
		return complain(scenario, line->number, "no memory");
	text_init(&draft.text, buffer, CONFIG_MAX);
	if (word_is(line, "file")) {
		const char *name = word_take(scenario, line, "the name of the file");

		free(buffer);
		return name != NULL && read_file(scenario, line->number, name, text, length) &&
		       check_configuration(scenario, line->number, name, *text, *length);
	}
	/* Words on the line itself need a line below the head. */
	draft_begin(&draft, word_peek(line) != NULL && line->number > 1 ? line->number - 1 : line->number);
	if (word_peek(line) != NULL) {
		const char *words = words_text(scenario, line, line->next);

		draft_add(&draft, word_peek(line), words, words + strlen(words));
		line->next = line->count;
	}
	if (line->block != NULL)
		good = read_router_block(scenario, line, router, &draft, *text != NULL);
	draft_end(&draft, router);
	if (good && draft.text.overflow)
		good = complain(
			scenario, line->number, "the configuration is longer than %d bytes", CONFIG_MAX);
	*text = good ? arena_string(&scenario->arena, buffer, draft.text.length) : NULL;
	*length = draft.text.length;
	free(buffer);
	return good && check_configuration(scenario, line->number, draft.file, *text, *length);
}

/* Routers without a nic get eth0 on the first switch. */
static bool give_default_nic(struct scenario *scenario, unsigned line, struct router *router)
{
	const uint8_t number = (uint8_t)(router->number + 1);
	struct ip_prefix prefix = {ip_v4(192, 168, 1, number), 24};
	uint8_t link_local[16] = {0xfe, 0x80, [15] = number};
	struct nic *nic;

	if (router->nic_count > 0)
		return true;
	nic = nic_new(router, "eth0", default_segment(scenario));
	if (nic == NULL)
		return complain(scenario, line, "no memory");
	kernel_add_address(router, nic->ifindex, &prefix, 0);
	prefix = (struct ip_prefix){ip_v6_from(link_local), 64};
	kernel_add_address(router, nic->ifindex, &prefix, 0);
	return true;
}

static bool read_router_line(struct scenario *scenario, struct line *line)
{
	const char *name = word_take(scenario, line, "the name");
	const char *text = NULL;
	struct router *router;
	size_t length = 0;

	default_segment(scenario);
	if (name == NULL || !is_free_name(scenario, line->number, name))
		return false;
	router = router_new(scenario->world, name);
	if (router == NULL)
		return complain(scenario, line->number, "there are %d routers at most", SIM_ROUTERS_MAX);
	if (!router_text(scenario, line, router, &text, &length) ||
		!give_default_nic(scenario, line->number, router))
		return false;
	if (!router_configure(router, text, length))
		return complain(scenario, line->number, "no memory");
	line->block = NULL;
	return words_end(scenario, line);
}

bool read_world_line(struct scenario *scenario, struct line *line)
{
	uint64_t seed;

	if (word_is(line, "title")) {
		scenario->title = (char *)words_text(scenario, line, line->next);
		return true;
	}
	if (word_is(line, "seed")) {
		if (!read_number(scenario, line, "seed", UINT64_MAX, &seed))
			return false;
		scenario->seed = seed;
		random_seed(&scenario->world->random, seed);
		return words_end(scenario, line);
	}
	if (word_is(line, "switch"))
		return read_new_segment(scenario, line, false);
	if (word_is(line, "hub"))
		return read_new_segment(scenario, line, true);
	if (word_is(line, "cable"))
		return read_trunk(scenario, line);
	if (word_is(line, "router"))
		return read_router_line(scenario, line);
	if (word_is(line, "host"))
		return default_segment(scenario) != NULL && read_host_line(scenario, line);
	return complain(scenario, line->number,
		"\"%s\" is no statement: title, seed, switch, hub, cable, router, host, at, by, from, end "
		"are",
		line->words[0]);
}

/* Before the first step: what nobody said. */
bool finish_world(struct scenario *scenario)
{
	const struct ip_addr virtual_address = ip_v4(192, 168, 1, 254);
	const struct ip_addr none = {0};
	struct host *host;

	if (scenario->world->router_count == 0)
		return complain(scenario, 1, "there is no router: begin with `router gw1 priority 150`");
	if (scenario->world->hosts != NULL)
		return true;
	host = host_new(scenario->world, "client", default_segment(scenario));
	if (host == NULL)
		return complain(scenario, 1, "no memory");
	host->address = (struct ip_prefix){ip_v4(192, 168, 1, 100), 24};
	host_stream(host, &virtual_address, &none);
	return true;
}
