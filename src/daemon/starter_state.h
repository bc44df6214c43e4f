/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a starter knows, and leaves to the one that comes after it. */
#ifndef VIGIA_DAEMON_STARTER_STATE_H
#define VIGIA_DAEMON_STARTER_STATE_H

#include "base/archive.h"
#include "daemon/start.h"
#include "linux/nftables_socket.h"

#define STARTER_PATH_SIZE 4096
#define STARTER_STATE_ROOM (5 * STARTER_PATH_SIZE) /* when it is written */

struct starter_state {
	struct start_knowledge known;
	char firewall_name[FIREWALL_NAME_SIZE];
	int guard; /* channel */
};

/* Those of the options, too, that the command line does not say, or would say of another folder. */
void starter_state_archive(struct archive *archive, struct starter_state *state, struct daemon_options *options);

#endif
