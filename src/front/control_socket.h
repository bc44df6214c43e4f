/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The place of the control socket in the file system. */
#ifndef VIGIA_FRONT_CONTROL_SOCKET_H
#define VIGIA_FRONT_CONTROL_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

struct control_place {
	const char *path;
	dev_t device; /* of the socket that was made, so that another daemon's is never removed */
	ino_t inode;
	gid_t group; /* whose members may connect, and ask for the status */
	bool group_missing; /* there is no group of the name that was asked for, or it may not be given it: root's then */
};

/*
 * A listening socket at path, mode 0660, of that group; NULL: vigia, if there is such a group, else root's. Makes the folder if it is missing (one level), replaces the socket
 * of a daemon that is dead and leaves that of a living one alone. The descriptor, or -1 with one line for
 * people in problem.
 */
int control_socket_listen(const char *path, const char *group, struct control_place *place, char *problem, size_t problem_size);
/* Removes the socket if it is still the one that was made. */
void control_socket_remove(const struct control_place *place);

#endif
