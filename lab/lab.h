/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A running lab: what it is made of, where its state lives, and how to reach its namespaces.
 *
 * A lab is a Kathará directory turned into namespaces. One supervisor process for each lab owns everything:
 * its own network namespace is the hub, with one bridge for each collision domain; each device is a child
 * of it, pid 1 of a pid namespace, with mount, network, uts and ipc namespaces of its own. Nothing has a
 * name in /run/netns: when the supervisor dies, however it dies, its devices die with it and the kernel
 * takes the rest away.
 *
 * State lives in /run/vigia/labs/<hash of the directory's real path>/:
 *	lock		held (flock) by the supervisor as long as it lives: the one sign that a lab runs
 *	lab.json	what lab_find() reads; replaced whole by the supervisor, its only writer
 *	control		socket of the supervisor
 *	supervisor.log	what the supervisor had to say
 *
 * Functions return 0 or a negative errno, with the reason for people in struct lab_error.
 */
#ifndef VIGIA_LAB_LAB_H
#define VIGIA_LAB_LAB_H

#include <limits.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/addr.h"

#define LAB_STATE_ROOT "/run/vigia/labs"
#define LAB_DEVICE_NAME_SIZE 31 /* 30 characters, lab.conf's limit, and the NUL */
#define LAB_HASH_SIZE 17

/* Where our own programs appear inside every device. */
#define LAB_DEVICE_PROGRAMS "/usr/local/lib/vigia"

struct lab_error {
	char text[768];
};

/* Writes the reason and returns code, for `return lab_fail(error, -ENOENT, "...")`. */
int lab_fail(struct lab_error *error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* One cable: ethN of a device, its collision domain, and the port of the hub it ends in. */
struct lab_interface {
	unsigned number; /* N of ethN */
	char name[IFNAMSIZ]; /* "eth0", in the device */
	int index; /* of ethN in the device; never equal to port_index, see doc/linux.md section 2 */
	struct mac_addr mac; /* of ethN */
	char *domain; /* collision domain, as lab.conf writes it */
	char bridge[IFNAMSIZ]; /* the domain's bridge, in the hub */
	int bridge_index;
	char port[IFNAMSIZ]; /* the other end of the cable, in the hub; its alias is "DEVICE:ethN" */
	int port_index; /* 1001 and up, the same at each start of the same lab */
};

struct lab_device {
	char name[LAB_DEVICE_NAME_SIZE];
	pid_t pid; /* of its pid 1, as the host sees it; 0: powered off (or not started) */
	uint64_t start_time; /* of that process, /proc/PID/stat field 22: guards against a reused pid */
	bool ready; /* its startup scripts have ended */
	struct lab_interface *interfaces;
	size_t interface_count;
	char *shell; /* for connect and for the startup scripts; lab.conf's `shell`, else /bin/bash */
	char **env; /* "NAME=VALUE", NULL-terminated: lab.conf's `env` */
};

struct lab {
	char *directory; /* real path */
	char *name; /* last component of directory */
	char hash[LAB_HASH_SIZE];
	char *state_dir; /* LAB_STATE_ROOT/hash */
	pid_t supervisor; /* its network namespace is the hub */
	int64_t started; /* seconds since the epoch */
	struct lab_device *devices; /* in lab.conf's order; also those that were not asked to start */
	size_t device_count;
};

/*
 * The running lab of directory; with NULL, the one a person means who says nothing: the current directory's
 * if it runs, else the only one that runs. -ENOENT when there is none, -EEXIST when several run. Free with
 * lab_free().
 */
int lab_find(const char *directory, struct lab *out, struct lab_error *error);
/* Reads the state again (pids and readiness may have changed). -ENOENT: the lab is gone. */
int lab_refresh(struct lab *lab, struct lab_error *error);
void lab_free(struct lab *lab);

/* NULL and the reason (with the names there are) when the lab has no such device. */
struct lab_device *lab_device(struct lab *lab, const char *name, struct lab_error *error);
/* "gw1:eth0" -> device and interface; also "gw1" alone when it has just one interface. */
int lab_parse_port(struct lab *lab, const char *text, struct lab_device **device,
	struct lab_interface **interface, struct lab_error *error);

/* Descriptors (O_CLOEXEC) of a network namespace, for setns() and IFLA_NET_NS_FD. -ESRCH when the device is
 * off. */
int lab_hub_net(const struct lab *lab, struct lab_error *error);
int lab_device_net(const struct lab_device *device, struct lab_error *error);
/* Moves the calling thread into the hub's network, or into a device's. Only the network: files and programs
 * stay the host's. To come back, keep a descriptor of /proc/self/ns/net. */
int lab_enter_hub(const struct lab *lab, struct lab_error *error);
int lab_enter_device_net(const struct lab_device *device, struct lab_error *error);
/* A socket made inside a device's network (or the hub's, with device NULL); the caller's own network is
 * left alone. */
int lab_socket(const struct lab *lab, const struct lab_device *device, int domain, int type, int protocol,
	struct lab_error *error);

/*
 * Starts a program INSIDE a device: all its namespaces, its capabilities and its system call filter, its
 * environment, cwd /. argv[0] is looked up in the device's PATH. The descriptors become its 0, 1 and 2 (-1:
 * /dev/null). Returns the pid of a child of the caller, whose wait status is that of the program (127: not
 * found, 126: cannot be run; the child itself says so on err); killing that child kills the program.
 */
pid_t lab_spawn(const struct lab_device *device, char *const argv[], int in, int out, int err,
	struct lab_error *error);
/* lab_spawn and wait; output (up to size - 1 bytes of stdout and stderr together) into buffer, which may be
 * NULL. Returns the exit code, 128 + signal, or a negative errno. */
int lab_run(const struct lab_device *device, char *const argv[], char *buffer, size_t size,
	struct lab_error *error);

/* Opens a file of a device from outside; symbolic links are resolved inside the device. Descriptor or
 * negative errno. */
int lab_open_file(const struct lab_device *device, const char *path, int flags);

/* Pulls the plug: SIGKILL to pid 1, no shutdown script. Returns when the device is gone. 0 when it was off
 * already. */
int lab_power_off(struct lab *lab, struct lab_device *device, struct lab_error *error);
/* Boots it again, with new namespaces, the same indexes and MACs, and its startup scripts. Returns when
 * they have ended. */
int lab_power_on(struct lab *lab, struct lab_device *device, struct lab_error *error);
/* Stops the whole lab, with its shutdown scripts, and returns when nothing of it is left. */
int lab_stop(const struct lab *lab, struct lab_error *error);

#endif
