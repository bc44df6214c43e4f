/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of lab.conf: device[option]=value. One row of the table for each; unknown options are
 * ignored, as in Kathará. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lab/conf_internal.h"
#include "lab/memory.h"

/* What was asked for and is not given; a notice names the devices. */
enum conf_left_out {
	LEFT_IMAGE,
	LEFT_LIMITS,
	LEFT_BRIDGED,
	LEFT_PORT,
	LEFT_PRIVILEGED,
	LEFT_ENTRYPOINT,
	LEFT_COUNT,
};

static const char *const left_out_texts[LEFT_COUNT] = {
	[LEFT_IMAGE] = "image needs Docker: the programs of this machine are used instead",
	[LEFT_LIMITS] = "mem and cpus are left out: devices share this machine without limits",
	[LEFT_BRIDGED] = "bridged is left out: the lab is not joined to this machine's network",
	[LEFT_PORT] = "port is left out: no port of this machine leads into the lab",
	[LEFT_PRIVILEGED] = "privileged is left out: a device never gets the machine's own privileges",
	[LEFT_ENTRYPOINT] = "entrypoint and args need Docker: left out",
};

struct option {
	const char *name;
	/* NULL after storing; else what is wrong with the value. */
	const char *(*set)(
		struct lab_conf *conf, struct conf_device *device, const struct conf_assignment *assignment);
	bool repeatable;
};

static void leave_out(struct conf_device *device, enum conf_left_out what)
{
	device->left_out |= 1ul << what;
}

static bool parse_bool(const char *text, bool *out)
{
	static const char *const yes[] = {"y", "yes", "t", "true", "on", "1"};
	static const char *const no[] = {"n", "no", "f", "false", "off", "0"};
	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
		if (strcasecmp(text, yes[i]) == 0 || strcasecmp(text, no[i]) == 0) {
			*out = strcasecmp(text, yes[i]) == 0;
			return true;
		}
	}
	return false;
}

static const char *set_image(
	struct lab_conf *conf, struct conf_device *device, const struct conf_assignment *assignment)
{
	if (strstr(assignment->value, " #") != NULL)
		conf_report(conf, CONF_WARNING, "lab.conf", assignment->line, assignment->value_column,
			"without quotes the comment is part of the value");
	leave_out(device, LEFT_IMAGE);
	return NULL;
}

static const char *set_mem(
	struct lab_conf *conf, struct conf_device *device, const struct conf_assignment *assignment)
{
	(void)conf;
	size_t digits = strspn(assignment->value, "0123456789");
	const char *unit = assignment->value + digits;
	if (digits == 0 || (unit[0] != '\0' && (strchr("bkmgBKMG", unit[0]) == NULL || unit[1] != '\0')))
		return "expected a number and b, k, m or g, as in 512m";
	leave_out(device, LEFT_LIMITS);
	return NULL;
}

static const char *set_cpus(
	struct lab_conf *conf, struct conf_device *device, const struct conf_assignment *assignment)
{
	(void)conf;
	char *end;
	double cpus = strtod(assignment->value, &end);
	if (*end != '\0' || !(cpus > 0))
		return "expected a number above 0, as in 0.5";
	leave_out(device, LEFT_LIMITS);
	return NULL;
}

static bool is_port_number(const char *text, size_t length)
{
	unsigned value = 0;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9' || value > 65535)
			return false;
		value = 10 * value + (unsigned)(text[i] - '0');
	}
	return length > 0 && value >= 1 && value <= 65535;
}

static const char *set_port(
	struct lab_conf *conf, struct conf_device *device, const struct conf_assignment *assignment)
{
	(void)conf;
	const char *text = assignment->value;
	const char *colon = strchr(text, ':');
	const char *guest = colon == NULL ? text : colon + 1;
	size_t length = strcspn(guest, "/");
	const char *protocol = guest + length;
	bool good = is_port_number(guest, length) &&
		    (colon == NULL || is_port_number(text, (size_t)(colon - text)));
	if (*protocol == '/')
		good = good && (strcmp(protocol, "/tcp") == 0 || strcmp(protocol, "/udp") == 0 ||
				       strcmp(protocol, "/sctp") == 0);
	if (!good)
		return "expected [HOST:]GUEST[/tcp|udp|sctp], ports 1 to 65535";
	leave_out(device, LEFT_PORT);
	return NULL;
}

/* A switch that needs Docker when it is on. */
static const char *set_switch(
	struct conf_device *device, const struct conf_assignment *assignment, enum conf_left_out what)
{
	bool value;
	if (!parse_bool(assignment->value, &value))
		return "expected true or false";
	if (value)
		leave_out(device, what);
	return NULL;
}

static const char *set_bridged(
	struct lab_conf *conf, struct conf_device *device, const struct conf_assignment *assignment)
{
	(void)conf;
	return set_switch(device, assignment, LEFT_BRIDGED);
}

static const char *set_privileged(
	struct lab_conf *conf, struct conf_device *device, const struct conf_assignment *assignment)
{
	(void)conf;
	return set_switch(device, assignment, LEFT_PRIVILEGED);
}

static const char *set_entrypoint(
	struct lab_conf *conf, struct conf_device *device, const struct conf_assignment *assignment)
{
	(void)conf;
	(void)assignment;
	leave_out(device, LEFT_ENTRYPOINT);
	return NULL;
}

static const char *set_ipv6(
	struct lab_conf *conf, struct conf_device *device, const struct conf_assignment *assignment)
{
	(void)conf;
	return parse_bool(assignment->value, &device->ipv6) ? NULL : "expected true or false";
}

static const char *set_num_terms(
	struct lab_conf *conf, struct conf_device *device, const struct conf_assignment *assignment)
{
	(void)conf;
	(void)device;
	unsigned value;
	return conf_parse_int(assignment->value, &value) ? NULL : "expected a number";
}

static const char *set_exec(
	struct lab_conf *conf, struct conf_device *device, const struct conf_assignment *assignment)
{
	(void)conf;
	*MUST_APPEND(device->exec, device->exec_count) = must_dup(assignment->value);
	return NULL;
}

static const char *set_shell(
	struct lab_conf *conf, struct conf_device *device, const struct conf_assignment *assignment)
{
	(void)conf;
	if (assignment->value[0] != '/')
		return "expected the full path of a shell, as in /bin/bash";
	free(device->shell);
	device->shell = must_dup(assignment->value);
	return NULL;
}

static const char *set_sysctl(
	struct lab_conf *conf, struct conf_device *device, const struct conf_assignment *assignment)
{
	(void)conf;
	const char *equals = strchr(assignment->value, '=');
	if (equals == NULL || equals[1] == '\0')
		return "expected NAME=VALUE";
	if (strncmp(assignment->value, "net.", 4) != 0)
		return "only net.* can be set for one device";
	size_t length = (size_t)(equals - assignment->value);
	size_t known = strspn(
		assignment->value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-/");
	char *name = must_dup_bytes(assignment->value, length);
	bool good = known >= length && strstr(name, "..") == NULL && strstr(name, "//") == NULL &&
		    name[length - 1] != '.';
	if (!good) {
		free(name);
		return "expected a name like net.ipv4.ip_forward";
	}
	*MUST_APPEND(device->sysctls, device->sysctl_count) = (struct conf_pair){name, must_dup(equals + 1)};
	return NULL;
}

static const char *set_env(
	struct lab_conf *conf, struct conf_device *device, const struct conf_assignment *assignment)
{
	(void)conf;
	const char *equals = strchr(assignment->value, '=');
	if (equals == NULL || equals == assignment->value)
		return "expected NAME=VALUE";
	*MUST_APPEND(device->env, device->env_count) = must_dup(assignment->value);
	return NULL;
}

static bool parse_limit(const char *text, char end, rlim_t *out)
{
	char *after;
	errno = 0;
	long long value = strtoll(text, &after, 10);
	if (after == text || *after != end || errno != 0 || value < -1)
		return false;
	*out = value == -1 ? RLIM_INFINITY : (rlim_t)value;
	return true;
}

static const char *set_ulimit(
	struct lab_conf *conf, struct conf_device *device, const struct conf_assignment *assignment)
{
	(void)conf;
	static const struct {
		const char *name;
		int resource;
	} limits[] = {
		{"core", RLIMIT_CORE},
		{"cpu", RLIMIT_CPU},
		{"data", RLIMIT_DATA},
		{"fsize", RLIMIT_FSIZE},
		{"locks", RLIMIT_LOCKS},
		{"memlock", RLIMIT_MEMLOCK},
		{"msgqueue", RLIMIT_MSGQUEUE},
		{"nice", RLIMIT_NICE},
		{"nofile", RLIMIT_NOFILE},
		{"nproc", RLIMIT_NPROC},
		{"rss", RLIMIT_RSS},
		{"rtprio", RLIMIT_RTPRIO},
		{"rttime", RLIMIT_RTTIME},
		{"sigpending", RLIMIT_SIGPENDING},
		{"stack", RLIMIT_STACK},
	};
	const char *equals = strchr(assignment->value, '=');
	if (equals == NULL)
		return "expected NAME=SOFT[:HARD]";
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		if (strlen(limits[i].name) != (size_t)(equals - assignment->value) ||
			strncmp(limits[i].name, assignment->value, strlen(limits[i].name)) != 0)
			continue;
		struct conf_ulimit limit = {.resource = limits[i].resource};
		const char *colon = strchr(equals, ':');
		bool good = parse_limit(equals + 1, colon == NULL ? '\0' : ':', &limit.soft);
		if (colon == NULL)
			limit.hard = limit.soft;
		else
			good = good && parse_limit(colon + 1, '\0', &limit.hard);
		if (!good)
			return "expected NAME=SOFT[:HARD], numbers from 0, or -1 for no limit";
		if (limit.soft > limit.hard)
			limit.soft = limit.hard;
		*MUST_APPEND(device->ulimits, device->ulimit_count) = limit;
		return NULL;
	}
	return "unknown limit: there are core, cpu, data, fsize, locks, memlock, msgqueue, nice, nofile, "
	       "nproc, rss, "
	       "rtprio, rttime, sigpending and stack";
}

static const char *set_volume(
	struct lab_conf *conf, struct conf_device *device, const struct conf_assignment *assignment)
{
	(void)conf;
	const char *first = strchr(assignment->value, '|');
	if (first == NULL || first == assignment->value || first[1] != '/')
		return "expected HOST|GUEST[|ro|rw], GUEST a full path";
	const char *second = strchr(first + 1, '|');
	const char *mode = second == NULL ? "ro" : second + 1;
	if (strcmp(mode, "ro") != 0 && strcmp(mode, "rw") != 0 && strcmp(mode, "rx") != 0)
		return "the mode of a volume is ro or rw";
	size_t guest_length = second == NULL ? strlen(first + 1) : (size_t)(second - first - 1);
	struct conf_volume *volume = MUST_APPEND(device->volumes, device->volume_count);
	*volume = (struct conf_volume){
		.host = must_dup_bytes(assignment->value, (size_t)(first - assignment->value)),
		.guest = must_dup_bytes(first + 1, guest_length),
		.mode = strcmp(mode, "rw") == 0 ? VOLUME_READ_WRITE : VOLUME_READ_ONLY,
		.line = assignment->line,
	};
	return NULL;
}

static const struct option options[] = {
	{"image", set_image, false},
	{"mem", set_mem, false},
	{"cpus", set_cpus, false},
	{"port", set_port, true},
	{"bridged", set_bridged, false},
	{"ipv6", set_ipv6, false},
	{"exec", set_exec, true},
	{"sysctl", set_sysctl, true},
	{"env", set_env, true},
	{"ulimit", set_ulimit, true},
	{"shell", set_shell, false},
	{"num_terms", set_num_terms, false},
	{"privileged", set_privileged, false},
	{"entrypoint", set_entrypoint, false},
	{"args", set_entrypoint, false},
	{"volume", set_volume, true},
};

void conf_set_option(
	struct lab_conf *conf, struct conf_device *device, const struct conf_assignment *assignment)
{
	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		if (strcmp(options[i].name, assignment->argument) != 0)
			continue;
		if (!options[i].repeatable && (device->seen_options & (1u << i)) != 0)
			conf_report(conf, CONF_WARNING, "lab.conf", assignment->line,
				assignment->argument_column,
				"%s has an option %s already: the last one counts", device->name,
				options[i].name);
		device->seen_options |= 1u << i;
		const char *wrong = options[i].set(conf, device, assignment);
		if (wrong != NULL)
			conf_report(conf, CONF_ERROR, "lab.conf", assignment->line, assignment->value_column,
				"bad %s '%s': %s", options[i].name, assignment->value, wrong);
		return;
	}
	conf_report(conf, CONF_WARNING, "lab.conf", assignment->line, assignment->argument_column,
		"unknown option '%s' is ignored", assignment->argument);
}

void conf_report_left_out(struct lab_conf *conf)
{
	for (unsigned what = 0; what < LEFT_COUNT; what++) {
		char *names = NULL;
		for (size_t i = 0; i < conf->device_count; i++) {
			if ((conf->devices[i].left_out & (1ul << what)) == 0)
				continue;
			char *longer = names == NULL ? must_dup(conf->devices[i].name)
						     : must_print("%s, %s", names, conf->devices[i].name);
			free(names);
			names = longer;
		}
		if (names != NULL)
			conf_report(
				conf, CONF_NOTICE, "lab.conf", 0, 0, "%s (%s)", left_out_texts[what], names);
		free(names);
	}
}
