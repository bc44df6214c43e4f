/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The log: see log.h. */
#include "front/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "front/loop.h"

#define LINE_MAX_LENGTH 2048
#define RETRY_AFTER DUR_S
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
	int file;
	struct log_options options;
	char name[LOG_NAME_SIZE]; /* empty: there is one daemon */
	struct sockaddr_un syslog_address; /* sun_path empty: no syslog */
	mono_t syslog_retry; /* not before this */
	uint64_t syslog_lost;
	uint64_t file_lost;
	mono_t console_retry;
	struct budget notices; /* transitions and what is wrong: a thousand routers may fail over at once */
	struct budget details;
} log_state = {.console = -1, .syslog = -1, .file = -1};

static int open_file(void)
{
	if (!log_state.options.file)
		return 0;
	log_state.file = open(
		log_state.options.file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0640);
	return log_state.file < 0 ? -errno : 0;
}

int log_open(const struct log_options *options)
{
	mono_t now = clock_now();
	const char *path = options->syslog_path;

	log_close();
	memset(&log_state, 0, sizeof(log_state));
	log_state.options = *options;
	log_state.console = options->console;
	log_state.syslog = -1;
	log_state.file = -1;
	log_state.notices = (struct budget){.tokens = 5000, .burst = 5000, .per_second = 200, .filled = now};
	log_state.details = (struct budget){.tokens = 500, .burst = 500, .per_second = 50, .filled = now};
	if (path && strlen(path) < sizeof(log_state.syslog_address.sun_path)) {
		log_state.syslog_address.sun_family = AF_UNIX;
		strcpy(log_state.syslog_address.sun_path, path);
	}
	return open_file();
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
	if (log_state.file >= 0)
		close(log_state.file);
	log_state.file = -1;
}

void log_rotate(void)
{
	const int old = log_state.file;
	struct stat opened;
	struct stat named;
	int error;

	if (old < 0 || fstat(old, &opened) < 0)
		return;
	if (stat(log_state.options.file, &named) == 0 && named.st_dev == opened.st_dev &&
		named.st_ino == opened.st_ino)
		return;
	error = open_file();
	if (error == 0) {
		close(old);
		return;
	}
	log_state.file = old;
	log_line(LOG_LEVEL_ERROR, "cannot open %s, and go on in the file that had this name: %s",
		log_state.options.file, strerror(-error));
}

static bool budget_take(struct budget *budget)
{
	mono_t now = clock_now();

	budget->tokens += (double)mono_sub(now, budget->filled) / (double)DUR_S * budget->per_second;
	budget->filled = now;
	if (budget->tokens > budget->burst)
		budget->tokens = budget->burst;
	if (budget->tokens < 1) {
		budget->left_out++;
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
		log_state.syslog_lost++;
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
		log_state.syslog_lost++;
		log_state.syslog_retry = mono_add(clock_now(), RETRY_AFTER);
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

static void to_console(const char *text, size_t length)
{
	if (log_state.console < 0 || mono_before(clock_now(), log_state.console_retry))
		return;
	if (!console_takes()) {
		log_state.console_retry = mono_add(clock_now(), RETRY_AFTER);
		return;
	}
	if (write(log_state.console, text, length) < 0)
		return; /* nowhere left to say so */
}

static void to_file(const char *text, size_t length)
{
	if (log_state.file < 0)
		return;
	if (write(log_state.file, text, length) != (ssize_t)length)
		log_state.file_lost++;
	else if (log_state.options.flushed)
		fdatasync(log_state.file);
}

static void put_line(enum log_level level, const char *line)
{
	char text[LINE_MAX_LENGTH + 64];
	size_t length = stamp_line(level, line, text, sizeof(text));

	to_syslog(level, line);
	to_console(text, length);
	to_file(text, length);
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
	if (log_state.file_lost > 0) {
		snprintf(line, sizeof(line), "%llu lines were lost: %s did not take them",
			(unsigned long long)log_state.file_lost, log_state.options.file);
		log_state.file_lost = 0;
		put_line(LOG_LEVEL_WARNING, line);
	}
	if (log_state.syslog_lost > 0 && log_state.syslog >= 0 &&
		!mono_before(clock_now(), log_state.syslog_retry)) {
		snprintf(line, sizeof(line), "%llu lines were lost: syslog did not take them",
			(unsigned long long)log_state.syslog_lost);
		log_state.syslog_lost = 0;
		to_syslog(LOG_LEVEL_WARNING, line);
	}
}
