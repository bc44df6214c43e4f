/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From files to virtual routers. Which instances of two files are one virtual router: vr_config_is_counterpart().
 */
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "sim/whatif.h"

#define MESSAGE_SIZE 4096
#define NOTICED_MAX (INT64_MAX / 4) /* far from overflow, and from any use */

static bool belongs(const struct whatif_set *set, unsigned router, const struct vr_config *config)
{
	for (unsigned i = 0; i < router; i++)
		if (set->members[i] != NULL && vr_config_is_counterpart(&set->members[i]->vr, config))
			return set->members[router] == NULL;
	return false;
}

static bool place(struct whatif_plan *plan, unsigned router, const struct conf_instance *instance)
{
	struct whatif_set *sets;

	for (size_t i = 0; i < plan->set_count; i++)
		if (belongs(&plan->sets[i], router, &instance->vr)) {
			plan->sets[i].members[router] = instance;
			return true;
		}
	sets = realloc(plan->sets, (plan->set_count + 1) * sizeof(*sets));
	if (sets == NULL)
		return false;
	plan->sets = sets;
	sets[plan->set_count] = (struct whatif_set){.cluster = (unsigned)plan->set_count};
	sets[plan->set_count++].members[router] = instance;
	return true;
}

/* On any of the routers. */
static bool share_group(
	const struct whatif_plan *plan, const struct whatif_set *a, const struct whatif_set *b)
{
	for (unsigned i = 0; i < plan->router_count; i++)
		if (a->members[i] != NULL && b->members[i] != NULL && a->members[i]->vr.extra->sync_group != NULL &&
			string_equal(a->members[i]->vr.extra->sync_group, b->members[i]->vr.extra->sync_group))
			return true;
	return false;
}

static void unite(struct whatif_plan *plan, unsigned into, unsigned from)
{
	for (size_t i = 0; i < plan->set_count; i++)
		if (plan->sets[i].cluster == from)
			plan->sets[i].cluster = into;
}

static void find_clusters(struct whatif_plan *plan)
{
	for (size_t i = 0; i < plan->set_count; i++)
		for (size_t k = 0; k < i; k++)
			if (plan->sets[i].cluster != plan->sets[k].cluster &&
				share_group(plan, &plan->sets[i], &plan->sets[k]))
				unite(plan, plan->sets[k].cluster, plan->sets[i].cluster);
	plan->cluster_count = (unsigned)plan->set_count;
}

/* Lines with '@' are for the NAME of NAME=FILE. */
static bool read_file(struct whatif_router *router)
{
	const struct conf_options options = {.config_id = router->name[0] != '\0' ? router->name : NULL};

	conf_load_with(router->file, NULL, 0, &conf_files_system, &options, &router->result);
	conf_messages_print(&router->result, stderr);
	return router->result.conf != NULL;
}

/* The part of the path, from its end, by which it differs from that of the first file. */
static void name_from_path(struct whatif_router *router, const char *other)
{
	const char *path = router->file, *end = path + strlen(path), *other_end = other + strlen(other);
	const char *start;
	size_t length;

	while (end > path && other_end > other && end[-1] == other_end[-1])
		end--, other_end--;
	while (*end != '\0' && *end != '/')
		end++;
	start = end;
	while (start > path && start[-1] != '/')
		start--;
	length = (size_t)(end - start);
	if (length > 5 && strncmp(end - 5, ".conf", 5) == 0)
		length -= 5;
	if (length >= WHATIF_NAME_SIZE)
		length = WHATIF_NAME_SIZE - 1;
	memcpy(router->name, start, length);
	router->name[length] = '\0';
}

static void give_names(struct whatif_plan *plan)
{
	for (unsigned i = 0; i < plan->router_count; i++) {
		struct whatif_router *router = &plan->routers[i];
		const struct whatif_router *other = &plan->routers[i == 0 ? 1 : 0];

		if (router->name[0] == '\0')
			name_from_path(router, plan->router_count > 1 ? other->file : "");
	}
}

static bool take_argument(struct whatif_router *router, const char *argument)
{
	const char *equals = strchr(argument, '=');
	size_t length = equals != NULL ? (size_t)(equals - argument) : 0;

	if (equals == NULL) {
		router->file = argument;
		return true;
	}
	if (length == 0 || length >= WHATIF_NAME_SIZE || equals[1] == '\0') {
		fprintf(stderr,
			"vigia whatif: '%s' should be FILE or NAME=FILE, the name at most %d letters long\n",
			argument, WHATIF_NAME_SIZE - 1);
		return false;
	}
	memcpy(router->name, argument, length);
	router->file = equals + 1;
	return true;
}

static bool names_differ(const struct whatif_plan *plan)
{
	for (unsigned i = 0; i < plan->router_count; i++)
		for (unsigned k = 0; k < i; k++)
			if (strcmp(plan->routers[i].name, plan->routers[k].name) == 0) {
				fprintf(stderr,
					"vigia whatif: %s and %s would both be called '%s': write "
					"NAME=FILE\n",
					plan->routers[k].file, plan->routers[i].file, plan->routers[i].name);
				return false;
			}
	return true;
}

static bool place_all(struct whatif_plan *plan)
{
	for (unsigned i = 0; i < plan->router_count; i++) {
		const struct conf *conf = plan->routers[i].result.conf;

		for (size_t k = 0; k < conf->instance_count; k++)
			if (!place(plan, i, &conf->instances[k])) {
				fputs("vigia whatif: there is not enough memory\n", stderr);
				return false;
			}
	}
	find_clusters(plan);
	return true;
}

bool whatif_plan_read(struct whatif_plan *plan, unsigned count, char **arguments)
{
	bool good = true;

	*plan = (struct whatif_plan){0};
	if (count > SIM_ROUTERS_MAX) {
		fprintf(stderr, "vigia whatif: at most %d routers can be looked at together\n",
			SIM_ROUTERS_MAX);
		return false;
	}
	for (unsigned i = 0; i < count; i++) {
		if (!take_argument(&plan->routers[i], arguments[i]))
			return false;
		plan->router_count++;
		good = read_file(&plan->routers[i]) && good;
	}
	give_names(plan);
	return good && names_differ(plan) && place_all(plan);
}

void whatif_plan_free(struct whatif_plan *plan)
{
	for (unsigned i = 0; i < plan->router_count; i++)
		conf_result_free(&plan->routers[i].result);
	free(plan->sets);
}

struct failure_list {
	struct whatif_failure *items;
	size_t count;
	size_t most;
};

static bool is_listed(const struct failure_list *list, const struct whatif_failure *failure)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].type == failure->type && list->items[i].router == failure->router &&
			list->items[i].kind == failure->kind &&
			string_equal(list->items[i].name, failure->name))
			return true;
	return false;
}

static void add_failure(struct failure_list *list, struct whatif_failure failure)
{
	if (list->count < list->most && !is_listed(list, &failure))
		list->items[list->count++] = failure;
}

/* An interface whose loss raises the priority is no part that one fears for. */
static void add_tracked(
	struct failure_list *list, unsigned router, const struct tracked_object *tracked, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (tracked[i].kind == TRACK_INTERFACE && !tracked[i].reverse)
			add_failure(list, (struct whatif_failure){.type = WHATIF_INTERFACE,
						  .router = router,
						  .name = tracked[i].name,
						  .tracked = true,
						  .weight = tracked[i].weight});
}

/* It breaks right after a run that it passed, and each run that it fails ends at once. */
static dur_t time_to_notice(const struct conf *conf, const char *script)
{
	for (size_t i = 0; i < conf->script_count; i++)
		if (string_equal(conf->scripts[i].name, script)) {
			dur_t time;
			bool too_long = __builtin_mul_overflow(
				conf->scripts[i].interval, (dur_t)conf->scripts[i].fall, &time);

			return too_long || time > NOTICED_MAX ? NOTICED_MAX : time;
		}
	return 0;
}

static struct track_value failed_value(const struct tracked_object *object)
{
	if (object->kind != TRACK_FILE)
		return (struct track_value){.state = TRACK_DOWN};
	if (object->weight == 0)
		return (struct track_value){.state = TRACK_UP, .value = object->reverse ? 0 : 1};
	return (struct track_value){.state = TRACK_UP,
		.value = (object->weight > 0) == object->reverse ? -TRACK_FILE_FAILURE : TRACK_FILE_FAILURE};
}

static void add_objects(
	struct failure_list *list, unsigned router, const struct vr_config *config, const struct conf *conf)
{
	for (size_t i = 0; i < config->extra->tracked_count; i++) {
		const struct tracked_object *object = &config->extra->tracked[i];

		if (object->kind == TRACK_INTERFACE)
			continue;
		add_failure(list,
			(struct whatif_failure){.type = WHATIF_OBJECT,
				.router = router,
				.kind = object->kind,
				.name = object->name,
				.tracked = true,
				.weight = object->weight,
				.reverse = object->reverse,
				.value = failed_value(object),
				.noticed = object->kind == TRACK_SCRIPT ? time_to_notice(conf, object->name)
									: 0});
	}
}

static void add_of_group(
	struct failure_list *list, unsigned router, const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->sync_group_count; i++)
		if (string_equal(conf->sync_groups[i].name, name))
			add_tracked(list, router, conf->sync_groups[i].tracked,
				conf->sync_groups[i].tracked_count);
}

/* What takes a member of its cluster out, takes it out, too. */
static void add_parts(const struct whatif_plan *plan, const struct whatif_set *set, unsigned router,
	struct failure_list *list)
{
	const struct conf_instance *member = set->members[router];

	if (member == NULL)
		return;
	/* The weight of what is tracked on purpose says more than that the interface is the own one. */
	add_tracked(list, router, member->vr.extra->tracked, member->vr.extra->tracked_count);
	if (member->vr.interface != NULL)
		add_failure(list,
			(struct whatif_failure){
				.type = WHATIF_INTERFACE, .router = router, .name = member->vr.interface});
	add_objects(list, router, &member->vr, plan->routers[router].result.conf);
	add_of_group(list, router, plan->routers[router].result.conf, member->vr.extra->sync_group);
}

size_t whatif_failures(const struct whatif_plan *plan, const struct whatif_set *set,
	struct whatif_failure *failures, size_t most)
{
	struct failure_list list = {failures, 0, most};

	for (unsigned i = 0; i < plan->router_count; i++) {
		if (set->members[i] == NULL)
			continue;
		add_failure(&list, (struct whatif_failure){.type = WHATIF_DIES, .router = i});
		add_failure(&list, (struct whatif_failure){.type = WHATIF_STOPS, .router = i});
		add_parts(plan, set, i, &list);
		for (size_t k = 0; k < plan->set_count; k++)
			if (plan->sets[k].cluster == set->cluster)
				add_parts(plan, &plan->sets[k], i, &list);
	}
	return list.count;
}
