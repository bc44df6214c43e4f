/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is run, as whom, and when: lines "COMMAND [USER [[:]GROUP]]" of global_defs, instances and sync groups; the pipes; and
 * whether anybody has to be told of an instance at all.
 */
#include <string.h>

#include "conf/command.h"
#include "conf/keyword_rows.h"

#define WORD_MAX 255
#define PATH_BYTES_MAX 4095

static const char *const notify_words[NOTIFY_COMMAND_COUNT] = {
	[NOTIFY_MASTER] = "notify_master",
	[NOTIFY_BACKUP] = "notify_backup",
	[NOTIFY_FAULT] = "notify_fault",
	[NOTIFY_STOP] = "notify_stop",
	[NOTIFY_DELETED] = "notify_deleted",
	[NOTIFY_LOWER_HEARD] = "notify_master_rx_lower_pri",
	[NOTIFY_ANY] = "notify",
};

/* From words[first] on: a string, then perhaps a user and a group. */
static bool read_command(struct reader *reader, const char *what, size_t bytes, const struct statement *statement,
	size_t first, struct conf_command *command)
{
	const struct keyword rows[] = {
		{.word = what, .kind = KEYWORD_STRING, .maximum = (int64_t)bytes, .stored = FIELD(struct conf_command, line)},
		{.word = "a user", .kind = KEYWORD_STRING, .maximum = WORD_MAX, .stored = FIELD(struct conf_command, user)},
		{.word = "a group", .kind = KEYWORD_STRING, .maximum = WORD_MAX, .stored = FIELD(struct conf_command, group)},
	};
	*command = (struct conf_command){.place = statement->words[first].spot.place};
	for (size_t i = first; i < statement->count; i++) {
		if (i - first == sizeof rows / sizeof *rows) {
			reader_error(reader, &statement->words[i].spot,
				"'%.60s' is too much: %s [USER [[:]GROUP]]; put quotes around a command with blanks",
				statement->words[i].text, what);
			return false;
		}
		if (!value_read(reader, &rows[i - first], &statement->words[i], command))
			return false;
	}
	return true;
}

bool command_is_sound(struct reader *reader, const struct spot *spot, const char *line)
{
	char copy[COMMAND_MAX + 1];
	char *words[COMMAND_WORDS_MAX + 1];
	int count;
	if (strlen(line) > COMMAND_MAX)
		return false;
	strcpy(copy, line);
	count = command_split(copy, words);
	if (count == 0)
		reader_error(reader, spot, "there is no command in it");
	if (count == -1)
		reader_error(reader, spot,
			"a quotation mark in the command is not closed, or an escape stands for no character");
	if (count == -2)
		reader_error(reader, spot, "the command has more than %d words", COMMAND_WORDS_MAX);
	return count > 0;
}

static bool read_sound(
	struct reader *reader, const struct statement *statement, size_t first, struct conf_command *command)
{
	return read_command(reader, "COMMAND", COMMAND_MAX, statement, first, command) &&
	       command_is_sound(reader, &statement->words[first].spot, command->line);
}

bool global_script_user_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct conf_run *run = &((struct conf_global *)owner)->run;
	struct conf_command account;
	if (statement->count > 3) {
		reader_error(reader, &statement->words[3].spot, "'%.60s' is too much: script_user USER [[:]GROUP]",
			statement->words[3].text);
		return false;
	}
	if (!read_command(reader, "a user", WORD_MAX, statement, 1, &account))
		return false;
	run->user = account.line;
	run->group = account.user;
	run->user_place = account.place;
	return true;
}

static struct conf_command *global_command(struct conf_run *run, const char *word)
{
	if (strcmp(word, "startup_script") == 0)
		return &run->startup;
	if (strcmp(word, "shutdown_script") == 0)
		return &run->shutdown;
	return &run->fifos[strcmp(word, "vrrp_notify_fifo_script") == 0].reader;
}

bool global_command_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct conf_run *run = &((struct conf_global *)owner)->run;
	return read_sound(reader, statement, 1, global_command(run, statement->words[0].text));
}

bool global_fifo_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct conf_run *run = &((struct conf_global *)owner)->run;
	struct conf_fifo *fifo = &run->fifos[strcmp(statement->words[0].text, "vrrp_notify_fifo") == 0];
	struct conf_command path;
	if (!read_command(reader, "PATH", PATH_BYTES_MAX, statement, 1, &path))
		return false;
	if (path.line[0] != '/') {
		reader_error(reader, &statement->words[1].spot, "'%.60s' is no absolute path", path.line);
		return false;
	}
	fifo->path = path.line;
	fifo->user = path.user;
	fifo->group = path.group;
	return true;
}

/* notify_deleted may stand alone: the word DELETED is wanted, no command. */
static bool read_notify(struct reader *reader, struct conf_notify *notify, const struct statement *statement)
{
	const char *word = statement->words[0].text;
	size_t which = 0;
	while (strcmp(notify_words[which], word) != 0)
		which++;
	if (which == NOTIFY_DELETED) {
		notify->says_deleted = true;
		if (statement->count == 1)
			return true;
	}
	return read_sound(reader, statement, 1, &notify->commands[which]);
}

bool notify_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct draft *draft = owner;
	return read_notify(reader, &draft->instance_extra.notify, statement);
}

bool group_notify_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct draft_group *group = owner;
	return read_notify(reader, &group->notify, statement);
}

static bool has_commands(const struct conf_notify *notify)
{
	for (size_t i = 0; i < NOTIFY_COMMAND_COUNT; i++)
		if (notify->commands[i].line)
			return true;
	return false;
}

static bool has_fifo(const struct conf_run *run)
{
	return run->fifos[0].path || run->fifos[1].path;
}

static void settle_fifos(struct reader *reader)
{
	struct conf_fifo *fifos = reader->global.run.fifos;
	for (size_t i = 0; i < CONF_FIFO_COUNT; i++)
		if (fifos[i].reader.line && !fifos[i].path) {
			reader_warning(reader, &(struct spot){.place = fifos[i].reader.place},
				"there is no pipe for this command to read: it is left out; add %s PATH",
				i ? "vrrp_notify_fifo" : "notify_fifo");
			fifos[i].reader.line = NULL;
		}
	/* The same pipe twice would say everything twice. */
	if (fifos[0].path && fifos[1].path && strcmp(fifos[0].path, fifos[1].path) == 0) {
		if (!fifos[0].reader.line)
			fifos[0].reader = fifos[1].reader;
		fifos[1] = (struct conf_fifo){.path = NULL};
	}
}

void settle_run(struct reader *reader)
{
	const struct conf_run *run = &reader->global.run;
	settle_fifos(reader);
	for (struct draft_group *group = reader->groups; group; group = group->next)
		group->group.notifies = has_fifo(run) || has_commands(&group->notify);
	for (struct draft *draft = reader->drafts; draft; draft = draft->next) {
		const struct draft_group *group = draft->group;
		if (!draft->set[INSTANCE_NOTIFY_PRIORITY_CHANGES].place.line)
			draft->extra.notifies_priority =
				group && group->set[SYNC_GROUP_NOTIFY_PRIORITY_CHANGES].place.line
					? group->group.notifies_priority
					: run->priority_changes;
		draft->extra.notifies = has_fifo(run) || has_commands(&draft->instance_extra.notify);
		draft->extra.says_deleted = draft->instance_extra.notify.says_deleted;
	}
}

static void print_account(const char *user, const char *group, struct text *out)
{
	if (!user)
		return;
	text_char(out, ' ');
	value_print_string(user, out);
	if (!group)
		return;
	text_char(out, ' ');
	value_print_string(group, out);
}

static void print_command(const char *word, const struct conf_command *command, struct text *out)
{
	if (!command->line)
		return;
	text_str(out, "    ");
	text_str(out, word);
	text_char(out, ' ');
	value_print_string(command->line, out);
	print_account(command->user, command->group, out);
	text_char(out, '\n');
}

static void print_fifo(const char *word, const char *script_word, const struct conf_fifo *fifo, struct text *out)
{
	const struct conf_command path = {.line = fifo->path, .user = fifo->user, .group = fifo->group};
	print_command(word, &path, out);
	print_command(script_word, &fifo->reader, out);
}

void print_run(const struct conf_run *run, struct text *out)
{
	const struct conf_command account = {.line = run->user, .user = run->group};
	print_command("script_user", &account, out);
	print_command("startup_script", &run->startup, out);
	print_command("shutdown_script", &run->shutdown, out);
	print_fifo("notify_fifo", "notify_fifo_script", &run->fifos[0], out);
	print_fifo("vrrp_notify_fifo", "vrrp_notify_fifo_script", &run->fifos[1], out);
}

bool run_is_default(const struct conf_run *run)
{
	return !run->user && !run->startup.line && !run->shutdown.line && !has_fifo(run);
}

void print_notify(const struct conf_notify *notify, struct text *out)
{
	for (size_t i = 0; i < NOTIFY_COMMAND_COUNT; i++)
		print_command(notify_words[i], &notify->commands[i], out);
	if (notify->says_deleted && !notify->commands[NOTIFY_DELETED].line)
		text_str(out, "    notify_deleted\n");
}

static bool command_equal(const struct conf_command *a, const struct conf_command *b)
{
	return string_equal(a->line, b->line) && string_equal(a->user, b->user) && string_equal(a->group, b->group);
}

bool conf_notify_equal(const struct conf_notify *a, const struct conf_notify *b)
{
	for (size_t i = 0; i < NOTIFY_COMMAND_COUNT; i++)
		if (!command_equal(&a->commands[i], &b->commands[i]))
			return false;
	return a->says_deleted == b->says_deleted;
}

bool conf_needs_runner(const struct conf *conf)
{
	const struct conf_run *run = &conf->global.run;
	if (conf->global.poll_links || conf->polled_link_count > 0)
		return true;
	if (conf->script_count > 0 || conf->file_count > 0 || conf->process_count > 0 || run->startup.line || run->shutdown.line || has_fifo(run))
		return true;
	for (size_t i = 0; i < conf->sync_group_count; i++)
		if (conf->sync_groups[i].notifies)
			return true;
	for (size_t i = 0; i < conf->instance_count; i++)
		if (conf->instances[i].vr.extra->notifies)
			return true;
	return false;
}

struct command_walk {
	const struct conf_run *run;
	void (*each)(void *user, const struct conf_command_use *use);
	void *user;
};

static void use_command(
	const struct command_walk *walk, const char *owner, const char *keyword, const struct conf_command *command)
{
	struct conf_command_use use = {owner, keyword, *command, command->user};
	if (!command->line)
		return;
	if (!command->user) {
		use.command.user = walk->run->user;
		use.command.group = walk->run->group;
	}
	walk->each(walk->user, &use);
}

static void use_notify(const struct command_walk *walk, const char *owner, const struct conf_notify *notify)
{
	for (size_t i = 0; i < NOTIFY_COMMAND_COUNT; i++)
		use_command(walk, owner, notify_words[i], &notify->commands[i]);
}

static void use_script(const struct command_walk *walk, const struct conf_script *script)
{
	use_command(walk, script->name, "script",
		&(struct conf_command){script->command, script->user, script->group, script->place});
}

void conf_each_command(const struct conf *conf, void (*each)(void *user, const struct conf_command_use *use), void *user)
{
	const struct conf_run *run = &conf->global.run;
	const struct command_walk walk = {run, each, user};
	use_command(&walk, "startup_script", "startup_script", &run->startup);
	use_command(&walk, "shutdown_script", "shutdown_script", &run->shutdown);
	use_command(&walk, "notify_fifo_script", "notify_fifo_script", &run->fifos[0].reader);
	use_command(&walk, "vrrp_notify_fifo_script", "vrrp_notify_fifo_script", &run->fifos[1].reader);
	for (size_t i = 0; i < conf->script_count; i++)
		use_script(&walk, &conf->scripts[i]);
	for (size_t i = 0; i < conf->sync_group_count; i++)
		use_notify(&walk, conf->sync_groups[i].name, &conf->sync_group_notifies[i]);
	for (size_t i = 0; i < conf->instance_count; i++)
		use_notify(&walk, conf->instances[i].vr.name, &conf_instance_extra(conf, i)->notify);
}
