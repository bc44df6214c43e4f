/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets that were not taken: one counter each (RX-24), and lines about them at a rate that a flood cannot raise
 * (RX-13, RX-29): one for each reason and sender in ten seconds, less often while it goes on. The table of senders is
 * small; when it is full, one whose time has come again makes room, and leaves its patience to the next: a thousand forged
 * senders are told of no more often than a few real ones.
 */
#include <stdlib.h>

#include "engine/state.h"

static bool is_about(const struct drop_line *line, enum drop_reason reason, bool kept, int ifindex,
	const struct vrrp_advert *advert)
{
	return line->used && line->reason == reason && line->kept == kept && line->ifindex == ifindex &&
	       line->vrid == advert->vrid && ip_equal(&line->source, &advert->source);
}

/* Not before, if it goes on. */
static mono_t told_again_at(const struct drop_line *line)
{
	return mono_add(line->told, line->spacing);
}

static struct drop_line *find_line(struct engine *engine, enum drop_reason reason, bool kept, int ifindex,
	const struct vrrp_advert *advert, mono_t now)
{
	struct drop_line *first = &engine->drop_lines[0];

	for (size_t i = 0; i < DROP_LINES_SIZE; i++) {
		struct drop_line *line = &engine->drop_lines[i];

		if (is_about(line, reason, kept, ifindex, advert))
			return line;
		if (!line->used || (first->used && mono_before(told_again_at(line), told_again_at(first))))
			first = line;
	}
	if (first->used && mono_before(now, told_again_at(first)))
		return NULL;
	*first = (struct drop_line){.used = true,
		.reason = reason,
		.kept = kept,
		.ifindex = ifindex,
		.vrid = advert->vrid,
		.source = advert->source,
		.told = first->used ? first->told : MONO_LONG_AGO,
		.spacing = first->used ? first->spacing : 0};
	return first;
}

/* A packet may come before the interface is known: then a number has to do. */
static void put_interface(struct json_out *json, const struct engine *engine, int ifindex)
{
	const struct link *link = link_by_index(engine, ifindex);
	char number[32];
	struct text text;

	text_init(&text, number, sizeof(number));
	text_str(&text, "interface ");
	text_i64(&text, ifindex);
	json_out_string(json, "interface", link != NULL ? link->name : number);
}

static void write_line(
	struct engine *engine, const struct drop_line *line, const struct instance *instance, mono_t now)
{
	struct text text;
	struct json_out json;

	if (engine->options.mute)
		return;
	text_init(&text, engine->line, sizeof(engine->line));
	json_out_begin(&json, &text);
	json_out_object(&json, NULL);
	json_out_mono(&json, "at", now);
	put_interface(&json, engine, line->ifindex);
	json_out_string(&json, "vr", instance != NULL ? instance->config->name : NULL);
	json_out_string(&json, "reason", drop_reason_name(line->reason));
	json_out_string(&json, "text", drop_reason_text(line->reason));
	json_out_ip(&json, "source", &line->source);
	json_out_u64(&json, "vrid", line->vrid);
	json_out_bool(&json, "kept", line->kept);
	json_out_u64(&json, "count", line->suppressed);
	json_out_end(&json);
	tell_front(engine, ENGINE_TELL_DROP, &text);
}

static void tell_drop(struct engine *engine, int ifindex, const struct instance *instance, enum drop_reason reason,
	bool kept, const struct vrrp_advert *advert, mono_t now)
{
	struct drop_line *line = find_line(engine, reason, kept, ifindex, advert, now);

	if (line == NULL)
		return;
	line->suppressed++;
	if (mono_before(now, told_again_at(line)))
		return;
	write_line(engine, line, instance, now);
	/* Long quiet: start anew. */
	if (line->spacing == 0 || mono_due(mono_add(line->told, 2 * line->spacing), now))
		line->spacing = DROP_LINE_SPACING;
	else if (line->spacing < DROP_LINE_SPACING_MAX)
		line->spacing *= 2;
	line->told = now;
	line->suppressed = 0;
}

uint64_t instance_drops(const struct instance *instance, enum drop_reason reason)
{
	return instance->rare->rejected != NULL ? instance->rare->rejected->drops[reason] : 0;
}

struct rejected *instance_rejected(struct instance *instance)
{
	struct instance_rare *rare = instance_rare(instance);

	if (rare != NULL && rare->rejected == NULL)
		rare->rejected = calloc(1, sizeof(*rare->rejected));
	return instance->rare->rejected;
}

void drop_count(struct engine *engine, int ifindex, struct instance *instance, enum drop_reason reason,
	const struct vrrp_advert *advert, mono_t now)
{
	struct rejected *rejected = instance != NULL ? instance_rejected(instance) : NULL;

	if (rejected != NULL) {
		rejected->drops[reason]++;
		rejection_note(rejected, reason, advert, now);
	} else {
		engine->drops[reason]++;
	}
	tell_drop(engine, ifindex, instance, reason, false, advert, now);
}

void drop_remark(struct engine *engine, int ifindex, const struct instance *instance, enum drop_reason reason,
	const struct vrrp_advert *advert, mono_t now)
{
	tell_drop(engine, ifindex, instance, reason, true, advert, now);
}
