/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `vigia lab fault`: pull, plug, silent, heal for a cable, power for a device. */
#include "lab/commands.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "lab/clock.h"
#include "lab/fault.h"

struct fault_verb {
	const char *name;
	enum cable_state needs; /* only meaningful for the verbs that mend */
	enum cable_state makes;
	const char *done;
};

static const struct fault_verb verbs[] = {
	{"pull", CABLE_GOOD, CABLE_PULLED, "pulled"},
	{"plug", CABLE_PULLED, CABLE_GOOD, "plugged in again"},
	{"silent", CABLE_GOOD, CABLE_SILENT, "silently cut: the device keeps its carrier"},
	{"heal", CABLE_SILENT, CABLE_GOOD, "healed"},
};

struct options {
	const char *directory;
	bool json;
};

static void print_usage(FILE *out)
{
	fputs("usage: vigia lab fault pull|plug|silent|heal DEVICE:ethN [-d DIRECTORY] [--json]\n"
	      "       vigia lab fault power DEVICE [-d DIRECTORY] [--json]\n"
	      "\n"
	      "  pull      the cable is out: the device loses carrier      plug    puts it back\n"
	      "  silent    nothing passes any more, the carrier stays      heal    ends that\n"
	      "  power     switches the device off, as pulling its plug would; a second time: on again\n"
	      "\n"
	      "--json prints when it was done, in nanoseconds of CLOCK_MONOTONIC.\n",
		out);
}

static const struct fault_verb *find_verb(const char *name)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static void report(
	const struct options *options, const char *fault, const char *what, const char *done, mono_t at)
{
	if (options->json)
		printf("{\"fault\":\"%s\",\"target\":\"%s\",\"at\":%lld}\n", fault, what, (long long)at.ns);
	else
		printf("%s: %s\n", what, done);
}

/* plug is not heal: who mixes them up has lost track of what is broken, and is told. */
static int check_mends(const struct lab *lab, const struct fault_verb *verb,
	const struct lab_interface *interface, const char *what, struct lab_error *error)
{
	int is = cable_state(lab, interface, error);

	if (is < 0 || verb->makes != CABLE_GOOD || is == (int)verb->needs)
		return is < 0 ? is : 0;
	switch ((enum cable_state)is) {
	case CABLE_GOOD:
		return lab_fail(error, -EALREADY, "the cable of %s is in order already", what);
	case CABLE_PULLED:
		return lab_fail(error, -EINVAL, "the cable of %s is pulled: `plug` puts it back", what);
	case CABLE_SILENT:
		return lab_fail(error, -EINVAL,
			"the cable of %s is silently cut, not pulled: `heal` ends that", what);
	}
	return 0;
}

static int fault_cable(struct lab *lab, const struct fault_verb *verb, const char *target,
	const struct options *options, struct lab_error *error)
{
	struct lab_device *device;
	struct lab_interface *interface;
	char what[LAB_DEVICE_NAME_SIZE + IFNAMSIZ + 1];
	mono_t at;
	int result = lab_parse_port(lab, target, &device, &interface, error);

	if (result < 0)
		return result;
	if (device->pid == 0)
		return lab_fail(error, -ESRCH, "%s is powered off: its cables can neither fail nor heal",
			device->name);
	snprintf(what, sizeof(what), "%s:%s", device->name, interface->name);
	result = check_mends(lab, verb, interface, what, error);
	if (!result)
		result = cable_set(lab, device, interface, verb->makes, &at, error);
	if (!result)
		report(options, verb->name, what, verb->done, at);
	return result;
}

static int fault_power(
	struct lab *lab, const char *name, const struct options *options, struct lab_error *error)
{
	struct lab_device *device = lab_device(lab, name, error);
	mono_t at = mono_now();
	bool was_on = device && device->pid != 0;
	int result;

	if (!device)
		return -ENOENT;
	result = was_on ? lab_power_off(lab, device, error) : lab_power_on(lab, device, error);
	if (!result)
		report(options, was_on ? "power-off" : "power-on", name, was_on ? "off" : "on again", at);
	return result;
}

/* Options into *options; the verb and its target are left at argv[optind]. false: wrong command line. */
static bool parse_options(int argc, char **argv, struct options *options, bool *help)
{
	static const struct option known[] = {{"directory", required_argument, NULL, 'd'},
		{"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	int option;

	optind = 0;
	while ((option = getopt_long(argc, argv, "d:h", known, NULL)) != -1) {
		if (option == 'd')
			options->directory = optarg;
		else if (option == 'j')
			options->json = true;
		else if (option == 'h')
			*help = true;
		else
			return false;
	}
	return *help || argc - optind == 2;
}

static int run_fault(const char *verb_name, const char *target, const struct options *options)
{
	const struct fault_verb *verb = find_verb(verb_name);
	struct lab_error error;
	struct lab lab;
	int result = lab_find(options->directory, &lab, &error);

	if (result < 0) {
		complain("%s", error.text);
		return 1;
	}
	if (verb)
		result = fault_cable(&lab, verb, target, options, &error);
	else
		result = fault_power(&lab, target, options, &error);
	lab_free(&lab);
	if (result < 0)
		complain("%s", error.text);
	return result < 0;
}

int command_fault(int argc, char **argv)
{
	struct options options = {0};
	bool help = false;

	if (!parse_options(argc, argv, &options, &help)) {
		print_usage(stderr);
		return 2;
	}
	if (help) {
		print_usage(stdout);
		return 0;
	}
	if (!find_verb(argv[optind]) && strcmp(argv[optind], "power") != 0) {
		complain("there is no fault \"%s\"; there are pull, plug, silent, heal and power",
			argv[optind]);
		return 2;
	}
	return run_fault(argv[optind], argv[optind + 1], &options);
}
