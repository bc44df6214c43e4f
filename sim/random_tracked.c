/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tracked objects drawn at random: see random_tracked.h. */
#include "sim/random_tracked.h"

#include <stddef.h>

static const struct {
	const char *define, *what, *track, *good, *bad;
} kinds[TRACK_KIND_COUNT] = {
	[TRACK_SCRIPT] = {"\tvrrp_script script", "\t\tscript /bin/true\n", "\ttrack_script {\n", "succeeds", "fails"},
	[TRACK_FILE] = {"\tvrrp_track_file file", "\t\tfile /tmp/vigia\n", "\ttrack_file {\n", "0", "1"},
	[TRACK_PROCESS] = {"\tvrrp_track_process process", "\t\tprocess nginx\n", "\ttrack_process {\n", "runs", "ends"},
	[TRACK_BFD] = {"\tbfd_instance bfd", "", "\ttrack_bfd {\n", "up", "down"},
};

/* Without weight two in five times. A file's is small: it is multiplied, and 1 has to stay far from a failure. */
static void draw_weight(struct drawn_object *object, struct random *random)
{
	static const int weights[] = {0, 0, 0, 0, -3, 3, -20, 20, -100, 253, -253};

	object->weight = weights[random_below(random, object->kind == TRACK_FILE ? 6 : 11)];
	object->reverse = random_chance(random, 20, 100);
	object->own_weight = random_chance(random, 50, 100);
	object->init_fail = random_chance(random, 15, 100);
}

void random_tracked_draw(struct drawn_objects *objects, struct random *random)
{
	static const enum track_kind drawn[] = {TRACK_SCRIPT, TRACK_SCRIPT, TRACK_FILE, TRACK_PROCESS, TRACK_BFD};
	bool has_session = false;

	objects->count = (unsigned)random_below(random, DRAWN_OBJECTS_MAX + 1);
	for (unsigned i = 0; i < objects->count; i++) {
		struct drawn_object *object = &objects->list[i];

		object->kind = drawn[random_below(random, sizeof(drawn) / sizeof(drawn[0]))];
		/* There is one session with a neighbor. */
		if (object->kind == TRACK_BFD && has_session)
			object->kind = TRACK_SCRIPT;
		has_session = has_session || object->kind == TRACK_BFD;
		draw_weight(object, random);
	}
}

void random_tracked_draw_weights(struct drawn_objects *objects, struct random *random)
{
	for (unsigned i = 0; i < objects->count; i++)
		draw_weight(&objects->list[i], random);
}

static void write_weight(const struct drawn_object *object, const char *before, struct text *text)
{
	/* That of a file is 1 when nothing is said. */
	if (object->weight == 0 && !object->reverse && object->kind != TRACK_FILE)
		return;
	text_str(text, before);
	text_i64(text, object->weight);
	text_str(text, object->reverse ? " reverse" : "");
}

void random_tracked_define(const struct drawn_objects *objects, const char *far, struct text *text)
{
	for (unsigned i = 0; i < objects->count; i++) {
		const struct drawn_object *object = &objects->list[i];

		text_str(text, kinds[object->kind].define);
		text_u64(text, i + 1);
		text_str(text, " {\n");
		text_str(text, kinds[object->kind].what);
		if (object->kind == TRACK_BFD) {
			text_str(text, "\t\tneighbor_ip ");
			text_str(text, far);
			text_str(text, "\n");
		}
		if (object->kind == TRACK_SCRIPT && object->init_fail)
			text_str(text, "\t\tinit_fail\n");
		if (object->own_weight) {
			write_weight(object, "\t\tweight ", text);
			text_str(text, "\n");
		}
		text_str(text, "\t}\n");
	}
}

static void write_name(enum track_kind kind, unsigned number, struct text *text)
{
	text_str(text, track_kind_name(kind));
	text_u64(text, number + 1);
}

void random_tracked_track(const struct drawn_objects *objects, struct text *text)
{
	for (unsigned i = 0; i < objects->count; i++) {
		const struct drawn_object *object = &objects->list[i];

		text_str(text, kinds[object->kind].track);
		text_str(text, "\t\t");
		write_name(object->kind, i, text);
		if (!object->own_weight)
			write_weight(object, " weight ", text);
		text_str(text, "\n\t}\n");
	}
}

/* "script gw1 script2 " */
static void write_subject(
	const struct drawn_objects *objects, unsigned number, const char *router, struct text *text)
{
	const enum track_kind kind = objects->list[number].kind;

	text_str(text, track_kind_name(kind));
	text_str(text, " ");
	text_str(text, router);
	text_str(text, " ");
	write_name(kind, number, text);
	text_str(text, " ");
}

void random_tracked_change(
	const struct drawn_objects *objects, const char *router, struct random *random, struct text *text)
{
	static const char *const numbers[] = {"0", "1", "-1", "10", "-30", "60", "-60", "2147483647", "-2147483648"};
	const unsigned number = (unsigned)random_below(random, objects->count);
	const enum track_kind kind = objects->list[number].kind;

	write_subject(objects, number, router, text);
	if (kind == TRACK_FILE)
		text_str(text, numbers[random_below(random, sizeof(numbers) / sizeof(numbers[0]))]);
	else
		text_str(text, random_chance(random, 50, 100) ? kinds[kind].bad : kinds[kind].good);
	text_str(text, "\n");
}

void random_tracked_mend(const struct drawn_objects *objects, unsigned number, const char *router, struct text *text)
{
	const struct drawn_object *object = &objects->list[number];

	write_subject(objects, number, router, text);
	text_str(text, object->reverse ? kinds[object->kind].bad : kinds[object->kind].good);
	text_str(text, "\n");
}
