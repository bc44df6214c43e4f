/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIGIA_FRONT_PRIVILEGES_H
#define VIGIA_FRONT_PRIVILEGES_H

/*
 * Gives up every capability, for good, and the way to new ones through exec (no_new_privs). The process stays
 * the user it is, so that the configuration can be read again. 0 or -errno.
 */
int privileges_drop(void);

#endif
