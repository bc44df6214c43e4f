/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks the driver of an interface whether there is a link. The kernel may take long for it: not for threads that others wait for. */
#ifndef VIGIA_RUNNER_LINK_POLL_H
#define VIGIA_RUNNER_LINK_POLL_H

#include <stdbool.h>

#include "conf/conf.h"

/* Asks by *method while the driver knows it, else finds one: `first`, then the others in their order. *method LINK_POLL_COUNT:
 * none is known yet. socket: any of AF_INET. 0, and *link says it (false of one that is not up, which is not asked);
 * -ENODEV: no such interface; another -errno. */
int link_poll_ask(int socket, const char *interface, enum link_poll first, enum link_poll *method, bool *link);

#endif
