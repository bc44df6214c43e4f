/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Capabilities: see privileges.h. */
#include "linux/privileges.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LAST_CAPABILITY 63
#define ALL UINT64_MAX

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

static int seal(uint64_t kept, uint64_t bounding)
{
	/* The bounding set may only be narrowed with CAP_SETPCAP; without new privileges it does not matter. */
	for (unsigned capability = 0; capability <= LAST_CAPABILITY; capability++)
		if (!(bounding & PRIVILEGE(capability)) && prctl(PR_CAPBSET_DROP, (unsigned long)capability, 0, 0, 0) < 0)
			break;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return keep(kept, 0);
}

int privileges_seal(uint64_t kept)
{
	return seal(kept, 0);
}

int privileges_confine(uint64_t kept)
{
	return seal(kept, kept);
}

void privileges_hand_on(void)
{
	struct capabilities own;

	if (geteuid() == 0 || get(&own) < 0)
		return;
	for (int i = 0; i < 2; i++)
		own.data[i].inheritable |= own.data[i].permitted;
	if (syscall(SYS_capset, &own.header, own.data) < 0)
		return;
	for (unsigned capability = 0; capability <= LAST_CAPABILITY; capability++)
		if (privileges_have(PRIVILEGE(capability)))
			prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, (unsigned long)capability, 0, 0);
}

void service_user_print(const struct service_user *user, char *text)
{
	snprintf(text, SERVICE_USER_TEXT_SIZE, "%u:%u:%u", (unsigned)user->user, (unsigned)user->group, (unsigned)user->keeper);
}

bool service_user_read(const char *text, struct service_user *user)
{
	unsigned uid, gid, keeper;
	char more;

	if (sscanf(text, "%u:%u:%u%c", &uid, &gid, &keeper, &more) != 3)
		return false;
	*user = (struct service_user){.given = true, .user = uid, .group = gid, .keeper = keeper};
	return true;
}

int privileges_become(const struct service_user *user)
{
	int error = 0;

	if (!user->given)
		return 0;
	if (!privileges_have(PRIVILEGE(CAP_SETUID) | PRIVILEGE(CAP_SETGID)))
		return -EPERM;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return -errno;
	/* The user last: it is what may change the groups. */
	if (setgroups(0, NULL) < 0 || setresgid(user->group, user->group, user->group) < 0 ||
		setresuid(user->user, user->user, user->keeper) < 0)
		error = -errno;
	prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
	/* Kept are those that may be used; they are used only from here on. */
	if (!error)
		error = privileges_keep(ALL);
	/* The change has taken both back. */
	privileges_follow_parent();
	return error;
}

int privileges_be_keeper(uid_t keeper)
{
	return setresuid(keeper, (uid_t)-1, (uid_t)-1) < 0 ? -errno : 0;
}

void privileges_be_nobody_else(void)
{
	(void)!setresuid(geteuid(), (uid_t)-1, (uid_t)-1);
}

void privileges_follow_parent(void)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}
