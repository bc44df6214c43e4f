/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIGIA_SIM_RANDOM_COMMAND_H
#define VIGIA_SIM_RANDOM_COMMAND_H

/* `vigia sim --random`: what stands behind it. 0: no life failed; 1: one did, its files are written; 2: wrong usage. */
int random_command(int count, char **arguments);

#endif
