/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif
#define FCHMODAT2 452 /* on every architecture; newer than this libseccomp */
#define SOFT_OFFLINE 101 /* MADV_SOFT_OFFLINE, in a header that clashes with the C library's */
#define FREEZE_SHUTDOWN _IOR('X', 125, uint32_t) /* ext4's and xfs' name for "stop this file system" */

static const unsigned kept_capabilities[] = {
	CAP_CHOWN,
	CAP_DAC_OVERRIDE,
	CAP_FOWNER,
	CAP_FSETID,
	CAP_KILL,
	CAP_SETGID,
	CAP_SETUID,
	CAP_SETPCAP,
	CAP_NET_BIND_SERVICE,
	CAP_NET_BROADCAST,
	CAP_NET_ADMIN,
	CAP_NET_RAW,
	CAP_IPC_LOCK,
	CAP_IPC_OWNER,
	CAP_SYS_CHROOT,
	CAP_SYS_ADMIN,
	CAP_SYS_NICE,
	CAP_SYS_RESOURCE,
	CAP_AUDIT_WRITE,
	CAP_LEASE,
};

static int drop_capabilities(struct lab_error *error)
{
	uint64_t kept = 0;
	for (size_t i = 0; i < sizeof kept_capabilities / sizeof *kept_capabilities; i++)
		kept |= UINT64_C(1) << kept_capabilities[i];
	for (unsigned capability = 0; capability < 64; capability++) {
		if ((kept & (UINT64_C(1) << capability)) != 0)
			continue;
		if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0 &&
			errno != EINVAL) /* EINVAL: beyond the last */
			return lab_fail(
				error, -errno, "cannot drop capability %u: %s", capability, strerror(errno));
	}
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct have[2], data[2];
	if (syscall(SYS_capget, &header, have) < 0)
		return lab_fail(error, -errno, "cannot read capabilities: %s", strerror(errno));
	for (unsigned half = 0; half < 2; half++) {
		uint32_t bits = (uint32_t)(kept >> (32 * half)) & have[half].permitted;
		data[half] = (struct __user_cap_data_struct){
			.effective = bits, .permitted = bits, .inheritable = 0};
	}
	if (syscall(SYS_capset, &header, data) < 0)
		return lab_fail(error, -errno, "cannot drop capabilities: %s", strerror(errno));
	return 0;
}

static const int refused_calls[] = {
	SCMP_SYS(mount),
	SCMP_SYS(umount),
	SCMP_SYS(umount2),
	SCMP_SYS(pivot_root),
	SCMP_SYS(move_mount),
	SCMP_SYS(open_tree),
	SCMP_SYS(fsopen),
	SCMP_SYS(fsconfig),
	SCMP_SYS(fsmount),
	SCMP_SYS(fspick),
	SCMP_SYS(mount_setattr),
	SCMP_SYS(open_by_handle_at),
	SCMP_SYS(swapon),
	SCMP_SYS(swapoff),
	SCMP_SYS(quotactl),
	SCMP_SYS(quotactl_fd),
	SCMP_SYS(reboot),
	SCMP_SYS(kexec_load),
	SCMP_SYS(kexec_file_load),
	SCMP_SYS(init_module),
	SCMP_SYS(finit_module),
	SCMP_SYS(delete_module),
	SCMP_SYS(create_module),
	SCMP_SYS(iopl),
	SCMP_SYS(ioperm),
	SCMP_SYS(settimeofday),
	SCMP_SYS(clock_settime),
	SCMP_SYS(clock_settime64),
	SCMP_SYS(stime),
	SCMP_SYS(acct),
	SCMP_SYS(syslog),
	SCMP_SYS(bpf),
	SCMP_SYS(perf_event_open),
	SCMP_SYS(userfaultfd),
	SCMP_SYS(fanotify_init),
	SCMP_SYS(add_key),
	SCMP_SYS(request_key),
	SCMP_SYS(keyctl),
	SCMP_SYS(lookup_dcookie),
	SCMP_SYS(nfsservctl),
	SCMP_SYS(uselib),
	SCMP_SYS(_sysctl),
	SCMP_SYS(vhangup),
	SCMP_SYS(process_madvise),
};

/* Programs fall back to older calls when these are absent: they hide from a filter what they do. */
static const int absent_calls[] = {SCMP_SYS(clone3), SCMP_SYS(openat2), SCMP_SYS(io_uring_setup)};

static const unsigned long refused_ioctls[] = {
	TIOCSTI,
	TIOCLINUX,
	TIOCCONS,
	FIFREEZE,
	FITHAW,
	FITRIM,
	FREEZE_SHUTDOWN,
};

/* The calls that give a file its mode, and which argument that is. */
static const struct {
	int call;
	unsigned mode_argument;
	int flags_argument; /* the mode counts only with O_CREAT there; -1: always */
} mode_calls[] = {
	{SCMP_SYS(chmod), 1, -1},
	{SCMP_SYS(fchmod), 1, -1},
	{SCMP_SYS(fchmodat), 2, -1},
	{FCHMODAT2, 2, -1},
	{SCMP_SYS(creat), 1, -1},
	{SCMP_SYS(mknod), 1, -1},
	{SCMP_SYS(mknodat), 2, -1},
	{SCMP_SYS(open), 2, 1},
	{SCMP_SYS(openat), 3, 2},
};

/*
 * A set-user-id or set-group-id program that a device's root leaves in the shared folder would be one for
 * the host's users too. (Of directories only those that are set-group-id pay for it.)
 */
static int refuse_set_id_modes(scmp_filter_ctx filter)
{
	static const scmp_datum_t modes[] = {S_ISUID, S_ISGID | S_IXGRP};
	int result = 0;
	for (size_t i = 0; i < 2 * (sizeof mode_calls / sizeof *mode_calls) && result == 0; i++) {
		scmp_datum_t mode = modes[i % 2];
		unsigned argument = mode_calls[i / 2].mode_argument;
		int flags = mode_calls[i / 2].flags_argument;
		struct scmp_arg_cmp has_mode = SCMP_CMP64(argument, SCMP_CMP_MASKED_EQ, mode, mode);
		if (flags < 0)
			result = seccomp_rule_add(
				filter, SCMP_ACT_ERRNO(EPERM), mode_calls[i / 2].call, 1, has_mode);
		else
			result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), mode_calls[i / 2].call, 2,
				has_mode, SCMP_CMP64((unsigned)flags, SCMP_CMP_MASKED_EQ, O_CREAT, O_CREAT));
	}
	return result;
}

/* With CAP_SYS_ADMIN a process may declare the machine's memory broken. */
static int refuse_poisoning(scmp_filter_ctx filter)
{
	static const scmp_datum_t advices[] = {MADV_HWPOISON, SOFT_OFFLINE};
	int result = 0;
	for (size_t i = 0; i < 2 && result == 0; i++)
		result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(madvise), 1,
			SCMP_A2(SCMP_CMP_MASKED_EQ, UINT32_MAX, advices[i]));
	return result;
}

static int add_rules(scmp_filter_ctx filter)
{
	int result = 0;
	for (size_t i = 0; i < sizeof refused_calls / sizeof *refused_calls && result == 0; i++)
		result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), refused_calls[i], 0);
	for (size_t i = 0; i < sizeof absent_calls / sizeof *absent_calls && result == 0; i++)
		result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), absent_calls[i], 0);
	for (size_t i = 0; i < sizeof refused_ioctls / sizeof *refused_ioctls && result == 0; i++)
		result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
			SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, refused_ioctls[i]));
	if (result == 0)
		result = refuse_set_id_modes(filter);
	if (result == 0)
		result = refuse_poisoning(filter);
	/* a user namespace of one's own would give every capability back, over a larger part of the kernel
	 * than a lab needs */
	if (result == 0)
		result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(unshare), 1,
			SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER));
	if (result == 0)
		result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
			SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER));
	/* virtual machine sockets know no network namespaces: they lead straight to the hypervisor */
	if (result == 0)
		result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
			SCMP_A0(SCMP_CMP_EQ, AF_VSOCK));
	return result;
}

static int filter_system_calls(struct lab_error *error)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	if (filter == NULL)
		return lab_fail(error, -ENOMEM, "cannot make a system call filter");
	/* set-user-id programs go on working: the filter is set with privileges, not with no_new_privs */
	int result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
	if (result == 0)
		result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (result == 0)
		result = add_rules(filter);
	if (result == 0)
		result = seccomp_load(filter);
	seccomp_release(filter);
	if (result < 0)
		return lab_fail(error, result, "cannot set the system call filter: %s", strerror(-result));
	return 0;
}

int confine(struct lab_error *error)
{
	int result = filter_system_calls(error);
	return result < 0 ? result : drop_capabilities(error);
}

void forget_environment(void)
{
	for (char **variable = environ; variable != NULL && *variable != NULL; variable++)
		explicit_bzero(*variable, strlen(*variable));
	clearenv();
}
