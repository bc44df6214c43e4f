/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fence around a device's processes. A device's root is the machine's root as far as the kernel is
 * concerned (there is no user namespace: the overlay of / is refused in one), so what it may do is cut down
 * here, for its pid 1 and for every program that is sent into it:
 *
 *  - capabilities that act on the machine are dropped, also from the bounding set: modules, boot, raw I/O,
 *    clock, device nodes, and SYS_PTRACE, with which a device's root could reach the files and memory of
 *    our own processes while they join;
 *  - CAP_SYS_ADMIN must stay (FRR's daemons refuse to start without), so the system calls that would let it
 *    undo the view of the file system or act on the machine are refused: mount and its family, opening
 *    files by handle, swap, kexec, bpf, perf, freezing a file system through a shared folder, pushing input
 *    into a terminal, making programs set-user-id.
 */
#ifndef VIGIA_LAB_CONFINE_H
#define VIGIA_LAB_CONFINE_H

#include "lab/lab.h"

/* Confines the calling process and what it will start; there is no way back. Privileges to set a filter are
 * needed. */
int confine(struct lab_error *error);
/*
 * Overwrites the environment this process was started with: whoever has CAP_SYS_ADMIN reads it in /proc,
 * and the host's may hold secrets. For processes that go into a device; nothing that getenv() has returned
 * may be used afterwards.
 */
void forget_environment(void);

#endif
