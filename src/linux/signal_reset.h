/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIGIA_LINUX_SIGNAL_RESET_H
#define VIGIA_LINUX_SIGNAL_RESET_H

/* Each signal does what it does by itself, and none is blocked: before exec, for a program is born with what whoever started us ignores
 * (nohup, cron, a shell's background), and a shell cannot trap that. Calls nothing but the kernel. */
void signal_reset(void);

#endif
