/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a process of vigiad may still do once it has started. Each gives up what it does not need as soon as it has opened what
 * takes more: doc/security.md says who keeps what. A library of its own, so that the front links this and the guard nothing
 * else: the kernel's calls, no library's.
 *
 * A root process that gives up capabilities gets all of its bounding set back with the next exec. That is how the starter
 * (daemon/starter.h), which keeps none, can start an engine and a runner that begin with all; and all others close that way.
 */
#ifndef VIGIA_LINUX_PRIVILEGES_H
#define VIGIA_LINUX_PRIVILEGES_H

#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define PRIVILEGE(capability) (UINT64_C(1) << (capability))

/* What moves frames, addresses, routes and rules. */
#define PRIVILEGES_NETWORK (PRIVILEGE(CAP_NET_ADMIN) | PRIVILEGE(CAP_NET_RAW))
/*
 * Of the runner, which is root's user, and for what each is:
 *	SETUID, SETGID	become the user of a script
 *	KILL		end scripts of other users, also those that a dead runner has left
 *	CHOWN		give a pipe that it has made (notify_fifo) to the user of the scripts
 *	DAC_OVERRIDE	open that pipe again, which is then 0600 and another's; make and remove pipes, write init_file and read
 *			tracked files in folders where root's user alone may not; read the configuration by which it vouches
 *	NET_ADMIN	hear of processes by the proc connector (Linux before 6.6; a larger queue on all), ask a PHY (SIOCGMIIREG)
 * None of this is more than what a script of root has anyway, which gets the whole bounding set with exec.
 */
#define PRIVILEGES_RUNNER \
	(PRIVILEGE(CAP_SETUID) | PRIVILEGE(CAP_SETGID) | PRIVILEGE(CAP_KILL) | PRIVILEGE(CAP_CHOWN) | \
		PRIVILEGE(CAP_DAC_OVERRIDE) | PRIVILEGE(CAP_NET_ADMIN))

/* Whether it has all of these. */
bool privileges_have(uint64_t wanted);
/* Keeps those of these that it has; of the calling thread, so before there are others. 0 or -errno. */
int privileges_keep(uint64_t kept);
/* The same for good: nothing that it executes gets any. */
int privileges_seal(uint64_t kept);
/* The same for good: what it executes gets these, and no more. */
int privileges_confine(uint64_t kept);
/* Before exec, of a process that is not root: what it may is handed on, as for root without that. */
void privileges_hand_on(void);

/*
 * Whom a process becomes that hears the network or clients. As text, for a command line: "USER:GROUP:KEEPER", in decimal.
 *
 * A signal reaches whoever has the sender's real or effective user as its real or saved one. So `keeper`, which nobody is in earnest,
 * is the saved user of those processes and the real one of the starter: it can end them, without CAP_KILL, and none of them
 * another one.
 */
struct service_user {
	bool given; /* false: they stay who they are */
	uid_t user;
	gid_t group;
	uid_t keeper;
};

#define SERVICE_USER_TEXT_SIZE 40

/* Into text, of SERVICE_USER_TEXT_SIZE bytes. */
void service_user_print(const struct service_user *user, char *text);
/* false: it is none. */
bool service_user_read(const char *text, struct service_user *user);
/* Becomes that user, with its group and no other, and with the same capabilities: to be given up next. As privileges_keep, before
 * there are threads. Without a given one nothing is done. 0 or -errno. */
int privileges_become(const struct service_user *user);
/* For the starter. In all but signals it is who it was. 0 or -errno. */
int privileges_be_keeper(uid_t keeper);
/* Takes that back for the exec that follows, which would not trust it. */
void privileges_be_nobody_else(void);
/* After exec, for a process that its parent started: exec took this back where it gave it more capabilities than the parent
 * has. It ends with its parent, and may leave a core dump if limits allow one. */
void privileges_follow_parent(void);

#endif
