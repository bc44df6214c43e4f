/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process that dies of a fault of its own says so before the kernel writes its core dump, which takes as long as the program takes
 * that reads it (systemd-coredump, apport): only then are its sockets closed, and only then has it ended.
 */
#ifndef VIGIA_LINUX_FAULT_H
#define VIGIA_LINUX_FAULT_H

/* guard: where a MESSAGE_DYING goes. What a sanitizer watches over stays with the sanitizer. */
void fault_tell(int guard);

#endif
