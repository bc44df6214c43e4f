/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may call what: see syscall_filter.h. Calls that only some architectures have stand between #ifdefs. What a call is there
 * for is said where it is not plain.
 */
#include <errno.h>
#include <linux/prctl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "base/sanitizer.h"
#include "linux/syscall_filter.h"

#define ALLOW(name) {SYS_##name, CALL_ALLOWED, 0, 0}
#define ABSENT(name) {SYS_##name, CALL_IS_ABSENT, 0, 0}
#define IF_EQUAL(name, argument, value) {SYS_##name, CALL_IF_EQUAL, argument, value}
#define IF_BIT(name, argument, bit) {SYS_##name, CALL_IF_BIT, argument, bit}
#define UNLESS_BIT(name, argument, bits) {SYS_##name, CALL_IF_NO_BIT, argument, bits}
#define LIST(rules) {rules, sizeof(rules) / sizeof((rules)[0])}

/* A child in new ones may do there what we may not here. */
#define NAMESPACES (CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

static const struct syscall_rule for_all[] = {
	ALLOW(read), ALLOW(write), ALLOW(readv), ALLOW(writev), ALLOW(pread64), ALLOW(pwrite64), ALLOW(close), ALLOW(lseek),
	ALLOW(sendto), ALLOW(recvfrom), ALLOW(sendmsg), ALLOW(recvmsg), ALLOW(sendmmsg), ALLOW(recvmmsg),
	ALLOW(setsockopt), ALLOW(getsockopt), ALLOW(getsockname), ALLOW(bind), ALLOW(socketpair),
	ALLOW(epoll_pwait), ALLOW(epoll_ctl), ALLOW(ppoll), ALLOW(timerfd_settime),
#ifdef SYS_epoll_wait
	ALLOW(epoll_wait), ALLOW(poll),
#endif
	ALLOW(openat), ALLOW(fcntl), ALLOW(fstat), ALLOW(newfstatat), ALLOW(statx), ALLOW(fstatfs), ALLOW(ftruncate),
	ALLOW(getcwd), ALLOW(memfd_create), ALLOW(uname), ALLOW(getdents64), ALLOW(faccessat),
#ifdef SYS_open
	ALLOW(open), ALLOW(stat), ALLOW(lstat), ALLOW(access), ALLOW(readlink),
#endif
	ALLOW(brk), ALLOW(munmap), ALLOW(mremap), ALLOW(madvise), ALLOW(futex), ALLOW(getrandom),
	ALLOW(rt_sigaction), ALLOW(rt_sigprocmask), ALLOW(rt_sigreturn), ALLOW(sigaltstack), ALLOW(restart_syscall),
	ALLOW(exit), ALLOW(exit_group), ALLOW(gettid), ALLOW(getpid), ALLOW(getppid),
	ALLOW(getuid), ALLOW(geteuid), ALLOW(getgid), ALLOW(getegid),
	/* Where the kernel has no vdso for it, or a clock that it does not trust. */
	ALLOW(clock_gettime), ALLOW(gettimeofday), ALLOW(clock_nanosleep), ALLOW(nanosleep),
#ifdef SYS_time
	ALLOW(time),
#endif
	ALLOW(prlimit64),
#ifdef SYS_getrlimit
	ALLOW(getrlimit), ALLOW(setrlimit),
#endif
	ALLOW(set_robust_list), ALLOW(rseq), ALLOW(membarrier), ALLOW(sched_yield),
	/* abort(); whom they may reach is bounded by what the process may. */
	ALLOW(tgkill),
	/* qsort of more than a kilobyte asks how much memory there is: glibc before 2.37. */
	ALLOW(sysinfo),
	IF_EQUAL(prctl, 0, PR_SET_NAME), IF_EQUAL(prctl, 0, PR_SET_VMA), IF_EQUAL(prctl, 0, PR_SET_PDEATHSIG),
	/* Its flags stand in memory, where a filter cannot look: the C library falls back to clone. */
	ABSENT(clone3),
};

static const struct syscall_rule for_engine[] = {
	IF_EQUAL(socket, 0, AF_NETLINK), IF_EQUAL(socket, 0, AF_PACKET), IF_EQUAL(socket, 0, AF_INET),
	IF_EQUAL(socket, 0, AF_INET6), IF_EQUAL(socket, 0, AF_UNIX),
	ALLOW(ioctl), /* names of interfaces */
	ALLOW(fallocate), /* the testament */
	ALLOW(eventfd2), /* the end of threads */
	ALLOW(mlockall), ALLOW(setpriority), ALLOW(sched_setaffinity), ALLOW(sched_setscheduler), ALLOW(sched_getaffinity),
	ALLOW(sched_getscheduler), ALLOW(sched_getparam),
	/* No code is made or loaded any more. */
	UNLESS_BIT(mmap, 2, PROT_EXEC), UNLESS_BIT(mprotect, 2, PROT_EXEC),
	/* A thread, not a process. */
	IF_BIT(clone, 0, CLONE_THREAD),
};

/* With what it takes to execute vigiad-mail, and what libcurl and the name service in that need. */
static const struct syscall_rule for_front[] = {
	IF_EQUAL(socket, 0, AF_UNIX), IF_EQUAL(socket, 0, AF_INET), IF_EQUAL(socket, 0, AF_INET6), IF_EQUAL(socket, 0, AF_NETLINK),
	ALLOW(accept4), ALLOW(accept), ALLOW(connect), ALLOW(listen), ALLOW(shutdown), ALLOW(getpeername),
	ALLOW(pipe2), ALLOW(dup), ALLOW(dup3), ALLOW(eventfd2), ALLOW(epoll_create1), ALLOW(timerfd_create), ALLOW(pselect6),
	ALLOW(readlinkat), ALLOW(fdatasync), ALLOW(fsync), ALLOW(flock), ALLOW(ioctl), ALLOW(statfs), ALLOW(faccessat2), ALLOW(fadvise64),
#ifdef SYS_pipe
	ALLOW(pipe), ALLOW(dup2), ALLOW(select), ALLOW(alarm), ALLOW(vfork),
	ALLOW(getpgrp),
#endif
	ALLOW(mmap), ALLOW(mprotect), UNLESS_BIT(clone, 0, NAMESPACES), ALLOW(execve), ALLOW(wait4), ALLOW(waitid), ALLOW(kill),
	ALLOW(setitimer), ALLOW(set_tid_address), ALLOW(getpgid), ALLOW(getsid), ALLOW(setpgid),
#ifdef SYS_arch_prctl
	ALLOW(arch_prctl),
#endif
	ALLOW(sched_getaffinity), ALLOW(sched_getparam), ALLOW(sched_getscheduler), ALLOW(getrusage), ALLOW(times),
	ALLOW(getpriority), ALLOW(getgroups), ALLOW(getresuid), ALLOW(getresgid), ALLOW(getcpu), ALLOW(close_range),
	ALLOW(clock_getres), ALLOW(rt_sigtimedwait), ALLOW(rt_sigpending), ALLOW(sigaltstack), ALLOW(capget),
	IF_EQUAL(prctl, 0, PR_GET_DUMPABLE), IF_EQUAL(prctl, 0, PR_SET_NO_NEW_PRIVS),
};

/* Files, and a child that reads some; no socket is opened, and nothing executed. */
static const struct syscall_rule for_clerk[] = {
	ALLOW(unlinkat), ALLOW(renameat2), ALLOW(mkdirat), ALLOW(fchmod), ALLOW(umask), ALLOW(fdatasync), ALLOW(ioctl), ALLOW(statfs),
	ALLOW(readlinkat), ALLOW(faccessat2), ALLOW(fadvise64), ALLOW(inotify_init1), ALLOW(inotify_add_watch),
#ifdef SYS_renameat
	ALLOW(renameat),
#endif
#ifdef SYS_rename
	ALLOW(rename), ALLOW(mkdir), ALLOW(unlink),
#endif
	UNLESS_BIT(mmap, 2, PROT_EXEC), UNLESS_BIT(mprotect, 2, PROT_EXEC),
	UNLESS_BIT(clone, 0, NAMESPACES), ALLOW(wait4), ALLOW(set_tid_address), ALLOW(sysinfo),
};

#if UNDER_SANITIZER
/* Finding leaks stops the process from another one, at its end. */
static const struct syscall_rule for_sanitizers[] = {
	ALLOW(clone), ALLOW(ptrace), ALLOW(wait4), ALLOW(sched_getaffinity), ALLOW(prctl), ALLOW(mmap), ALLOW(mprotect),
	ALLOW(readlinkat), ALLOW(personality), ALLOW(getrusage), ALLOW(kill), ALLOW(process_vm_readv), ALLOW(pipe2), ALLOW(dup3),
	ALLOW(msync), ALLOW(mincore), ALLOW(ioctl), ALLOW(epoll_create1),
#ifdef SYS_getdents
	ALLOW(getdents),
#endif
};
#define MORE LIST(for_sanitizers),
#else
#define MORE
#endif

const struct syscall_list syscalls_of_engine[] = {LIST(for_all), LIST(for_engine), MORE {NULL, 0}};
const struct syscall_list syscalls_of_clerk[] = {LIST(for_all), LIST(for_clerk), MORE {NULL, 0}};
const struct syscall_list syscalls_of_front[] = {LIST(for_all), LIST(for_front), MORE {NULL, 0}};
