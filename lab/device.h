/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A device: a process tree in namespaces of its own, booted by the supervisor.
 *
 * device_boot() makes the child that becomes pid 1 of the device. It builds its view of the file system
 * (device_root.c), reports, waits until its cables are in place, sets what Kathará sets, brings its
 * interfaces up, runs the startup scripts (device_startup.c), and from then on only reaps. It talks with
 * the supervisor over one seqpacket socket; when that is closed, the device dies.
 */
#ifndef VIGIA_LAB_DEVICE_H
#define VIGIA_LAB_DEVICE_H

#include "lab/lab.h"
#include "lab/lab_conf.h"

/* Places every device of a lab shares; made by the supervisor in its own mount namespace before the first
 * boot. */
struct device_world {
	const struct lab_conf *conf;
	const char *layer; /* lower overlay layer with shims and with what hides the host's own settings */
	const char *mount_point; /* an empty directory, outside the overlay, to build a root on */
	const char *shared; /* what is /shared when the lab has no such folder: gone with the lab */
	const char
		*programs; /* build folder to show at LAB_DEVICE_PROGRAMS, or NULL when ours are installed */
};

enum device_message_type {
	/* device to supervisor */
	DEVICE_BUILT, /* value: index the first interface shall get */
	DEVICE_READY, /* startup scripts have ended */
	DEVICE_DOWN, /* shutdown scripts have ended */
	DEVICE_WARNING, /* text */
	DEVICE_FAILED, /* text: it cannot boot */
	/* supervisor to device */
	DEVICE_GO, /* the cables are in place */
	DEVICE_SHUT_DOWN, /* run the shutdown scripts */
};

struct device_message {
	enum device_message_type type;
	int value;
	char text[800];
};

/* The child's pid, as the caller sees it, and in *channel the supervisor's end of the socket; or a negative
 * errno. */
pid_t device_boot(const struct device_world *world, const struct conf_device *device, int *channel,
	struct lab_error *error);

int device_send(int channel, enum device_message_type type, int value, const char *text);
/* false: the other side has closed. */
bool device_receive(int channel, struct device_message *message);

/* The steps of a boot, one file each. */
int device_build_root(const struct device_world *world, const struct conf_device *device, int channel,
	struct lab_error *error);
/* Copies the device's folder and scripts out of lab_fd, the lab's directory, opened before
 * device_build_root(); to be called after it, with the device's root as /. */
int device_copy_files(int lab_fd, const struct conf_device *device, struct lab_error *error);
int device_set_up_network(const struct conf_device *device, int channel, struct lab_error *error);
/* Body of the process that runs the startup (or shutdown) scripts. Does not return. */
void device_run_startup(const struct conf_device *device) __attribute__((noreturn));
void device_run_shutdown(const struct conf_device *device) __attribute__((noreturn));
/* The environment of every program in a device; NULL-terminated, from must_alloc. */
char **device_environment(const char *shell, char *const *extra);

#endif
