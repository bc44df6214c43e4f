/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine's JSON lines as lines of the log. */
#ifndef VIGIA_FRONT_EVENTS_H
#define VIGIA_FRONT_EVENTS_H

#include <stddef.h>

#include "front/log.h"

#define EVENT_TEXT_SIZE 1024

/* MESSAGE_EVENT: "VI_1: BACKUP -> MASTER: nothing heard from ...", or "VI_1: ..." for a remark. */
enum log_level event_text(const char *line, size_t length, char text[EVENT_TEXT_SIZE]);
/* MESSAGE_DROP: "eth0, VI_1: 3 packets dropped: TTL is not 255 ...". */
void drop_text(const char *line, size_t length, char text[EVENT_TEXT_SIZE]);

void event_log(const char *line, size_t length);
void drop_log(const char *line, size_t length);

#endif
