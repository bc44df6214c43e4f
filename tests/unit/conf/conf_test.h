/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of conf share: files that are only in memory, and reading a text in one call. */
#ifndef VIGIA_TESTS_CONF_TEST_H
#define VIGIA_TESTS_CONF_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conf/conf.h"

struct memory_file {
	const char *path;
	const char *text; /* NULL: reading it fails with `error` */
	int error;
};

struct memory_files {
	const struct memory_file *files;
	size_t count;
};

/* A conf_files over files; both must live as long as it is used. */
struct conf_files memory_files_over(struct memory_files *files);
extern const struct conf_files no_files;

void read_text(const char *text, struct conf_result *result);
/* As `vigia whatif` reads it. */
/* Reads `body` as the inside of a complete vrrp_instance (interface, VRID and address are there already). */
void read_instance_text(const char *body, struct conf_result *result);

/* The text has no message at all; the result stays with the caller. */
void assert_clean(const struct conf_result *result);
/* Some message has this severity, stands at line:column (0: anywhere) and contains the words. */
void assert_message(const struct conf_result *result, enum conf_severity severity, unsigned line,
	unsigned column, const char *words);
/* read_text, one error at line:column that contains the words, and free. */
void assert_one_error(const char *text, unsigned line, unsigned column, const char *words);
/* The same for a warning; returns the configuration's result. */
void assert_one_warning(
	const char *text, unsigned line, unsigned column, const char *words, struct conf_result *result);
/* Canonical form, read again: the same text. */
void assert_fixed_point(const struct conf *conf);
/* read_text without any message, or with exactly this warning; the configuration is a fixed point. */
void read_clean(const char *text, struct conf_result *result);
void read_warned(const char *text, unsigned line, const char *words, struct conf_result *result);
/* The virtual router of that number, from 0. */
const struct vr_config *instance_of(const struct conf_result *result, size_t number);

/* One virtual router, whose block begins in line 1: without addresses, with one of IPv4, with one of IPv6. */
#define HEAD "vrrp_instance A {\ninterface eth0\nvirtual_router_id 7\n"
#define V4(body) HEAD "virtual_ipaddress { 10.0.0.1 }\n" body "\n}\n"
#define V6(body) HEAD "virtual_ipaddress { fe80::1 }\n" body "\n}\n"

#endif
