/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/demo.h"

#include <dirent.h>
#include <jansson.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/clock.h"
#include "lab/device_address.h"
#include "wire/arp.h"

#define STATUS_SIZE (256 * 1024)
#define ANSWER_TIME (100 * DUR_MS)

unsigned demo_holders(struct demo *demo)
{
	unsigned holders = 0;
	struct lab_error error;

	for (unsigned i = 0; i < DEMO_GATEWAYS; i++)
		if (device_has_address(&demo->lab, demo->gateways[i], demo->virtual_address, &error) > 0)
			holders |= 1u << i;
	return holders;
}

bool demo_only_holder(struct demo *demo, const void *user)
{
	const unsigned *expected = user;

	return demo_holders(demo) == 1u << *expected;
}

static struct ip_addr as_ip(struct in_addr address)
{
	return ip_v4_from((const uint8_t *)&address.s_addr);
}

static bool ask_who_has(struct demo *demo)
{
	const struct lab_interface *lan = &demo->client->interfaces[0];
	struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = lan->index};
	struct ip_addr target = as_ip(demo->virtual_address), sender;
	struct in_addr own;
	uint8_t frame[ARP_FRAME_SIZE];
	struct lab_error error;
	size_t length;
	bool sent;
	int descriptor;

	if (device_or_address(&demo->lab, demo->client->name, &own, &error) < 0)
		return false;
	sender = as_ip(own);
	length = arp_encode_request(&lan->mac, &sender, &target, frame, sizeof(frame));
	descriptor = lab_socket(&demo->lab, demo->client, AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0, &error);
	if (descriptor < 0)
		return false;
	sent = sendto(descriptor, frame, length, 0, (struct sockaddr *)&to, sizeof(to)) == (ssize_t)length;
	close(descriptor);
	return sent;
}

/* Gateways that have answered for the virtual address since then, as bits. */
static unsigned answered_since(struct demo *demo, mono_t since)
{
	struct ip_addr virtual_address = as_ip(demo->virtual_address);
	unsigned answered = 0;
	size_t count;
	struct capture_event *events = capture_events(demo->capture, &count);

	for (size_t i = 0; i < count; i++) {
		if (events[i].kind != CAPTURE_ARP_REPLY || mono_before(events[i].at, since) ||
			!ip_equal(&events[i].source, &virtual_address))
			continue;
		for (unsigned k = 0; k < DEMO_GATEWAYS; k++)
			if (strcmp(events[i].device, demo->gateways[k]->name) == 0)
				answered |= 1u << k;
	}
	free(events);
	return answered;
}

void demo_check_answers(struct demo *demo, unsigned expected)
{
	const char *name = demo->gateways[expected]->name;
	mono_t asked = mono_now();
	unsigned answered;

	if (!ask_who_has(demo)) {
		demo_fail(demo, "the client cannot ask who has the virtual address");
		return;
	}
	/* All that time, although the first answer comes at once: a second one is what must not come. */
	if (!demo_pause(demo, ANSWER_TIME))
		return;
	answered = answered_since(demo, asked);
	if (answered == 0)
		demo_fail(demo, "nobody answers for the virtual address, %s should", name);
	else if (answered != 1u << expected)
		demo_fail(demo, "%s answers for the virtual address, and %s alone should",
			answered == 3 ? "each gateway" : "the other gateway", name);
}

char *demo_status(const struct lab_device *gateway)
{
	char command[] = "vigia", subcommand[] = "status", option[] = "--json";
	char *argv[] = {command, subcommand, option, NULL};
	char *buffer = calloc(1, STATUS_SIZE);
	struct lab_error error;
	int status;

	/* 1: it answers, but its engine is not running. */
	status = buffer ? lab_run(gateway, argv, buffer, STATUS_SIZE, &error) : -1;
	if (status == 0 || status == 1)
		return buffer;
	free(buffer);
	return NULL;
}

static json_t *parse_status(const struct lab_device *gateway)
{
	char *text = demo_status(gateway);
	json_t *status = text ? json_loads(text, JSON_DISABLE_EOF_CHECK, NULL) : NULL;

	free(text);
	return status;
}

static bool same_pid_namespace(const char *pid, const struct lab_device *device)
{
	char path[64], one[64] = "", other[64] = "";

	snprintf(path, sizeof(path), "/proc/%.16s/ns/pid", pid);
	if (readlink(path, one, sizeof(one) - 1) < 0)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)device->pid);
	return readlink(path, other, sizeof(other) - 1) >= 0 && strcmp(one, other) == 0;
}

/* The number by which the process knows itself: the last one of the NSpid line. */
static long inner_pid(const char *pid)
{
	char path[64], line[256];
	long inner = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%.16s/status", pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, "NSpid:", 6) != 0)
			continue;
		for (char *word = strtok(line + 6, " \t\n"); word; word = strtok(NULL, " \t\n"))
			inner = strtol(word, NULL, 10);
	}
	fclose(file);
	return inner;
}

static pid_t host_pid(const struct lab_device *device, long inner)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	pid_t found = 0;

	if (!processes)
		return 0;
	while (!found && (entry = readdir(processes)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
			same_pid_namespace(entry->d_name, device) && inner_pid(entry->d_name) == inner)
			found = (pid_t)strtol(entry->d_name, NULL, 10);
	closedir(processes);
	return found;
}

pid_t demo_daemon_pid(const struct lab_device *gateway, const char *member)
{
	json_t *status = parse_status(gateway);
	long inner = (long)json_integer_value(json_object_get(json_object_get(status, "daemon"), member));

	json_decref(status);
	return inner > 0 ? host_pid(gateway, inner) : 0;
}

void demo_cause(const struct lab_device *gateway, char *buffer, size_t size)
{
	json_t *status = parse_status(gateway);
	json_t *instance = json_array_get(json_object_get(status, "instances"), 0);
	const char *text = json_string_value(json_object_get(json_object_get(instance, "cause"), "text"));

	snprintf(buffer, size, "%s", text ? text : "");
	json_decref(status);
}
