/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small scripts put into every device; their text is lab/shims/ in the source tree. */
#ifndef VIGIA_LAB_SHIMS_H
#define VIGIA_LAB_SHIMS_H

#include <stdbool.h>
#include <stddef.h>

#define TRACE_SCRIPT "/usr/local/lib/vigia-lab/trace.bash"
#define STARTUP_LOG "/var/log/startup.log"
/* Begins the lines that shims/trace.bash writes into a log: "vigia-lab: gw1.startup:3: exit status 2:
 * command". */
#define FAILURE_MARK "vigia-lab: "

struct shim {
	const char *path; /* in the device, without the leading / */
	const char *text;
	bool executable;
};

extern const struct shim shims[];
extern const size_t shim_count;

#endif
