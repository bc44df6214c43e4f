/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a process makes of itself at its start: its name, its privileges, its memory.
 */
#ifndef VIGIA_LINUX_PROCESS_SETUP_H
#define VIGIA_LINUX_PROCESS_SETUP_H

/* The name that ps and top show, instead of the command line. arguments: those of main(); they are overwritten, so
 * whatever points into them must have been copied. */
void process_set_title(int count, char **arguments, const char *title);
/* So that a later real-time priority, a better nice value and locked memory take no capability any more: as far as it may. */
void process_raise_limits(void);
/* No disk is ever waited for: programs and libraries are made present, and whatever is touched stays. Memory that was never touched takes no
 * room: the first touch costs a page of zeroes. 0; -EPERM: only of what is mapped now, for RLIMIT_MEMLOCK is not ours to raise; -E2BIG for a process too large for that (one under a sanitizer); or -errno. */
int process_lock_memory(void);

#endif
