/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The description of a lab as Kathará writes it: lab.conf, lab.dep, lab.ext.
 *
 * Reading collects every diagnostic with file, line and column instead of stopping at the first; a
 * description with an error must not be started. What Kathará accepts is accepted; where Kathará stops at a
 * harmless thing (a byte order mark, an indented comment, an = inside LAB_WEB) we warn and go on; what
 * needs Docker is a notice that says what is left out.
 */
#ifndef VIGIA_LAB_LAB_CONF_H
#define VIGIA_LAB_LAB_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>

#include "base/addr.h"
#include "lab/lab.h"

#define LAB_MAX_INTERFACES 900 /* of one device: their indexes stay below those of the hub's ports */
#define LAB_MAX_DOMAINS 900
#define LAB_MAX_DEVICES 1000

enum conf_severity {
	CONF_NOTICE, /* something was left out */
	CONF_WARNING, /* accepted, but probably not what was meant, or not portable to Kathará */
	CONF_ERROR,
};

struct conf_diagnostic {
	enum conf_severity severity;
	char *file; /* "lab.conf" */
	unsigned line; /* from 1; 0: about the file as a whole */
	unsigned column; /* from 1, in bytes; 0: about the line as a whole */
	char *text;
};

struct conf_interface {
	unsigned number;
	char *domain;
	bool has_mac;
	struct mac_addr mac;
	unsigned line, column;
};

struct conf_pair {
	char *name;
	char *value;
};

struct conf_ulimit {
	int resource; /* RLIMIT_* */
	rlim_t soft, hard;
};

enum conf_volume_mode {
	VOLUME_READ_ONLY,
	VOLUME_READ_WRITE,
};

struct conf_volume {
	char *host; /* as written; relative to the lab's directory */
	char *guest; /* absolute */
	enum conf_volume_mode mode;
	unsigned line;
};

struct conf_device {
	char name[LAB_DEVICE_NAME_SIZE];
	unsigned line; /* first mention */
	struct conf_interface *interfaces; /* ordered by number once read */
	size_t interface_count;
	bool ipv6;
	char *shell;
	char **exec; /* commands */
	size_t exec_count;
	struct conf_pair *sysctls; /* "net.ipv4.x" = "1", in order */
	size_t sysctl_count;
	char **env; /* "NAME=VALUE" */
	size_t env_count;
	struct conf_ulimit *ulimits;
	size_t ulimit_count;
	struct conf_volume *volumes;
	size_t volume_count;
	unsigned long left_out; /* bits of enum conf_left_out */
	unsigned seen_options; /* bits of single-valued options met before, for "said twice" */
};

struct lab_conf {
	char *directory; /* real path; NULL when parsed from memory */
	char *lab_name; /* LAB_NAME, or NULL; a label, never an identity */
	char *description;
	struct conf_device *devices; /* order of first mention */
	size_t device_count;
	size_t *start_order; /* device_count indexes: lab.dep's order, else the order of mention */
	struct conf_diagnostic *diagnostics;
	size_t diagnostic_count;
	bool has_error;
};

/* Reads a lab's directory. 0, or a negative errno when something cannot be read at all (*error says what);
 * a description that is wrong returns 0 with has_error set. Free with lab_conf_free() in every case. */
int lab_conf_load(const char *directory, struct lab_conf *conf, struct lab_error *error);
/* The same from memory; dep and ext may be NULL. */
void lab_conf_parse(const char *text, size_t length, const char *dep, const char *ext, struct lab_conf *conf);
void lab_conf_free(struct lab_conf *conf);

const struct conf_device *lab_conf_device(const struct lab_conf *conf, const char *name);

void conf_report(struct lab_conf *conf, enum conf_severity severity, const char *file, unsigned line,
	unsigned column, const char *format, ...) __attribute__((format(printf, 6, 7)));
/* "lab.conf:3:5: error: ...", on one line and without control characters, whatever the file holds. */
char *conf_diagnostic_text(const struct conf_diagnostic *diagnostic);

#endif
