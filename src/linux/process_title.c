/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The name of a process: see process_setup.h. Apart from the rest of it, for the guard, which links little. */
#include <string.h>
#include <sys/prctl.h>

#include "linux/process_setup.h"

void process_set_title(int count, char **arguments, const char *title)
{
	static size_t room; /* of all arguments, before the first title took their place */
	const size_t length = strlen(title);

	prctl(PR_SET_NAME, title, 0, 0, 0);
	if (room == 0)
		for (int i = 0; i < count && arguments[i] == arguments[0] + room; i++)
			room += strlen(arguments[i]) + 1;
	if (room <= length)
		return;
	memset(arguments[0], 0, room);
	memcpy(arguments[0], title, length);
}
