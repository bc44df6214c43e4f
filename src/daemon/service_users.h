/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom front and engine become: users of their own, so that neither owns a file, and neither reaches the other. */
#ifndef VIGIA_DAEMON_SERVICE_USERS_H
#define VIGIA_DAEMON_SERVICE_USERS_H

#include "base/archive.h"
#include "linux/privileges.h"

struct service_users {
	struct service_user front;
	struct service_user engine;
};

/*
 * name NULL: the users vigia and vigia-vrrp; instead of one that is not there, and for the keeper, a number that has no name, of those
 * that systemd gives to services (61184 to 65519). Else that user for both; "root": they stay who they are. That is so, too,
 * where this process may not become others. 0; -ENOENT: there is no such user, or no memory; another -errno.
 */
int service_users_choose(const char *name, struct service_users *users);
void service_users_archive(struct archive *archive, struct service_users *users);

#endif
