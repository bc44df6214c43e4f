/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files that read a lab's description; nobody else includes it. */
#ifndef VIGIA_LAB_CONF_INTERNAL_H
#define VIGIA_LAB_CONF_INTERNAL_H

#include "lab/lab_conf.h"

/* One `device[argument]=value` line, cut. */
struct conf_assignment {
	char *argument;
	char *value;
	unsigned line;
	unsigned argument_column;
	unsigned value_column;
};

/* What a Python \w matches, as far as bytes can tell: letters, digits, _, and anything outside ASCII. */
bool conf_is_word_char(char c);
bool conf_is_word(const char *text);
bool conf_is_device_name(const char *text);
/* Python's int(): digits with single underscores between them. */
bool conf_parse_int(const char *text, unsigned *out);

void conf_set_interface(struct lab_conf *conf, struct conf_device *device, unsigned number,
	const struct conf_assignment *assignment);
void conf_set_option(
	struct lab_conf *conf, struct conf_device *device, const struct conf_assignment *assignment);
/* Adds the notices about what needs Docker, one for each kind, naming the devices. */
void conf_report_left_out(struct lab_conf *conf);
/* lab.dep: fills start_order. dep may be NULL. */
void conf_read_dependencies(struct lab_conf *conf, const char *dep);

#endif
