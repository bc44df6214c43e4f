/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The signals that the guard takes, by keepalived's names and numbers, for --signum and for whoever monitors it. */
#ifndef VIGIA_DAEMON_SIGNALS_H
#define VIGIA_DAEMON_SIGNALS_H

/* The number, or 0: there is no such name. */
int signal_number(const char *name);
/* What MESSAGE_DUMP has to say for it; NULL: it asks for no dump. */
const char *signal_dump(int number);
/* All names, separated by blanks, for messages. */
#define SIGNAL_NAMES "RELOAD STOP DATA STATS STATS_CLEAR JSON"

#endif
