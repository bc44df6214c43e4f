/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A configuration and the host at hand: see lint.h. */
#include "ctl/lint.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/account.h"
#include "conf/command.h"

struct check {
	const struct conf *conf;
	const struct lint_host *host;
	const struct lint *lint;
	size_t unnamed; /* commands that root runs because nobody is named */
	struct conf_command_use first_unnamed;
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
		const char *made = conf->instances[i].vr.extra->vmac.name;

		if (made && strcmp(made, name) == 0)
			return true;
	}
	return false;
}

static const struct conf_place *place_of(const struct check *check, const struct conf_instance *instance)
{
	return &check->conf->instance_places[instance - check->conf->instances];
}

/* NULL: it is not there, which was said. */
static const struct lint_interface *need_interface(
	const struct check *check, const struct conf_instance *instance, const char *name, const char *what)
{
	const struct lint_interface *found = find_interface(check->host, name);

	if (!found && !is_made(check->conf, name))
		lint_report(check->lint, "interface-missing", place_of(check, instance), instance->vr.name, name,
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
		const char *device = address_options(address)->device;
		const struct lint_interface *on =
			device ? need_interface(check, instance, device, "the interface of an address,") : own;
		char text[IP_ADDR_TEXT_SIZE];

		/* an excluded address may be anything; link-local ones are everywhere */
		if (!on || address->excluded || ip_is_link_local(&address->prefix.addr) ||
			!has_family(on, address->prefix.addr.family) || is_inside(on, &address->prefix.addr))
			continue;
		lint_report(check->lint, "address-outside-prefixes", place_of(check, instance), vr->name,
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

	for (size_t i = 0; i < vr->extra->tracked_count; i++)
		if (vr->extra->tracked[i].kind == TRACK_INTERFACE && !vr->extra->tracked[i].of_group)
			need_interface(check, instance, vr->extra->tracked[i].name, "the tracked interface");
	check_addresses(check, instance, own);
}

static void report(const struct check *check, const char *code, const struct conf_command_use *use, const char *text)
{
	const bool is_script = strcmp(use->keyword, "script") == 0;

	/* the place of any other command is its own */
	lint_report(check->lint, code, &use->command.place, use->owner, is_script ? use->keyword : NULL, "%s", text);
}

static void check_path(const struct check *check, const struct conf_command_use *use, const char *path)
{
	static struct path_check found;
	char text[SCRIPT_PATH_SIZE + 100];
	char finding[sizeof(text) + 100];

	if (path[0] != '/' || script_path_check(path, check->host->paths, &found))
		return;
	snprintf(finding, sizeof(finding), "it is run by root, and others can change what it does: %s",
		script_path_text(&found, text, sizeof(text)));
	report(check, "script-writable", use, finding);
}

static void check_program(const struct check *check, const struct conf_command_use *use, const char *word, bool by_root)
{
	char path[SCRIPT_PATH_SIZE];
	char text[400];
	int error = check->host->find_program(word, path, sizeof(path));

	if (error == -EACCES) {
		snprintf(text, sizeof(text), "'%.200s' is not a program that may be executed; chmod a+x it", word);
		report(check, "script-not-executable", use, text);
	} else if (error < 0) {
		snprintf(text, sizeof(text), "'%.200s' cannot be run: %s", word, strerror(-error));
		report(check, "script-missing", use, text);
	} else if (by_root) {
		check_path(check, use, path);
	}
}

/* Whether root runs it. Of script_user is spoken once, by check_script_user. */
static bool check_account(struct check *check, const struct conf_command_use *use)
{
	const char *missing;
	char text[400];
	uid_t uid = 0;
	int error = check->host->find_account(use->command.user, use->command.group, &uid, &missing);

	if (error && use->own_account) {
		snprintf(text, sizeof(text), "there is no user or group '%.200s' on this host: it cannot be run", missing);
		report(check, "script-user-missing", use, text);
	}
	if (error || uid != 0)
		return false;
	if (!use->command.user && check->unnamed++ == 0)
		check->first_unnamed = *use;
	return true;
}

static void check_command(void *user, const struct conf_command_use *use)
{
	struct check *check = user;
	char *words[COMMAND_WORDS_MAX + 1];
	char *line = strdup(use->command.line);

	/* it could be parted when it was read */
	if (line && command_split(line, words) > 0)
		check_program(check, use, words[0], check_account(check, use));
	free(line);
}

static void check_script_user(const struct check *check)
{
	const struct conf_run *run = &check->conf->global.run;
	const char *missing;
	uid_t uid;

	if (run->user && check->host->find_account(run->user, run->group, &uid, &missing) < 0)
		lint_report(check->lint, "script-user-missing", &run->user_place, "script_user", NULL,
			"there is no user or group '%.200s' on this host: scripts that name nobody else cannot be run", missing);
	if (check->unnamed > 0)
		lint_report(check->lint, "script-user-unnamed", &check->first_unnamed.command.place,
			check->first_unnamed.owner, NULL,
			"root runs %s, for nobody is named and there is no user " ACCOUNT_DEFAULT
			" on this host; make one, or name one: script_user nobody",
			check->unnamed > 1 ? "it and others" : "it");
}

void lint_with_host(const struct conf *conf, const struct lint_host *host, const struct lint *lint)
{
	struct check check = {.conf = conf, .host = host, .lint = lint};

	for (size_t i = 0; i < conf->instance_count; i++)
		check_interfaces(&check, &conf->instances[i]);
	conf_each_command(conf, check_command, &check);
	check_script_user(&check);
}
