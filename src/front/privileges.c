/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The front faces clients and files and needs no privilege for it. */
#include "front/privileges.h"

#include <cap-ng.h>
#include <errno.h>
#include <sys/prctl.h>

int privileges_drop(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	/* The bounding set can be emptied only by who may; without new privileges it does not matter for the
	 * others. */
	capng_clear(CAPNG_SELECT_BOTH);
	if (capng_apply(CAPNG_SELECT_BOTH) != 0) {
		capng_clear(CAPNG_SELECT_CAPS);
		if (capng_apply(CAPNG_SELECT_CAPS) != 0)
			return -EPERM;
	}
	return 0;
}
