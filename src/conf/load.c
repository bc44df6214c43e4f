/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A reading from beginning to end: files -> drafts -> checks -> one struct conf in one arena. The result owns that
 * arena; the texts of the files and the scratch arena are gone when this returns.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>

#include "conf/draft.h"
#include "conf/mail.h"
#include "conf/load.h"

static const struct conf_message no_memory = {.severity = CONF_ERROR,
	.place = {"configuration", 0, 0},
	.code = "no-memory",
	.text = "there is not enough memory to read it"};

/* The scratch of ten thousand virtual routers is many times what is kept of it: pages that go back to the system when they are
 * freed, even in a process whose memory is locked. */
#define MAPPED_FROM (128u << 10)

static void *page_from_malloc(void *user, size_t size)
{
	void *page;

	(void)user;
	if (size < MAPPED_FROM)
		return malloc(size);
	/* All at once: a fault for each page takes longer than what is written there. */
	page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	return page == MAP_FAILED ? NULL : page;
}

static void page_to_free(void *user, void *page, size_t size)
{
	(void)user;
	if (size < MAPPED_FROM)
		free(page);
	else
		munmap(page, size);
}

static const struct conf_pages malloc_pages = {page_from_malloc, page_to_free, NULL};
static const struct conf_options plain;

/* Most have the same as one a little before. NULL without memory. */
static const void *shared(struct reader *reader, struct recent *recent, const void *thing, size_t size)
{
	void *copy;
	for (size_t i = 0; i < RECENT_COUNT; i++)
		if (recent->things[i] && memcmp(recent->things[i], thing, size) == 0)
			return recent->things[i];
	copy = reader_keep(reader, size);
	if (copy)
		memcpy(copy, thing, size);
	recent->things[recent->next++ % RECENT_COUNT] = copy;
	return copy;
}

bool draft_addresses_keep(struct reader *reader, const struct draft_address *first, struct virtual_address *out)
{
	static const struct address_options none;
	for (const struct draft_address *entry = first; entry; entry = entry->next, out++) {
		*out = entry->address;
		if (memcmp(&entry->options, &none, sizeof none) == 0)
			continue;
		out->options = shared(reader, &reader->recent_options, &entry->options, sizeof entry->options);
		if (!out->options)
			return false;
	}
	return true;
}

static size_t count_addresses(const struct draft *draft)
{
	return draft->advertised_count + draft->excluded_count;
}

/* Into addresses, where there is room for them. */
static bool build_addresses(struct reader *reader, struct draft *draft, struct virtual_address *addresses)
{
	const size_t count = count_addresses(draft);
	if (!count)
		return true;
	if (!draft_addresses_keep(reader, draft->advertised, addresses) ||
		!draft_addresses_keep(reader, draft->excluded, addresses + draft->advertised_count))
		return false;
	draft->vr.addresses = addresses;
	draft->vr.address_count = (uint32_t)count;
	draft->vr.advertised_count = (uint32_t)draft->advertised_count;
	return true;
}

static bool build_routes(struct reader *reader, struct draft *draft)
{
	if (!draft->route_count)
		return true;
	struct virtual_route *routes = reader_keep(reader, draft->route_count * sizeof *routes);
	if (!routes)
		return false;
	for (const struct draft_route *entry = draft->routes; entry; entry = entry->next)
		routes[draft->extra.route_count++] = entry->route;
	draft->extra.routes = routes;
	return true;
}

static bool build_rules(struct reader *reader, struct draft *draft)
{
	if (!draft->rules.count)
		return true;
	struct virtual_rule *rules = reader_keep(reader, draft->rules.count * sizeof *rules);
	if (!rules)
		return false;
	for (const struct draft_rule *entry = draft->rules.first; entry; entry = entry->next)
		rules[draft->extra.rule_count++] = entry->rule;
	draft->extra.rules = rules;
	return true;
}

static bool build_peers(struct reader *reader, struct draft *draft)
{
	if (!draft->peer_count)
		return true;
	struct unicast_peer *peers = reader_keep(reader, draft->peer_count * sizeof *peers);
	if (!peers)
		return false;
	for (const struct draft_peer *entry = draft->peers; entry; entry = entry->next)
		peers[draft->extra.unicast.peer_count++] = entry->peer;
	draft->extra.unicast.peers = peers;
	return true;
}

/* By kind, what comes from the group last. */
static bool build_tracks(struct reader *reader, const struct draft_tracks lists[TRACK_KIND_COUNT],
	const struct tracked_object **out, size_t *count)
{
	size_t total = 0;
	for (size_t kind = 0; kind < TRACK_KIND_COUNT; kind++)
		total += lists[kind].count;
	*count = total;
	if (!total)
		return true;
	struct tracked_object *tracks = reader_keep(reader, total * sizeof *tracks);
	*out = tracks;
	if (!tracks)
		return false;
	for (int of_group = 0; of_group < 2; of_group++)
		for (size_t kind = 0; kind < TRACK_KIND_COUNT; kind++)
			for (const struct draft_track *entry = lists[kind].first; entry; entry = entry->next)
				if (entry->track.of_group == of_group)
					*tracks++ = entry->track;
	return true;
}

static bool build_group(struct reader *reader, struct draft_group *draft)
{
	struct sync_group_config *group = &draft->group;
	const char **members = reader_keep(reader, draft->members.count * sizeof *members);
	if (!members)
		return false;
	for (const struct draft_name *entry = draft->members.first; entry; entry = entry->next)
		members[group->member_count++] = entry->name;
	group->members = members;
	return build_tracks(reader, draft->tracks, &group->tracked, &group->tracked_count);
}

static bool build_groups(struct reader *reader, struct conf *conf)
{
	if (!reader->group_count)
		return true;
	struct sync_group_config *groups = reader_keep(reader, reader->group_count * sizeof *groups);
	struct conf_notify *notifies = reader_keep(reader, reader->group_count * sizeof *notifies);
	if (!groups || !notifies)
		return false;
	for (struct draft_group *draft = reader->groups; draft; draft = draft->next) {
		if (draft->dropped)
			continue;
		if (!build_group(reader, draft))
			return false;
		notifies[conf->sync_group_count] = draft->notify;
		groups[conf->sync_group_count++] = draft->group;
	}
	conf->sync_groups = groups;
	conf->sync_group_notifies = notifies;
	return true;
}

static bool build_limit(struct reader *reader, struct draft_limit *draft)
{
	const char **interfaces = reader_keep(reader, draft->interfaces.count * sizeof *interfaces);
	if (!interfaces)
		return false;
	for (const struct draft_name *entry = draft->interfaces.first; entry; entry = entry->next)
		interfaces[draft->limit.interface_count++] = entry->name;
	draft->limit.interfaces = interfaces;
	return true;
}

static bool build_limits(struct reader *reader, struct conf *conf)
{
	if (!reader->limit_count)
		return true;
	struct announce_limit *limits = reader_keep(reader, reader->limit_count * sizeof *limits);
	if (!limits)
		return false;
	for (struct draft_limit *draft = reader->limits; draft; draft = draft->next) {
		if (draft->dropped)
			continue;
		if (!build_limit(reader, draft))
			return false;
		limits[conf->announce_limit_count++] = draft->limit;
	}
	conf->announce_limits = limits;
	return true;
}

static bool build_keys(struct reader *reader, struct draft *draft)
{
	if (!draft->key_count)
		return true;
	struct hmac_key *keys = reader_keep(reader, draft->key_count * sizeof *keys);
	if (!keys)
		return false;
	for (const struct draft_key *entry = draft->keys; entry; entry = entry->next)
		keys[draft->extra.hmac.key_count++] = entry->key;
	draft->extra.hmac.keys = keys;
	return true;
}

static bool share(struct reader *reader, struct draft *draft)
{
	draft->vr.extra = shared(reader, &reader->recent_extras, &draft->extra, sizeof draft->extra);
	return draft->vr.extra != NULL;
}

static bool build_instance(struct reader *reader, struct draft *draft)
{
	return build_routes(reader, draft) && build_rules(reader, draft) && build_peers(reader, draft) &&
	       build_keys(reader, draft) &&
	       build_tracks(reader, draft->tracks, &draft->extra.tracked, &draft->extra.tracked_count) &&
	       share(reader, draft);
}

/* In one block of the right size each, for there may be ten thousand of them. */
static bool build_instances(struct reader *reader, struct conf *conf)
{
	size_t address_count = 0;
	for (const struct draft *draft = reader->drafts; draft; draft = draft->next)
		address_count += count_addresses(draft);
	struct conf_instance *instances = reader_keep_bulk(reader, reader->draft_count * sizeof *instances);
	struct virtual_address *addresses = reader_keep_bulk(reader, address_count * sizeof *addresses);
	if (!instances || !addresses)
		return false;
	conf->instances = instances;
	for (struct draft *draft = reader->drafts; draft; draft = draft->next) {
		if (!build_addresses(reader, draft, addresses) || !build_instance(reader, draft))
			return false;
		addresses += count_addresses(draft);
		instances[conf->instance_count++] = (struct conf_instance){draft->vr};
	}
	return true;
}

static bool says_extra(const struct reader *reader)
{
	static const struct conf_instance_extra none;
	for (struct draft *draft = reader->drafts; draft; draft = draft->next)
		if (draft->kept.first || memcmp(&draft->instance_extra, &none, sizeof none) != 0)
			return true;
	return false;
}

static bool build_extras(struct reader *reader, struct conf *conf)
{
	if (!says_extra(reader))
		return true;
	const struct conf_instance_extra **extras = reader_keep_bulk(reader, reader->draft_count * sizeof *extras);
	if (!extras)
		return false;
	conf->instance_extras = extras;
	for (struct draft *draft = reader->drafts; draft; draft = draft->next) {
		struct conf_instance_extra *extra = &draft->instance_extra;
		extra->kept = draft->kept.first;
		*extras = shared(reader, &reader->recent_instance_extras, extra, sizeof *extra);
		if (!*extras++)
			return false;
	}
	return true;
}

static bool build_places(struct reader *reader, struct conf *conf)
{
	if (!reader->keeps_places)
		return true;
	struct conf_place *places = reader_keep_bulk(reader, reader->draft_count * sizeof *places);
	if (!places)
		return false;
	conf->instance_places = places;
	for (const struct draft *draft = reader->drafts; draft; draft = draft->next)
		*places++ = draft->spot.place;
	return true;
}

static struct conf *build(struct reader *reader)
{
	struct conf *conf = reader_keep(reader, sizeof *conf);
	if (!conf)
		return NULL;
	conf->global = reader->global;
	conf->global_kept = reader->global_kept.first;
	conf->kept = reader->kept.first;
	conf->link_delays = reader->sorted_link_delays;
	conf->link_delay_count = reader->link_delay_count;
	conf->polled_links = reader->sorted_polled_links;
	conf->polled_link_count = reader->polled_link_count;
	if (!build_groups(reader, conf) || !build_statics(reader, conf) ||
		!build_limits(reader, conf) || !build_objects(reader, conf) || !build_instances(reader, conf) ||
		!build_extras(reader, conf) || !build_places(reader, conf))
		return NULL;
	return conf;
}

/* keepalived takes a pattern for -f too; all files that match are read as one. */
struct first_files {
	struct reader *reader;
	const char *pattern;
	size_t opened;
};

static int open_match(void *user, const char *path)
{
	struct first_files *first = user;
	int error = first->reader->files->check
			    ? first->reader->files->check(first->reader->files->user, path)
			    : 0;
	if (error || !source_open(first->reader, path, NULL, NULL, &error))
		return -error;
	struct spot spot = {.place = {first->reader->top->path, 0, 0}};
	if (++first->opened == 2)
		reader_warning(first->reader, &spot,
			"'%.200s' matches more than one file; all are read, as one", first->pattern);
	parse_all(first->reader);
	return 0;
}

/* A program by mistake; but a pipe may well be the first file. */
static int check_first(const struct reader *reader, const char *path)
{
	int error = reader->files->check ? reader->files->check(reader->files->user, path) : 0;
	return error == ENODEV ? 0 : error;
}

static void read_file(struct reader *reader, const char *path, struct conf_result *result)
{
	int error = check_first(reader, path);
	if (!error && source_open(reader, path, NULL, NULL, &error)) {
		parse_all(reader);
		return;
	}
	struct first_files first = {.reader = reader, .pattern = path};
	if (error == ENOENT && include_has_wildcard(path)) {
		int found = reader->files->glob(reader->files->user, path, open_match, &first);
		if (found > 0)
			return;
		error = found < 0 ? -found : ENOENT;
	}
	if (error == ENOMEM) {
		reader->out_of_memory = true;
		return;
	}
	struct spot spot = {.place = {path, 0, 0}};
	spot.place.file = reader_keep_string(reader, path, strlen(path));
	if (!spot.place.file)
		return;
	result->file_missing = !first.opened;
	reader_error(reader, &spot, "the configuration cannot be read: %s", include_problem(error));
}

static void read_all(
	struct reader *reader, const char *name, const char *text, size_t length, struct conf_result *result)
{
	reader->drafts_end = &reader->drafts;
	reader->groups_end = &reader->groups;
	reader->limits_end = &reader->limits;
	reader->objects_end = &reader->objects;
	reader->global_set = reader_scratch(reader, global_keywords.count * sizeof *reader->global_set);
	reader->root_set = reader_scratch(reader, root_keywords.count * sizeof *reader->root_set);
	if (!reader->global_set || !reader->root_set)
		return;
	reader->global.process.umask = UMASK_DEFAULT;
	kept_list_begin(&reader->kept);
	kept_list_begin(&reader->global_kept);
	fill_defaults(&root_keywords, reader->root_set, &reader->global, &reader->global);
	if (!draft_statics_begin(reader))
		return;
	fill_defaults(&global_keywords, reader->global_set, &reader->global, &reader->global);
	if (!text)
		read_file(reader, name, result);
	else if (source_open_text(reader, name, text, length))
		parse_all(reader);
	if (reader->out_of_memory || result->file_missing)
		return;
	settle_global_announce(reader);
	settle_limits(reader);
	settle_link_delays(reader);
	for (struct draft *draft = reader->drafts; draft; draft = draft->next)
		settle_instance(reader, draft);
	settle_polled_links(reader);
	settle_device_names(reader);
	settle_rules(reader);
	settle_statics(reader);
	settle_objects(reader);
	settle_groups(reader);
	settle_run(reader);
	settle_mail(reader);
	for (struct draft *draft = reader->drafts; draft; draft = draft->next)
		check_instance(reader, draft);
	check_unique(reader);
	check_references(reader);
	check_kept_alone(reader);
	if (!reader->out_of_memory && !reader->messages.error_count)
		result->conf = build(reader);
	reader_sort_messages(reader);
}

struct conf_memory {
	struct arena keep;
	struct arena bulk;
};

static void give_result(struct reader *reader, struct conf_memory *memory, struct conf_result *result)
{
	if (reader->out_of_memory) {
		arena_free(&reader->keep);
		arena_free(&reader->bulk);
		free(memory);
		*result = (struct conf_result){.messages = &no_memory, .message_count = 1, .error_count = 1};
		return;
	}
	*memory = (struct conf_memory){.keep = reader->keep, .bulk = reader->bulk};
	result->memory = memory;
	result->messages = reader->messages.items;
	result->message_count = reader->messages.count;
	result->error_count = reader->messages.error_count;
	result->include_missing = reader->include_missing;
}

/* keepalived's default: the name of the host up to its first dot. */
static void set_config_id(struct reader *reader, const char *given)
{
	struct utsname host;
	reader->config_id = given;
	if (given)
		return;
	if (uname(&host) < 0)
		host.nodename[0] = '\0';
	reader->config_id = reader_keep_string(reader, host.nodename, strcspn(host.nodename, "."));
	if (!reader->config_id)
		reader->config_id = "";
}

void conf_load_with(const char *name, const char *text, size_t length, const struct conf_files *files,
	const struct conf_options *options, struct conf_result *result)
{
	const struct conf_pages *pages = options->pages ? options->pages : &malloc_pages;
	*result = (struct conf_result){.conf = NULL};
	struct reader *reader = calloc(1, sizeof *reader);
	struct conf_memory *memory = malloc(sizeof *memory);
	if (!reader || !memory) {
		free(reader);
		free(memory);
		*result = (struct conf_result){.messages = &no_memory, .message_count = 1, .error_count = 1};
		return;
	}
	arena_init(&reader->keep, pages->get, pages->put, pages->user);
	arena_init(&reader->bulk, pages->get, pages->put, pages->user);
	arena_init(&reader->scratch, pages->get, pages->put, pages->user);
	reader->files = files;
	reader->include_rules = options->all_includes ? include_every_rule() : 0;
	reader->keeps_places = options->instance_places;
	set_config_id(reader, options->config_id);
	read_all(reader, name, text, length, result);
	source_free_all(reader);
	arena_free(&reader->scratch);
	give_result(reader, memory, result);
	free(reader);
}

void conf_load(const char *path, const struct conf_files *files, struct conf_result *result)
{
	conf_load_with(path, NULL, 0, files, &plain, result);
}

void conf_load_text(const char *text, size_t length, const char *name, const struct conf_files *files,
	struct conf_result *result)
{
	conf_load_with(name, text ? text : "", text ? length : 0, files, &plain, result);
}

void conf_result_free(struct conf_result *result)
{
	struct conf_memory *memory = result->memory;
	if (memory) {
		arena_free(&memory->keep);
		arena_free(&memory->bulk);
	}
	free(memory);
	*result = (struct conf_result){.conf = NULL};
}

void conf_result_forget_instances(struct conf_result *result)
{
	struct conf_memory *memory = result->memory;
	result->conf->instances = NULL;
	result->conf->instance_extras = NULL;
	result->conf->instance_places = NULL;
	result->conf->instance_count = 0;
	arena_free(&memory->bulk);
}
