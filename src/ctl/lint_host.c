/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A configuration and the host at hand: see lint.h. */
#include "ctl/lint.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/command.h"

struct check {
	const struct conf *conf;
	const struct lint_host *host;
	const struct lint *lint;
};

static const struct lint_interface *find_interface(const struct lint_host *host, const char *name)
{
	for (size_t i = 0; i < host->interface_count; i++)
		if (strcmp(host->interfaces[i].name, name) == 0)
			return &host->interfaces[i];
	return NULL;
}

/* Vigia makes those itself. */
static bool is_made(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->instance_count; i++) {
		const char *made = conf->instances[i].vr.vmac.name;

		if (made && strcmp(made, name) == 0)
			return true;
	}
	return false;
}

/* NULL: it is not there, which was said. */
static const struct lint_interface *need_interface(
	const struct check *check, const struct conf_instance *instance, const char *name, const char *what)
{
	const struct lint_interface *found = find_interface(check->host, name);

	if (!found && !is_made(check->conf, name))
		lint_report(check->lint, "interface-missing", &instance->place, instance->vr.name, name,
			"%s '%s' is not there on this host; until it comes, it counts as down", what, name);
	return found;
}

static bool is_inside(const struct lint_interface *interface, const struct ip_addr *address)
{
	for (size_t i = 0; i < interface->prefix_count; i++)
		if (ip_in_prefix(address, &interface->prefixes[i]))
			return true;
	return false;
}

static bool has_family(const struct lint_interface *interface, uint8_t family)
{
	for (size_t i = 0; i < interface->prefix_count; i++)
		if (interface->prefixes[i].addr.family == family)
			return true;
	return false;
}

static void check_addresses(
	const struct check *check, const struct conf_instance *instance, const struct lint_interface *own)
{
	const struct vr_config *vr = &instance->vr;

	for (size_t i = 0; i < vr->address_count; i++) {
		const struct virtual_address *address = &vr->addresses[i];
		const struct lint_interface *on = address->device
							  ? need_interface(check, instance, address->device,
								    "the interface of an address,")
							  : own;
		char text[IP_ADDR_TEXT_SIZE];

		/* an excluded address may be anything; link-local ones are everywhere */
		if (!on || address->excluded || ip_is_link_local(&address->prefix.addr) ||
			!has_family(on, address->prefix.addr.family) || is_inside(on, &address->prefix.addr))
			continue;
		lint_report(check->lint, "address-outside-prefixes", &instance->place, vr->name,
			ip_format(&address->prefix.addr, text),
			"%s is in no network that %s has on this host: its neighbours may not find it there",
			ip_format(&address->prefix.addr, text), on->name);
	}
}

static void check_interfaces(const struct check *check, const struct conf_instance *instance)
{
	const struct vr_config *vr = &instance->vr;
	const struct lint_interface *own =
		vr->interface ? need_interface(check, instance, vr->interface, "the interface") : NULL;

	for (size_t i = 0; i < vr->tracked_count; i++)
		if (vr->tracked[i].kind == TRACK_INTERFACE && !vr->tracked[i].of_group)
			need_interface(check, instance, vr->tracked[i].name, "the tracked interface");
	check_addresses(check, instance, own);
}

static bool runs_as_root(const struct check *check, const struct conf_script *script)
{
	return script->user ? strcmp(script->user, "root") == 0 : !check->host->has_script_user;
}

static void check_path(const struct check *check, const struct conf_script *script, const char *path)
{
	static struct path_check found;
	char text[SCRIPT_PATH_SIZE + 100];

	if (path[0] != '/' || !runs_as_root(check, script) ||
		script_path_check(path, check->host->paths, &found))
		return;
	lint_report(check->lint, "script-writable", &script->place, script->name, "script",
		"it is run by root, and others can change what it does: %s",
		script_path_text(&found, text, sizeof(text)));
}

static void check_script(const struct check *check, const struct conf_script *script)
{
	char path[SCRIPT_PATH_SIZE];
	char *words[COMMAND_WORDS_MAX + 1];
	char *line = strdup(script->command);
	int error;

	if (!line)
		return;
	/* it could be parted when it was read */
	if (command_split(line, words) <= 0)
		goto out;
	error = check->host->find_program(words[0], path, sizeof(path));
	if (error == -EACCES)
		lint_report(check->lint, "script-not-executable", &script->place, script->name, "script",
			"'%.200s' is not a program that may be executed; chmod a+x it", words[0]);
	else if (error < 0)
		lint_report(check->lint, "script-missing", &script->place, script->name, "script",
			"'%.200s' cannot be run: %s", words[0], strerror(-error));
	else
		check_path(check, script, path);
out:
	free(line);
}

void lint_with_host(const struct conf *conf, const struct lint_host *host, const struct lint *lint)
{
	const struct check check = {conf, host, lint};

	for (size_t i = 0; i < conf->instance_count; i++)
		check_interfaces(&check, &conf->instances[i]);
	for (size_t i = 0; i < conf->script_count; i++)
		check_script(&check, &conf->scripts[i]);
}
