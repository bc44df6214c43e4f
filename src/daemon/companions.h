/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The programs that an upgrade starts only when the old engine is gone: before that, a new vigiad that tests the configuration for it
 * looks whether they are there, start, and are of its own version. The engine and the front need no look: the one is started before
 * anything changes, the other does the test.
 */
#ifndef VIGIA_DAEMON_COMPANIONS_H
#define VIGIA_DAEMON_COMPANIONS_H

#include <stdbool.h>

/* Whether whoever starts this test wants an upgrade. By the environment: a vigiad of an older version knows no option for it. */
bool companions_are_asked_for(void);
void companions_ask_for(bool wanted);
/* false: standard error says what is wrong. */
bool companions_start(void);

#endif
