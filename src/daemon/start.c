/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From an order to a process: see start.h. */
#include "daemon/start.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WORDS_MAX (40 + 2 * START_DESCRIPTORS_MAX)
#define NUMBER_SIZE 16
#define DESCRIPTOR_PATH_SIZE 32

#define BIT(role) (1u << (role))
#define SPOKEN_TO (BIT(ROLE_CHANNEL) | BIT(ROLE_OUTPUT) | BIT(ROLE_ERRORS))

/* What a process is started with: roles that there must be, and those that there may be; and ways. */
static const struct kind {
	unsigned must, may, how;
} kinds[] = {
	[START_ENGINE] = {BIT(ROLE_CHANNEL) | BIT(ROLE_CONFIG) | BIT(ROLE_TESTAMENT),
		SPOKEN_TO | BIT(ROLE_CONFIG) | BIT(ROLE_TESTAMENT) | BIT(ROLE_FRONT) | BIT(ROLE_FIREWALL) | BIT(ROLE_LEFT),
		START_SUCCESSOR | START_ADOPT | START_BURY | START_BY_MARKS | START_INSTALLED},
	[START_FRONT] = {BIT(ROLE_CHANNEL), SPOKEN_TO | BIT(ROLE_CONFIG) | BIT(ROLE_MAIL),
		START_DUMP | START_UNPLACED | START_INSTALLED},
	[START_RUNNER] = {BIT(ROLE_CHANNEL) | BIT(ROLE_CONFIG), SPOKEN_TO | BIT(ROLE_CONFIG) | BIT(ROLE_PROCESS_EVENTS),
		START_AGAIN | START_INFORMED | START_INSTALLED},
	[START_ERRAND] = {BIT(ROLE_SCHEDULE), BIT(ROLE_SCHEDULE), START_INSTALLED},
	[START_CHECKER] = {BIT(ROLE_CONFIG), SPOKEN_TO | BIT(ROLE_CONFIG), START_INSTALLED},
	[START_STARTER] = {BIT(ROLE_CHANNEL), BIT(ROLE_CHANNEL), START_INSTALLED},
};

/* The command line of the process. */
struct line {
	char *words[WORDS_MAX + 1];
	size_t count;
	char numbers[START_DESCRIPTORS_MAX][NUMBER_SIZE];
	size_t number_count;
	char number[NUMBER_SIZE];
	char user[SERVICE_USER_TEXT_SIZE];
	char host[HOST_NAME_MAX + 1];
	char path[DESCRIPTOR_PATH_SIZE];
};

void start_add(struct start_order *order, enum start_role role, int fd)
{
	struct start *start = &order->start;

	if (fd < 0 || start->count == START_DESCRIPTORS_MAX)
		return;
	order->fds[start->count] = fd;
	start->roles[start->count++] = (uint8_t)role;
}

bool start_is_sound(const struct start *start)
{
	const struct kind *kind;
	unsigned seen = 0;

	if (start->process > START_STARTER || start->count > START_DESCRIPTORS_MAX)
		return false;
	kind = &kinds[start->process];
	if (start->how & ~kind->how)
		return false;
	for (size_t i = 0; i < start->count; i++) {
		if (start->roles[i] > ROLE_SCHEDULE || !(kind->may & BIT(start->roles[i])) ||
			(seen & BIT(start->roles[i]) && start->roles[i] != ROLE_LEFT))
			return false;
		seen |= BIT(start->roles[i]);
	}
	return (seen & kind->must) == kind->must;
}

/* The other programs stand beside ours in a build folder, and where they were installed, which may have been moved as
 * a whole. */
int start_find_program(const char *name)
{
	char own[PATH_MAX];
	char path[2 * PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", own, sizeof(own) - 1);
	int fd = -1;

	own[length > 0 ? length : 0] = '\0';
	dirname(own); /* cuts it in place */
	for (size_t i = 0; fd < 0 && length > 0 && i < 2; i++) {
		snprintf(path, sizeof(path), i == 0 ? "%s/%s" : "%s/../libexec/vigia/%s", own, name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (fd < 0) {
		snprintf(path, sizeof(path), "%s/%s", VIGIA_LIBEXECDIR, name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	return fd < 0 ? -errno : fd;
}

static void word(struct line *line, const char *text)
{
	line->words[line->count++] = (char *)(uintptr_t)text;
}

static void word_if(struct line *line, bool given, const char *text)
{
	if (given)
		word(line, text);
}

/* NULL: the option is not given. */
static void option(struct line *line, const char *name, const char *value)
{
	if (!value)
		return;
	word(line, name);
	word(line, value);
}

/* -1: there is none. */
static int descriptor_of(const struct start_order *order, enum start_role role)
{
	for (size_t i = 0; i < order->start.count; i++)
		if (order->start.roles[i] == role)
			return order->fds[i];
	return -1;
}

static void descriptors(struct line *line, const struct start_order *order, enum start_role role, const char *name)
{
	for (size_t i = 0; i < order->start.count; i++) {
		if (order->start.roles[i] != role)
			continue;
		snprintf(line->numbers[line->number_count], NUMBER_SIZE, "%d", order->fds[i]);
		option(line, name, line->numbers[line->number_count++]);
	}
}

static void user(struct line *line, const struct service_user *user)
{
	if (!user->given)
		return;
	service_user_print(user, line->user);
	option(line, "--user", line->user);
}

static void engine_line(struct line *line, const struct start_knowledge *known, const struct start_order *order)
{
	const struct daemon_options *options = known->options;
	const unsigned how = order->start.how;

	gethostname(line->host, HOST_NAME_MAX);
	word(line, "vigiad-vrrp");
	descriptors(line, order, ROLE_CHANNEL, "--guard-fd");
	descriptors(line, order, ROLE_CONFIG, "--config-fd");
	descriptors(line, order, ROLE_TESTAMENT, "--testament-fd");
	option(line, "--name", line->host);
	option(line, "--firewall-name", known->firewall_name);
	descriptors(line, order, ROLE_FRONT, "--front-fd");
	descriptors(line, order, ROLE_FIREWALL, "--firewall-fd");
	user(line, &known->users.engine);
	word_if(line, how & START_SUCCESSOR, "--successor");
	descriptors(line, order, ROLE_LEFT, "--left-fd");
	word_if(line, how & START_ADOPT, "--adopt");
	word_if(line, how & START_BURY, "--bury");
	word_if(line, how & START_BY_MARKS, "--by-marks");
	word_if(line, options->keep_addresses, "--keep");
	word_if(line, options->log_detail == 0, "--brief");
	word_if(line, options->log_addresses, "--log-addresses");
	word_if(line, options->no_bfd, "--no-bfd");
	word_if(line, options->record, "--record");
}

static void front_line(struct line *line, const struct start_knowledge *known, const struct start_order *order)
{
	const struct daemon_options *options = known->options;
	const unsigned how = order->start.how;

	word(line, "vigiad-front");
	descriptors(line, order, ROLE_CHANNEL, "--guard-fd");
	option(line, "--config", options->config);
	option(line, "--config-id", options->config_id);
	snprintf(line->number, sizeof(line->number), "%d", options->log_facility);
	option(line, "--log-facility", line->number);
	word_if(line, how & START_DUMP, "--dump");
	word_if(line, options->no_bfd, "--no-bfd");
	word_if(line, options->all_includes, "--all-config");
	word_if(line, options->log_console, "--log-console");
	for (unsigned i = 0; i < options->log_detail && i < 2; i++)
		word(line, "--log-detail");
	option(line, "--control", how & START_UNPLACED ? NULL : options->control);
	user(line, &known->users.front);
	option(line, "--control-group", options->control_group);
	option(line, "--record", options->record);
	option(line, "--log-file", options->log_file);
	option(line, "--umask", options->umask);
	word_if(line, options->log_flushed, "--flush-log-file");
	word_if(line, options->no_syslog, "--no-syslog");
	/* One that replaces a dead front takes what is in force, not the file, which may have changed since. */
	descriptors(line, order, ROLE_CONFIG, "--in-force-fd");
	descriptors(line, order, ROLE_MAIL, "--mail-fd");
}

static void runner_line(struct line *line, const struct start_knowledge *known, const struct start_order *order)
{
	const struct daemon_options *options = known->options;

	word(line, "vigiad-runner");
	descriptors(line, order, ROLE_CHANNEL, "--guard-fd");
	descriptors(line, order, ROLE_CONFIG, "--config-fd");
	snprintf(line->number, sizeof(line->number), "%d", (int)order->start.number);
	option(line, "--former", line->number);
	option(line, "--file", options->config);
	option(line, "--file-id", options->config_id);
	word_if(line, order->start.how & START_AGAIN, "--again");
	word_if(line, order->start.how & START_INFORMED, "--informed");
	word_if(line, options->all_includes, "--all-files");
	descriptors(line, order, ROLE_PROCESS_EVENTS, "--process-events-fd");
}

static void errand_line(struct line *line, const struct start_order *order)
{
	word(line, "vigiad-runner");
	descriptors(line, order, ROLE_SCHEDULE, "--schedule-fd");
	snprintf(line->number, sizeof(line->number), "%d", (int)order->start.number);
	option(line, "--process", line->number);
}

static void checker_line(struct line *line, const struct start_order *order)
{
	snprintf(line->path, sizeof(line->path), "/proc/self/fd/%d", descriptor_of(order, ROLE_CONFIG));
	word(line, "vigiad");
	word(line, "--config-test");
	option(line, "--use-file", line->path);
}

/* Its own descriptor, to be closed, or -errno. */
static int open_program(const struct start_knowledge *known, const struct start *start)
{
	static const struct {
		const char *name;
		enum start_program place;
	} programs[] = {
		[START_ENGINE] = {"vigiad-vrrp", PROGRAM_ENGINE},
		[START_FRONT] = {"vigiad-front", PROGRAM_FRONT},
		[START_RUNNER] = {"vigiad-runner", PROGRAM_RUNNER},
		[START_ERRAND] = {"vigiad-runner", PROGRAM_RUNNER},
		[START_CHECKER] = {"vigiad", PROGRAM_COUNT},
		[START_STARTER] = {"vigiad", PROGRAM_COUNT},
	};
	const enum start_program place = programs[start->process].place;
	int copy;

	if (start->how & START_INSTALLED || place == PROGRAM_COUNT)
		return start_find_program(programs[start->process].name);
	copy = fcntl(known->programs[place], F_DUPFD_CLOEXEC, 0);
	return copy < 0 ? -errno : copy;
}

static void write_line(struct line *line, const struct start_knowledge *known, const struct start_order *order)
{
	switch ((enum start_process)order->start.process) {
	case START_ENGINE:
		engine_line(line, known, order);
		break;
	case START_FRONT:
		front_line(line, known, order);
		break;
	case START_RUNNER:
		runner_line(line, known, order);
		break;
	case START_ERRAND:
		errand_line(line, order);
		break;
	case START_CHECKER:
		checker_line(line, order);
		break;
	case START_STARTER:
		break; /* as we were started */
	}
}

int start_execute(const struct start_knowledge *known, const struct start_order *order, bool sibling, struct child_process *child)
{
	struct line line = {0};
	int inherited[START_DESCRIPTORS_MAX];
	struct child_program program = {.executable = open_program(known, &order->start),
		.arguments = order->start.process == START_STARTER ? known->options->own_arguments : line.words,
		.inherited = inherited,
		.output = descriptor_of(order, ROLE_OUTPUT),
		.errors = descriptor_of(order, ROLE_ERRORS),
		.sibling = sibling};
	int error;

	if (program.executable < 0)
		return program.executable;
	for (size_t i = 0; i < order->start.count; i++)
		if (!(BIT(order->start.roles[i]) & (BIT(ROLE_OUTPUT) | BIT(ROLE_ERRORS))))
			inherited[program.inherited_count++] = order->fds[i];
	write_line(&line, known, order);
	error = child_start(&program, child);
	close(program.executable);
	return error;
}
