/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks for the status when a dump is wanted, and has the files put in place: see dump.h. */
#include "front/dump.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "front/answer.h"
#include "front/configuration.h"
#include "front/front.h"
#include "front/log.h"
#include "front/saved.h"

static const struct {
	enum dump_kind kind;
	const char *what;
	void (*write)(FILE *out, const struct dump_source *source);
} dumps[] = {
	{DUMP_DATA, "the dump of the state", dump_data},
	{DUMP_STATS, "the dump of the counters", dump_stats},
	{DUMP_JSON, "the dump as JSON", dump_json},
	{DUMP_BEFORE, "the state before a reload", dump_data},
	{DUMP_AFTER, "the state after a reload", dump_data},
};

enum dump_state dump_state_of(const struct dump_instance *instance)
{
	const char *name = json_string_value(json_object_get(instance->status, "state"));

	if (name && strcmp(name, "MASTER") == 0)
		return DUMP_STATE_MASTER;
	/* keepalived has no word for drained. */
	if (name && (strcmp(name, "BACKUP") == 0 || strcmp(name, "DRAINED") == 0))
		return DUMP_STATE_BACKUP;
	if (name && strcmp(name, "FAULT") == 0)
		return DUMP_STATE_FAULT;
	return DUMP_STATE_INIT;
}

long long dump_number(const json_t *object, const char *member, const char *name)
{
	return json_integer_value(json_object_get(json_object_get(object, member), name));
}

long long dump_released_master(const struct dump_instance *instance)
{
	const long long became = dump_number(instance->status, "counters", "became_master");

	return became > 0 && dump_state_of(instance) == DUMP_STATE_MASTER ? became - 1 : became;
}

const char *dump_address(const struct dump_instance *instance, size_t index, char *buffer, size_t size)
{
	const struct virtual_address *address = &instance->config->addresses[index];
	const json_t *status = json_array_get(json_object_get(instance->status, "addresses"), index);
	const char *device = json_string_value(json_object_get(status, "device"));
	const struct address_options *options = address_options(address);
	const bool is_host = address->prefix.length == (address->prefix.addr.family == IP_V6 ? 128 : 32);
	const bool held = json_is_true(json_object_get(status, "held"));
	char prefix[IP_PREFIX_TEXT_SIZE];
	struct text text;

	if (is_host)
		ip_format(&address->prefix.addr, prefix);
	else
		ip_prefix_format(&address->prefix, prefix);
	if (!device)
		device = options->device ? options->device : instance->config->interface;
	text_init(&text, buffer, size);
	text_str(&text, prefix);
	text_str(&text, " dev ");
	text_str(&text, device ? device : "(none)");
	text_str(&text, " scope ");
	conf_print_scope(options->scope, &text);
	text_str(&text, options->label ? " label " : "");
	text_str(&text, options->label ? options->label : "");
	text_str(&text, held ? " set" : "");
	return buffer;
}

double dump_last_transition(const struct dump_source *source, const struct dump_instance *instance)
{
	const json_t *since = json_object_get(instance->status, "since");

	if (!json_is_integer(since))
		return 0;
	return (double)(json_integer_value(since) + source->wall_minus_mono) / (double)DUR_S;
}

static const struct vr_config *config_of(const struct conf *conf, const char *name)
{
	for (size_t i = 0; name && i < conf->instance_count; i++)
		if (strcmp(conf->instances[i].vr.name, name) == 0)
			return &conf->instances[i].vr;
	return NULL;
}

/* false: no memory. */
static bool source_open(struct dump_source *source, const struct front *front, const json_t *status)
{
	const json_t *instances = json_object_get(status, "instances");
	struct timespec wall;
	const json_t *each;
	size_t i;

	clock_gettime(CLOCK_REALTIME, &wall);
	*source = (struct dump_source){
		.status = status,
		.instances = calloc(json_array_size(instances) + 1, sizeof(struct dump_instance)),
		.wall_minus_mono = wall.tv_sec * DUR_S + wall.tv_nsec - clock_now().ns};
	if (!source->instances)
		return false;
	if (!configuration_whole(front->config_fd, &source->whole)) {
		free(source->instances);
		return false;
	}
	source->conf = source->whole.conf;
	json_array_foreach(instances, i, each)
	{
		const char *name = json_string_value(json_object_get(each, "name"));
		const struct vr_config *config = config_of(source->conf, name);

		/* One that a reload takes away just now is in no configuration. */
		if (config)
			source->instances[source->instance_count++] = (struct dump_instance){config, each};
	}
	return true;
}

/* malloc'd; NULL without memory. */
static char *print(size_t index, const struct dump_source *source, size_t *length)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, length);

	if (!out)
		return NULL;
	dumps[index].write(out, source);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static void write_one(struct front *front, size_t index, const struct dump_source *source)
{
	struct clerk_request request = {.errand = CLERK_DUMP, .dump = (uint8_t)dumps[index].kind};
	struct clerk_answer answer;
	size_t length = 0;
	char *text = print(index, source, &length);
	int error;

	saved_name(front, dumps[index].kind == DUMP_BEFORE, &request);
	error = clerk_store(front, &request, text, length, &answer);
	if (error)
		log_line(LOG_LEVEL_ERROR, "cannot write %s: %s", answer.path[0] ? answer.path : dumps[index].what,
			strerror(-error));
	else
		log_line(LOG_LEVEL_DETAIL, "wrote %s", answer.path);
}

void dump_want(struct front *front, unsigned kinds, bool clear)
{
	front->dump.wanted |= kinds;
	front->dump.clear_wanted |= clear;
	status_run(front);
}

bool dump_begin(struct front *front)
{
	struct dump *dump = &front->dump;

	if (dump->wanted == 0)
		return false;
	dump->collecting |= dump->wanted;
	dump->clear |= dump->clear_wanted;
	dump->wanted = 0;
	dump->clear_wanted = false;
	return true;
}

static void take(struct front *front, unsigned kinds, const json_t *status)
{
	struct dump *dump = &front->dump;
	struct dump_source source;

	if (!status || !source_open(&source, front, status)) {
		log_line(LOG_LEVEL_ERROR, "there is no memory for a dump");
		if (kinds & DUMP_BEFORE)
			saved_before_made(front);
		return;
	}
	for (size_t i = 0; i < sizeof(dumps) / sizeof(dumps[0]); i++)
		if (kinds & dumps[i].kind)
			write_one(front, i, &source);
	free(source.instances);
	conf_result_free(&source.whole);
	/* What was counted between the answer and this is in neither. */
	if (dump->clear)
		engine_send(front, MESSAGE_CLEAR_COUNTERS, -1);
	dump->clear = false;
	if (kinds & DUMP_BEFORE)
		saved_before_made(front);
}

void dump_take(struct front *front, const struct answer *answer)
{
	const unsigned kinds = front->dump.collecting;
	json_t *json;

	front->dump.collecting = 0;
	if (kinds == 0)
		return;
	json = answer ? json_loadb(answer->text, answer->length, 0, NULL) : NULL;
	take(front, kinds, json_object_get(json, "status"));
	json_decref(json);
}
