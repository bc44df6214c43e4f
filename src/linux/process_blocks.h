/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the C library divides a process's memory. Apart from process_setup.h, for the front, which links little. */
#ifndef VIGIA_LINUX_PROCESS_BLOCKS_H
#define VIGIA_LINUX_PROCESS_BLOCKS_H

/* Large blocks are mapped always, so that they go back to the system when they are freed, from locked memory, too. */
void process_map_large_blocks(void);

#endif
