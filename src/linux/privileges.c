/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Capabilities: see privileges.h. */
#include "linux/privileges.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LAST_CAPABILITY 63

/* As the kernel takes them: two words of 32 bits each. */
struct capabilities {
	struct __user_cap_header_struct header;
	struct __user_cap_data_struct data[2];
};

static int get(struct capabilities *own)
{
	*own = (struct capabilities){.header.version = _LINUX_CAPABILITY_VERSION_3};
	return syscall(SYS_capget, &own->header, own->data) < 0 ? -errno : 0;
}

bool privileges_have(uint64_t wanted)
{
	struct capabilities own;

	if (get(&own) < 0)
		return false;

	const uint64_t permitted = own.data[0].permitted | (uint64_t)own.data[1].permitted << 32;

	return (permitted & wanted) == wanted;
}

/* inheritable: of those that exec hands on, which are only there for whoever is not root. */
static int keep(uint64_t kept, uint64_t inheritable)
{
	struct capabilities own;
	int error = get(&own);

	if (error)
		return error;
	for (int i = 0; i < 2; i++) {
		own.data[i].permitted &= (uint32_t)(kept >> 32 * i);
		own.data[i].effective = own.data[i].permitted;
		own.data[i].inheritable &= (uint32_t)(inheritable >> 32 * i);
	}
	return syscall(SYS_capset, &own.header, own.data) < 0 ? -errno : 0;
}

int privileges_keep(uint64_t kept)
{
	return keep(kept, kept);
}

int privileges_seal(uint64_t kept)
{
	/* The bounding set may only be narrowed with CAP_SETPCAP; without new privileges it does not matter. */
	for (unsigned long capability = 0; capability <= LAST_CAPABILITY; capability++)
		if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
			break;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return keep(kept, 0);
}

void privileges_follow_parent(void)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}
