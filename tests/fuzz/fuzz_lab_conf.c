/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as lab.conf, and what stands behind the first form feed as lab.dep. What must hold: a
 * description without an error can be planned as it is (numbers follow each other, no device twice on one
 * domain, every device once in the start order, every index once); every message can be printed on one
 * line.
 */
#include <stdint.h>
#include <string.h>

#include "lab/hub.h"
#include "lab/memory.h"
#include "lab/startup_log.h"
#include "lab/state.h"
#include "lab/words.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_messages(const struct lab_conf *conf)
{
	bool error = false;
	for (size_t i = 0; i < conf->diagnostic_count; i++) {
		char *text = conf_diagnostic_text(&conf->diagnostics[i]);
		REQUIRE(strpbrk(text, "\n\r\t\x1b") == NULL);
		error = error || conf->diagnostics[i].severity == CONF_ERROR;
		free(text);
	}
	REQUIRE(error == conf->has_error);
}

static void check_devices(const struct lab_conf *conf)
{
	bool *placed = must_alloc(conf->device_count);
	for (size_t i = 0; i < conf->device_count; i++) {
		const struct conf_device *device = &conf->devices[i];
		REQUIRE(conf->start_order[i] < conf->device_count && !placed[conf->start_order[i]]);
		placed[conf->start_order[i]] = true;
		for (size_t n = 0; n < device->interface_count; n++) {
			REQUIRE(device->interfaces[n].number == n);
			for (size_t other = 0; other < n; other++)
				REQUIRE(strcmp(device->interfaces[n].domain,
						device->interfaces[other].domain) != 0);
		}
		for (size_t n = 0; n < device->sysctl_count; n++)
			REQUIRE(strncmp(device->sysctls[n].name, "net.", 4) == 0 &&
				strstr(device->sysctls[n].name, "..") == NULL);
	}
	free(placed);
}

static void check_plan(const struct lab_conf *conf)
{
	struct lab lab;
	int next = HUB_FIRST_PORT_INDEX;
	lab_name(&lab, "/lab");
	hub_plan(conf, &lab);
	for (size_t i = 0; i < lab.device_count; i++) {
		for (size_t n = 0; n < lab.devices[i].interface_count; n++) {
			const struct lab_interface *interface = &lab.devices[i].interfaces[n];
			REQUIRE(interface->port_index == next++ && interface->index < HUB_FIRST_PORT_INDEX);
			REQUIRE(interface->bridge_index < HUB_FIRST_PORT_INDEX);
			REQUIRE(interface->bridge[0] != '\0' && interface->port[0] != '\0');
		}
	}
	lab_free(&lab);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lab_conf conf = {0};
	const uint8_t *feed = size == 0 ? NULL : memchr(data, '\f', size);
	size_t length = feed == NULL ? size : (size_t)(feed - data);
	char *dep = feed == NULL ? NULL : must_dup_bytes((const char *)feed + 1, size - length - 1);
	char *all = must_dup_bytes((const char *)data, size);
	lab_conf_parse((const char *)data, length, dep, NULL, &conf);
	check_messages(&conf);
	if (!conf.has_error) {
		check_devices(&conf);
		check_plan(&conf);
	}
	lab_conf_free(&conf);
	struct startup_failures failures;
	startup_log_read(all, &failures);
	startup_failures_free(&failures);
	free_words(split_words(all));
	free(dep);
	free(all);
	return 0;
}
