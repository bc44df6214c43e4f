/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel lets go of first when a process is killed. */
#ifndef VIGIA_LINUX_CLOSE_FIRST_H
#define VIGIA_LINUX_CLOSE_FIRST_H

/* Another number for the descriptor, close-on-exec, or the same one if that cannot be: it is let go of at once when the process dies, by
 * which others learn of the death. The kernel closes descriptors from the highest number down, and takes 10 ms and more for the packet
 * sockets among them. Every process that keeps a copy is to do so. */
int close_first(int fd);

#endif
