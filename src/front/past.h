/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Moments before this process was there, on the monotonic clock: a front that replaces a dead one still says
 * since when vigiad runs. Where the moment cannot be told, it is now.
 */
#ifndef VIGIA_FRONT_PAST_H
#define VIGIA_FRONT_PAST_H

#include "base/time.h"

/* When the file was last written; for the memory file of a configuration, when that was read. */
mono_t file_written_at(int fd);
/* When the parent process was started, to the hundredth of a second. */
mono_t parent_started_at(void);

#endif
