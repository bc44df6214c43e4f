/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/signal_reset.h"

#include <signal.h>
#include <stddef.h>

void signal_reset(void)
{
	const struct sigaction usual = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		sigaction(number, &usual, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}
