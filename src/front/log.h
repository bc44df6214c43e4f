/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The log of vigiad: to syslog, and to the console when asked. One log per process. A syslog daemon that does
 * not read holds nobody up for longer than LOG_WAIT and then costs lines, which are counted; and no cause can
 * flood the log: lines beyond a budget are counted, too, and the count is logged.
 */
#ifndef VIGIA_FRONT_LOG_H
#define VIGIA_FRONT_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/time.h"

#define LOG_WAIT (200 * DUR_MS)

/* Numbers as in syslog(3), so that a level is a syslog priority. */
enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_NOTICE = 5,
	LOG_LEVEL_DETAIL = 6, /* only with --log-detail */
};

/* console_fd -1: none. syslog_path NULL: none; the socket of the syslog daemon, usually "/dev/log". */
void log_open(int console_fd, bool detail, const char *syslog_path);
void log_close(void);
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A text of several lines, each of which becomes a line of the log. */
void log_text(enum log_level level, const char *text);
/* Says how many lines were left out since it last did, if any. Called now and then. */
void log_report_left_out(void);

#endif
