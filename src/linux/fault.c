/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signals that end a process with a core dump: see fault.h. */
#include "linux/fault.h"

#include <signal.h>
#include <stddef.h>

#include "linux/channel.h"

static int guard_socket = -1;

/* Nothing here but what a signal handler may call. It comes once: SA_RESETHAND. */
static void dying(int number, siginfo_t *what, void *context)
{
	(void)context;
	channel_send(guard_socket, MESSAGE_DYING, NULL, 0, -1);
	/* What the processor has refused, it refuses again, and the dump shows where. A signal that was sent does not come again. */
	if (what->si_code <= 0 || number == SIGABRT)
		raise(number);
}

void fault_tell(int guard)
{
	static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
	const struct sigaction action = {.sa_sigaction = dying, .sa_flags = SA_SIGINFO | SA_NODEFER | (int)SA_RESETHAND};
	struct sigaction before;

	guard_socket = guard;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (sigaction(faults[i], NULL, &before) == 0 && before.sa_handler == SIG_DFL)
			sigaction(faults[i], &action, NULL);
}
