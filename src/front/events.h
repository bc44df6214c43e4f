/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine's JSON lines as lines of the log. */
#ifndef VIGIA_FRONT_EVENTS_H
#define VIGIA_FRONT_EVENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/time.h"
#include "front/log.h"

#define EVENT_TEXT_SIZE 1024

/* MESSAGE_EVENT: "VI_1: BACKUP -> MASTER: nothing heard from ...", or "VI_1: ..." for a remark (no change of
 * state). *repeats: it may come with each packet of another router, so that remark_is_due is to be asked. */
enum log_level event_text(const char *line, size_t length, char text[EVENT_TEXT_SIZE], bool *repeats);
/* Whether a remark is to be logged now: not when it was, in the same words, within the last minute. If so,
 * *left_out is how often it has come since. */
bool remark_is_due(const char *text, mono_t now, unsigned *left_out);
/* MESSAGE_DROP: "eth0, VI_1: 3 packets from 192.168.1.7 dropped: TTL is not 255 ..."; its level. */
enum log_level drop_text(const char *line, size_t length, char text[EVENT_TEXT_SIZE]);

void event_log(const char *line, size_t length);
void drop_log(const char *line, size_t length);

#endif
