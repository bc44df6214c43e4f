/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The log: see log.h. */
#include "front/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "front/log_file.h"
#include "front/loop.h"

#define LINE_MAX_LENGTH 2048
#define LOG_NAME_SIZE 72

/* A token bucket: `burst` lines at once, then `per_second`. */
struct budget {
	double tokens;
	double burst;
	double per_second;
	mono_t filled;
	uint64_t left_out;
};

static struct {
	int console;
	int syslog;
	struct log_file file;
	struct log_options options;
	char name[LOG_NAME_SIZE]; /* empty: there is one daemon */
	struct sockaddr_un syslog_address; /* sun_path empty: no syslog */
	mono_t syslog_retry; /* not before this */
	uint64_t syslog_lost;
	mono_t console_retry;
	uint64_t console_lost;
	uint64_t lost; /* of all kinds, since the beginning */
	struct budget notices; /* transitions and what is wrong: a thousand routers may fail over at once */
	struct budget details;
} log_state = {.console = -1, .syslog = -1, .file.fd = -1};

int log_open(const struct log_options *options)
{
	mono_t now = clock_now();
	const char *path = options->syslog_path;

	log_close();
	memset(&log_state, 0, sizeof(log_state));
	log_state.options = *options;
	log_state.console = options->console;
	log_state.syslog = -1;
	log_state.notices = (struct budget){.tokens = 5000, .burst = 5000, .per_second = 200, .filled = now};
	log_state.details = (struct budget){.tokens = 500, .burst = 500, .per_second = 50, .filled = now};
	if (path && strlen(path) < sizeof(log_state.syslog_address.sun_path)) {
		log_state.syslog_address.sun_family = AF_UNIX;
		strcpy(log_state.syslog_address.sun_path, path);
	}
	return log_file_open(&log_state.file, options->file, options->flushed);
}

void log_set_name(const char *name)
{
	snprintf(log_state.name, sizeof(log_state.name), "%s", name ? name : "");
}

static void close_syslog(void)
{
	if (log_state.syslog >= 0)
		close(log_state.syslog);
	log_state.syslog = -1;
}

void log_close(void)
{
	close_syslog();
	log_file_close(&log_state.file, LOG_END_WAIT);
}

void log_start_thread(int (*open)(void *user), void *user)
{
	log_file_start_thread(&log_state.file, open, user);
}

static void lose(uint64_t *lost)
{
	(*lost)++;
	log_state.lost++;
}

static bool budget_take(struct budget *budget)
{
	mono_t now = clock_now();

	budget->tokens += (double)mono_sub(now, budget->filled) / (double)DUR_S * budget->per_second;
	budget->filled = now;
	if (budget->tokens > budget->burst)
		budget->tokens = budget->burst;
	if (budget->tokens < 1) {
		lose(&budget->left_out);
		return false;
	}
	budget->tokens -= 1;
	return true;
}

static bool syslog_connect(void)
{
	struct timeval wait = {.tv_usec = LOG_WAIT / DUR_US};

	if (log_state.syslog >= 0)
		return true;
	if (log_state.syslog_address.sun_path[0] == '\0')
		return false;
	log_state.syslog = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (log_state.syslog < 0)
		return false;
	setsockopt(log_state.syslog, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	if (connect(log_state.syslog, (struct sockaddr *)&log_state.syslog_address,
		    sizeof(log_state.syslog_address)) == 0)
		return true;
	close_syslog();
	return false;
}

static void to_syslog(enum log_level level, const char *line)
{
	char packet[LINE_MAX_LENGTH + 64];
	char when[32];
	time_t now = time(NULL);
	struct tm local;
	bool sent = false;

	if (log_state.syslog_address.sun_path[0] == '\0')
		return;
	if (mono_before(clock_now(), log_state.syslog_retry)) {
		lose(&log_state.syslog_lost);
		return;
	}
	localtime_r(&now, &local);
	strftime(when, sizeof(when), "%b %e %H:%M:%S", &local);

	int length = snprintf(packet, sizeof(packet), "<%d>%s vigiad%s%s[%d]: %s",
		log_state.options.facility | (int)level, when, log_state.name[0] ? "_" : "", log_state.name, (int)getpid(), line);

	/* A second try, because a syslog daemon that was restarted left a dead socket behind. */
	for (int attempt = 0; attempt < 2 && !sent && syslog_connect(); attempt++) {
		sent = send(log_state.syslog, packet, (size_t)length, MSG_NOSIGNAL) >= 0;
		if (!sent && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (!sent)
			close_syslog();
	}
	if (!sent) {
		lose(&log_state.syslog_lost);
		log_state.syslog_retry = mono_add(clock_now(), LOG_RETRY_AFTER);
	}
}

/* Whether the console takes a line; a pipe that nobody reads does not. */
static bool console_takes(void)
{
	struct pollfd wanted = {.fd = log_state.console, .events = POLLOUT};

	return poll(&wanted, 1, (int)(LOG_WAIT / DUR_MS)) > 0 && wanted.revents & POLLOUT;
}

/* The line as it stands on the console and in the file. Returns its length. */
static size_t stamp_line(enum log_level level, const char *line, char *text, size_t size)
{
	char when[32];
	struct timespec now;
	struct tm local;
	const char *mark = level == LOG_LEVEL_ERROR     ? "error: "
			   : level == LOG_LEVEL_WARNING ? "warning: "
							: "";

	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &local);
	strftime(when, sizeof(when), "%F %T", &local);
	snprintf(text, size, "%s.%03d %s%s\n", when, (int)(now.tv_nsec / DUR_MS), mark, line);
	return strlen(text);
}

/* Before the first line that is taken again. */
static void confess_console(void)
{
	char line[96], text[160];
	size_t length;

	if (log_state.console_lost == 0)
		return;
	snprintf(line, sizeof(line), "%llu lines were lost here: nobody read them", (unsigned long long)log_state.console_lost);
	length = stamp_line(LOG_LEVEL_WARNING, line, text, sizeof(text));
	log_state.console_lost = 0;
	if (write(log_state.console, text, length) < 0)
		return;
}

static void to_console(const char *text, size_t length)
{
	if (log_state.console < 0)
		return;
	if (mono_before(clock_now(), log_state.console_retry)) {
		lose(&log_state.console_lost);
		return;
	}
	if (!console_takes()) {
		lose(&log_state.console_lost);
		log_state.console_retry = mono_add(clock_now(), LOG_RETRY_AFTER);
		return;
	}
	confess_console();
	if (write(log_state.console, text, length) < 0)
		return; /* nowhere left to say so */
}

static void put_line(enum log_level level, const char *line)
{
	char text[LINE_MAX_LENGTH + 64];
	size_t length = stamp_line(level, line, text, sizeof(text));

	to_syslog(level, line);
	to_console(text, length);
	log_file_write(&log_state.file, text, length);
}

void log_line(enum log_level level, const char *format, ...)
{
	char line[LINE_MAX_LENGTH];
	va_list arguments;

	if (level == LOG_LEVEL_DETAIL && !log_state.options.detail)
		return;
	if (!budget_take(level == LOG_LEVEL_DETAIL ? &log_state.details : &log_state.notices))
		return;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	put_line(level, line);
}

void log_text(enum log_level level, const char *text)
{
	while (*text) {
		size_t length = strcspn(text, "\n");

		log_line(level, "%.*s", (int)(length < LINE_MAX_LENGTH ? length : LINE_MAX_LENGTH - 1), text);
		text += length;
		text += *text == '\n';
	}
}

static void report_file(void)
{
	char line[512];
	int error;
	const uint64_t lost = log_file_lost(&log_state.file, &error);

	log_state.lost += lost;
	if (lost > 0) {
		snprintf(line, sizeof(line), "%llu lines were lost: %s did not take them", (unsigned long long)lost,
			log_state.options.file);
		put_line(LOG_LEVEL_WARNING, line);
	}
	if (error) {
		snprintf(line, sizeof(line), "cannot open %s, and go on in the file that had this name: %s",
			log_state.options.file, strerror(-error));
		put_line(LOG_LEVEL_ERROR, line);
	}
}

void log_rotate(void)
{
	log_file_rotate(&log_state.file);
	report_file();
}

uint64_t log_lost(void)
{
	return log_state.lost;
}

void log_report_left_out(void)
{
	uint64_t left_out = log_state.notices.left_out + log_state.details.left_out;
	char line[512];

	log_state.notices.left_out = 0;
	log_state.details.left_out = 0;
	if (left_out > 0) {
		snprintf(line, sizeof(line), "%llu lines were left out of this log: there were too many",
			(unsigned long long)left_out);
		put_line(LOG_LEVEL_WARNING, line);
	}
	report_file();
	if (log_state.syslog_lost > 0 && log_state.syslog >= 0 &&
		!mono_before(clock_now(), log_state.syslog_retry)) {
		snprintf(line, sizeof(line), "%llu lines were lost: syslog did not take them",
			(unsigned long long)log_state.syslog_lost);
		log_state.syslog_lost = 0;
		to_syslog(LOG_LEVEL_WARNING, line);
	}
}
