/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A network namespace of its own for a test program, and commands inside it. */
#ifndef VIGIA_TESTS_NAMESPACE_H
#define VIGIA_TESTS_NAMESPACE_H

#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define TEST_SKIPPED 77 /* as Meson understands it */

/* Ends the program as skipped where namespaces are not allowed. */
static inline void namespace_enter(void)
{
	if (unshare(CLONE_NEWNET) == 0 && system("ip link set lo up") == 0)
		return;
	fprintf(stderr, "skipped: this test needs root and ip(8)\n");
	exit(TEST_SKIPPED);
}

/* Runs a shell command; a failure ends the program. */
static inline __attribute__((format(printf, 1, 2))) void run(const char *format, ...)
{
	char command[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(command, sizeof(command), format, arguments);
	va_end(arguments);
	if (system(command) == 0)
		return;
	fprintf(stderr, "failed: %s\n", command);
	exit(1);
}

/* Whether a shell command succeeds. */
static inline bool succeeds(const char *command)
{
	return system(command) == 0;
}

/* Waits until the kernel has noticed the carrier: before that it takes frames without an error, and loses them. */
static inline void wait_for_carrier(const char *name)
{
	run("until ip -o link show dev %s | grep -q 'state UP'; do sleep 0.01; done", name);
}

/* Two ends of a cable in this namespace, up, with indexes of their own and fixed MAC addresses 02:..:01 and
 * 02:..:02. */
static inline void cable(const char *left, int left_index, const char *right, int right_index)
{
	run("ip link add %s index %d address 02:00:00:00:00:01 type veth "
	    "peer name %s index %d address 02:00:00:00:00:02 && ip link set %s up && ip link set %s up",
		left, left_index, right, right_index, left, right);
	wait_for_carrier(left);
	wait_for_carrier(right);
}

#endif
