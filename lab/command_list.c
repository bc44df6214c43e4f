/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vigia lab list: every running lab, its devices, and where their cables end. */
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/commands.h"
#include "lab/memory.h"
#include "lab/state.h"

struct listing {
	unsigned count;
	bool json;
	json_t *labs;
};

static const char *state_word(const struct lab_device *device)
{
	if (device->pid == 0)
		return "off";
	return device->ready ? "ready" : "starting";
}

static void print_device(const struct lab_device *device)
{
	printf("  %-16s %-9s ", device->name, state_word(device));
	if (device->pid > 0)
		printf("%-8d", (int)device->pid);
	else
		printf("%-8s", "-");
	for (size_t i = 0; i < device->interface_count; i++)
		printf("%s%s=%s", i == 0 ? "" : " ", device->interfaces[i].name,
			device->interfaces[i].domain);
	putchar('\n');
}

static int list_lab(struct lab *lab, void *user)
{
	struct listing *listing = user;
	if (listing->json) {
		char *path = lab_state_path(lab, "lab.json");
		json_t *state = json_load_file(path, 0, NULL);
		if (state != NULL)
			json_array_append_new(listing->labs, state);
		free(path);
		return 0;
	}
	printf("%s%s (%s)\n", listing->count++ == 0 ? "" : "\n", lab->name, lab->directory);
	printf("  %-16s %-9s %-8s%s\n", "DEVICE", "STATE", "PID", "CABLES");
	for (size_t i = 0; i < lab->device_count; i++)
		print_device(&lab->devices[i]);
	return 0;
}

int command_list(int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'}, {NULL, 0, NULL, 0}};
	struct listing listing = {.labs = json_array()};
	for (int option; (option = getopt_long(argc, argv, "j", options, NULL)) != -1;) {
		if (option == '?') {
			fputs("usage: vigia lab list [--json]\n", stderr);
			json_decref(listing.labs);
			return 2;
		}
		listing.json = true;
	}
	lab_each(list_lab, &listing);
	if (listing.json) {
		json_dumpf(listing.labs, stdout, JSON_INDENT(1));
		putchar('\n');
	} else if (listing.count == 0) {
		puts("no lab is running");
	}
	json_decref(listing.labs);
	return 0;
}
