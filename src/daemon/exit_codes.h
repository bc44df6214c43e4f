/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exit codes of vigiad and its processes: those of keepalived, for whatever watches it. */
#ifndef VIGIA_DAEMON_EXIT_CODES_H
#define VIGIA_DAEMON_EXIT_CODES_H

enum exit_code {
	EXIT_OK = 0,
	EXIT_FATAL = 1,
	EXIT_CONFIG = 2,
	EXIT_PERMISSION = 4,
	EXIT_CONFIG_ERRORS = 5, /* of a configuration test */
	EXIT_NO_CONFIG = 6,
};

#endif
