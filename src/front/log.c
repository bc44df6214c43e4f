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

#include "front/loop.h"

#define LINE_MAX_LENGTH 2048
#define RETRY_AFTER DUR_S

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
	bool detail;
	struct sockaddr_un syslog_address; /* sun_path empty: no syslog */
	mono_t syslog_retry; /* not before this */
	uint64_t syslog_lost;
	mono_t console_retry;
	struct budget notices; /* transitions and what is wrong: a thousand routers may fail over at once */
	struct budget details;
} log_state = {.console = -1, .syslog = -1};

void log_open(int console_fd, bool detail, const char *syslog_path)
{
	mono_t now = clock_now();

	log_close();
	memset(&log_state, 0, sizeof(log_state));
	log_state.console = console_fd;
	log_state.syslog = -1;
	log_state.detail = detail;
	log_state.notices = (struct budget){.tokens = 5000, .burst = 5000, .per_second = 200, .filled = now};
	log_state.details = (struct budget){.tokens = 500, .burst = 500, .per_second = 50, .filled = now};
	if (syslog_path && strlen(syslog_path) < sizeof(log_state.syslog_address.sun_path)) {
		log_state.syslog_address.sun_family = AF_UNIX;
		strcpy(log_state.syslog_address.sun_path, syslog_path);
	}
}

void log_close(void)
{
	if (log_state.syslog >= 0)
		close(log_state.syslog);
	log_state.syslog = -1;
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
	log_close();
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

	int length = snprintf(packet, sizeof(packet), "<%d>%s vigiad[%d]: %s", LOG_DAEMON | (int)level, when,
		(int)getpid(), line);

	/* A second try, because a syslog daemon that was restarted left a dead socket behind. */
	for (int attempt = 0; attempt < 2 && !sent && syslog_connect(); attempt++) {
		sent = send(log_state.syslog, packet, (size_t)length, MSG_NOSIGNAL) >= 0;
		if (!sent && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (!sent)
			log_close();
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

static void to_console(enum log_level level, const char *line)
{
	char text[LINE_MAX_LENGTH + 64];
	char when[32];
	struct timespec now;
	struct tm local;
	const char *mark = level == LOG_LEVEL_ERROR     ? "error: "
			   : level == LOG_LEVEL_WARNING ? "warning: "
							: "";

	if (log_state.console < 0 || mono_before(clock_now(), log_state.console_retry))
		return;
	if (!console_takes()) {
		log_state.console_retry = mono_add(clock_now(), RETRY_AFTER);
		return;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &local);
	strftime(when, sizeof(when), "%F %T", &local);

	int length =
		snprintf(text, sizeof(text), "%s.%03d %s%s\n", when, (int)(now.tv_nsec / DUR_MS), mark, line);

	if (write(log_state.console, text, (size_t)length) < 0)
		return; /* nowhere left to say so */
}

static void put_line(enum log_level level, const char *line)
{
	to_syslog(level, line);
	to_console(level, line);
}

void log_line(enum log_level level, const char *format, ...)
{
	char line[LINE_MAX_LENGTH];
	va_list arguments;

	if (level == LOG_LEVEL_DETAIL && !log_state.detail)
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
	char line[128];

	log_state.notices.left_out = 0;
	log_state.details.left_out = 0;
	if (left_out > 0) {
		snprintf(line, sizeof(line), "%llu lines were left out of this log: there were too many",
			(unsigned long long)left_out);
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
