/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A runner that the guard did not start: systemd did (vigiad-runner.socket), so that scripts are outside of what vigiad.service
 * is confined to. Its standard input is the socket to the guard, which first says what else would stand on the
 * command line.
 */
#ifndef VIGIA_RUNNER_CONNECTION_H
#define VIGIA_RUNNER_CONNECTION_H

#include <stdbool.h>

#include "runner/runner.h"

/* Takes standard input over, hears the guard, and enters its network namespace. false: a message was printed. */
bool connection_accept(struct runner_options *options);

#endif
