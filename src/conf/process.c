/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of vrrp_cpu_affinity, bfd_cpu_affinity, umask, reload_check_config and reload_file. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "conf/keyword_rows.h"

#define CPU_MAX 4095 /* more than any kernel has */
#define UMASK_WORDS_SIZE 128

static bool read_cpus(struct reader *reader, const struct statement *statement, struct conf_schedule *schedule)
{
	static const struct keyword cpu = {.word = "a processor",
		.kind = KEYWORD_NUMBER,
		RANGE(0, CPU_MAX),
		.stored = {0, sizeof(uint16_t)}};
	const size_t count = statement->count - 1;
	uint16_t *cpus = reader_keep(reader, count * sizeof(*cpus));
	if (!cpus)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!value_read(reader, &cpu, &statement->words[1 + i], &cpus[i]))
			return false;
	schedule->cpus = cpus;
	schedule->cpu_count = count;
	return true;
}

bool cpus_line(struct reader *reader, void *owner, const struct statement *statement)
{
	return read_cpus(reader, statement, &((struct conf_global *)owner)->process.vrrp);
}

bool bfd_cpus_line(struct reader *reader, void *owner, const struct statement *statement)
{
	return read_cpus(reader, statement, &((struct conf_global *)owner)->process.bfd);
}

struct conf_schedule conf_engine_schedule(const struct conf *conf)
{
	const struct conf_schedule *bfd = &conf->global.process.bfd;
	struct conf_schedule schedule = conf->global.process.vrrp;
	if (!conf->bfd_count)
		return schedule;
	if (bfd->nice < schedule.nice)
		schedule.nice = bfd->nice;
	if (bfd->rt_priority && bfd->rt_limit > schedule.rt_limit)
		schedule.rt_limit = bfd->rt_limit;
	if (bfd->rt_priority > schedule.rt_priority)
		schedule.rt_priority = bfd->rt_priority;
	if (!schedule.cpu_count) {
		schedule.cpus = bfd->cpus;
		schedule.cpu_count = bfd->cpu_count;
	}
	return schedule;
}

#define BIT(name, of)                                                                                        \
	{                                                                                                    \
		.word = #name, .kind = KEYWORD_FLAG, .on = S_##name, MEANING(of)                             \
	}

static const struct keyword umask_rows[] = {
	BIT(IRUSR, "Reading, by the owner."),
	BIT(IWUSR, "Writing, by the owner."),
	BIT(IXUSR, "Running, by the owner."),
	BIT(IRWXU, "All of it, by the owner."),
	BIT(IRGRP, "Reading, by the group."),
	BIT(IWGRP, "Writing, by the group."),
	BIT(IXGRP, "Running, by the group."),
	BIT(IRWXG, "All of it, by the group."),
	BIT(IROTH, "Reading, by others."),
	BIT(IWOTH, "Writing, by others."),
	BIT(IXOTH, "Running, by others."),
	BIT(IRWXO, "All of it, by others."),
};

const struct keyword_table umask_keywords = {.context = "umask-args", .title = "umask", TABLE(umask_rows)};

static bool read_umask_number(const char *word, uint16_t *mask)
{
	char *end;
	unsigned long number = strtoul(word, &end, 0);
	if (word[0] < '0' || word[0] > '9' || *end || number > 0777)
		return false;
	*mask = (uint16_t)number;
	return true;
}

/* "IRWXG | IRWXO", with or without blanks around the bar. */
static bool add_umask_words(struct reader *reader, const struct token *token, uint16_t *mask)
{
	char words[UMASK_WORDS_SIZE];
	char *rest;
	if (token->length >= sizeof(words)) {
		reader_error(reader, &token->spot, "'%.60s...' is too long for a list of permissions",
			token->text);
		return false;
	}
	memcpy(words, token->text, token->length + 1);
	for (char *word = strtok_r(words, "|", &rest); word; word = strtok_r(NULL, "|", &rest)) {
		const struct keyword *bits = keyword_find(&umask_keywords, word);
		if (!bits) {
			reader_error(reader, &token->spot,
				"'%s' is no permission: an octal number up to 0777, or IRUSR IWUSR IXUSR "
				"IRWXU, the "
				"same with GRP/G and OTH/O, joined by |",
				word);
			return false;
		}
		*mask = (uint16_t)(*mask | bits->on);
	}
	return true;
}

bool umask_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct conf_process *process = &((struct conf_global *)owner)->process;
	uint16_t mask = 0;
	if (statement->count == 2 && read_umask_number(statement->words[1].text, &mask)) {
		process->umask = mask;
		return true;
	}
	for (size_t i = 1; i < statement->count; i++)
		if (!add_umask_words(reader, &statement->words[i], &mask))
			return false;
	process->umask = mask;
	return true;
}

/* "KEYWORD [PATH]" */
static bool read_optional_path(struct reader *reader, const struct statement *statement, const char **path)
{
	static const struct keyword row = {.word = "a path",
		.kind = KEYWORD_STRING,
		.maximum = DUMP_PATH_MAX,
		.stored = {0, sizeof(char *)}};
	*path = NULL;
	if (statement->count > 2) {
		reader_error(reader, &statement->words[2].spot, "'%.60s' is too much: %s [PATH]",
			statement->words[2].text, statement->words[0].text);
		return false;
	}
	if (statement->count < 2)
		return true;
	if (statement->words[1].text[0] == '/')
		return value_read(reader, &row, &statement->words[1], path);
	reader_error(reader, &statement->words[1].spot, "'%.60s' does not begin with '/': the whole path is needed",
		statement->words[1].text);
	return false;
}

bool reload_check_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct conf_process *process = &((struct conf_global *)owner)->process;
	process->reload_check = true;
	return read_optional_path(reader, statement, &process->reload_check_log);
}

bool reload_file_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct conf_process *process = &((struct conf_global *)owner)->process;
	process->reload_file_wanted = true;
	return read_optional_path(reader, statement, &process->reload_file);
}

static void print_optional_path(const char *keyword, bool given, const char *path, struct text *out)
{
	if (!given)
		return;
	text_str(out, "    ");
	text_str(out, keyword);
	if (path) {
		text_char(out, ' ');
		value_print_string(path, out);
	}
	text_char(out, '\n');
}

bool process_lines_are_default(const struct conf_process *process)
{
	return process->vrrp.cpu_count == 0 && process->bfd.cpu_count == 0 && process->umask == UMASK_DEFAULT && !process->reload_check &&
	       !process->reload_file_wanted;
}

static void print_cpus(const char *word, const struct conf_schedule *schedule, struct text *out)
{
	if (schedule->cpu_count == 0)
		return;
	text_str(out, "    ");
	text_str(out, word);
	for (size_t i = 0; i < schedule->cpu_count; i++) {
		text_char(out, ' ');
		text_u64(out, schedule->cpus[i]);
	}
	text_char(out, '\n');
}

void print_process_lines(const struct conf_process *process, struct text *out)
{
	print_optional_path("reload_check_config", process->reload_check, process->reload_check_log, out);
	print_optional_path("reload_file", process->reload_file_wanted, process->reload_file, out);
	print_cpus("vrrp_cpu_affinity", &process->vrrp, out);
	print_cpus("bfd_cpu_affinity", &process->bfd, out);
	if (process->umask == UMASK_DEFAULT)
		return;
	text_str(out, "    umask 0");
	for (int shift = 6; shift >= 0; shift -= 3)
		text_u64(out, (process->umask >> shift) & 7u);
	text_char(out, '\n');
}
