/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The canonical form of what can be tracked, and of who tracks it. */
#include "conf/draft.h"
#include "conf/print.h"

/* What the line itself says. */
static void print_weight(const struct tracked_object *track, struct text *out)
{
	bool defined = track->kind != TRACK_INTERFACE;
	if (track->inherits_weight || (!defined && !track->weight && !track->reverse))
		return;
	text_str(out, " weight ");
	text_i64(out, track->weight);
	if (track->inherits_sense)
		return;
	if (track->reverse)
		text_str(out, " reverse");
	else if (defined)
		text_str(out, " noreverse");
}

/* Those of its sync group are printed with the group. */
static void print_tracks(const struct tracked_object *tracks, size_t count, enum track_kind kind, struct text *out)
{
	bool open = false;
	for (size_t i = 0; i < count; i++) {
		if (tracks[i].kind != kind || tracks[i].of_group || tracks[i].implied)
			continue;
		if (!open) {
			text_str(out, "    ");
			text_str(out, track_word(kind));
			text_str(out, " {\n");
		}
		open = true;
		text_str(out, "        ");
		value_print_string(tracks[i].name, out);
		print_weight(&tracks[i], out);
		text_char(out, '\n');
	}
	if (open)
		text_str(out, "    }\n");
}

void print_all_tracks(const struct tracked_object *tracks, size_t count, struct text *out)
{
	for (size_t kind = 0; kind < TRACK_KIND_COUNT; kind++)
		print_tracks(tracks, count, (enum track_kind)kind, out);
}

static void print_begin(const char *word, const char *name, const char **between, struct text *out)
{
	text_str(out, *between);
	*between = "\n";
	text_str(out, word);
	text_char(out, ' ');
	value_print_string(name, out);
	text_str(out, " {\n");
}

static void print_own_weight(int weight, bool reverse, int usual, struct text *out)
{
	if (weight == usual && !reverse)
		return;
	text_str(out, "    weight ");
	text_i64(out, weight);
	text_str(out, reverse ? " reverse\n" : "\n");
}

static void print_script(const struct conf_script *script, struct text *out)
{
	print_settings(&script_keywords, script, NULL, "    ", out);
	print_own_weight(script->weight, script->reverse, 0, out);
	if (script->user) {
		text_str(out, "    user ");
		value_print_string(script->user, out);
		text_str(out, script->group ? " " : "");
		if (script->group)
			value_print_string(script->group, out);
		text_char(out, '\n');
	}
	text_str(out, "}\n");
}

static void print_file(const struct conf_tracked_file *file, struct text *out)
{
	print_settings(&file_keywords, file, NULL, "    ", out);
	print_own_weight(file->weight, file->reverse, FILE_WEIGHT_DEFAULT, out);
	if (file->create) {
		text_str(out, "    init_file ");
		text_i64(out, file->initial);
		text_str(out, file->overwrite ? " overwrite\n" : "\n");
	}
	text_str(out, "}\n");
}

static void print_process(const struct conf_tracked_process *process, struct text *out)
{
	text_str(out, "    process ");
	value_print_string(process->command, out);
	for (size_t i = 0; i < process->parameter_count; i++) {
		text_char(out, ' ');
		value_print_string(process->parameters[i], out);
	}
	text_char(out, '\n');
	print_settings(&process_keywords, process, NULL, "    ", out);
	print_own_weight(process->weight, process->reverse, 0, out);
	text_str(out, "}\n");
}

static void print_bfd(const struct bfd_config *bfd, struct text *out)
{
	print_settings(&bfd_keywords, bfd, NULL, "    ", out);
	print_own_weight(bfd->weight, bfd->reverse, 0, out);
	text_str(out, "}\n");
}

void print_objects(const struct conf *conf, const char **between, struct text *out)
{
	for (size_t i = 0; i < conf->script_count; i++) {
		print_begin("vrrp_script", conf->scripts[i].name, between, out);
		print_script(&conf->scripts[i], out);
	}
	for (size_t i = 0; i < conf->file_count; i++) {
		print_begin("track_file", conf->files[i].name, between, out);
		print_file(&conf->files[i], out);
	}
	for (size_t i = 0; i < conf->process_count; i++) {
		print_begin("vrrp_track_process", conf->processes[i].name, between, out);
		print_process(&conf->processes[i], out);
	}
	for (size_t i = 0; i < conf->bfd_count; i++) {
		print_begin("bfd_instance", conf->bfd[i].name, between, out);
		print_bfd(&conf->bfd[i], out);
	}
}
