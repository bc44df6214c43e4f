/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The log of vigiad: to syslog, and to the console and a file when asked. One log per process. A syslog daemon or a reader of
 * the console that does not read holds nobody up for longer than LOG_WAIT in LOG_RETRY_AFTER, and costs lines, which are counted, and
 * told as soon as it reads again; for a disk nobody waits at all (log_file.h). No cause can flood the log: lines beyond a budget are
 * counted, too, and the count is logged.
 */
#ifndef VIGIA_FRONT_LOG_H
#define VIGIA_FRONT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/time.h"

#define LOG_WAIT (200 * DUR_MS)
#define LOG_RETRY_AFTER DUR_S
#define LOG_END_WAIT DUR_S /* at the end, for the disk */

/* Numbers as in syslog(3), so that a level is a syslog priority. */
enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_NOTICE = 5,
	LOG_LEVEL_DETAIL = 6, /* only with --log-detail */
};

struct log_options {
	int console; /* descriptor; -1: none */
	bool detail;
	const char *syslog_path; /* the socket of the syslog daemon, usually "/dev/log"; NULL: none */
	int facility; /* as in syslog(3) */
	const char *file; /* NULL: none; kept */
	bool flushed; /* each line of the file reaches the disk before the next */
};

/* 0; or -errno, when the file cannot be opened: the rest of the log is open then. */
int log_open(const struct log_options *options);
/* Of several daemons: lines to syslog have the name of this one in theirs. NULL: there is one. */
void log_set_name(const char *name);
/* The process has become what it stays: from now on a thread writes the file, and nobody waits for a disk. open, user: as
 * log_file_start_thread. */
void log_start_thread(int (*open)(void *user), void *user);
/* Goes on in a new file, when the old one was renamed. */
void log_rotate(void);
void log_close(void);
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A text of several lines, each of which becomes a line of the log. */
void log_text(enum log_level level, const char *text);
uint64_t log_lost(void); /* lines that were left out or that somebody did not take, since log_open; of the file, as far as they were told */
/* Says how many lines were left out since it last did, if any. Called now and then. */
void log_report_left_out(void);

#endif
