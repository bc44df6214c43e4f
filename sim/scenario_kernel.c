/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What others do to the kernel of a router:
 *
 *	up R:NIC, down R:NIC, remove R:NIC
 *	add R:NIC				one that was removed is there again
 *	rename R:NIC NAME, mac R:NIC ADDRESS, mtu R:NIC N
 *	add R:NIC ADDRESS, delete R:NIC ADDRESS
 *	add R route DESTINATION via GATEWAY, delete R route DESTINATION
 *	delete R rule PREFERENCE, delete R device NAME, delete R nftables
 *
 * An interface is called by its first name, whatever it is called meanwhile.
 */
#include <string.h>

#include "sim/scenario.h"

static const char *const verbs[] = {"up", "down", "remove", "add", "delete", "rename", "mac", "mtu"};

bool word_is_kernel_step(const struct line *line)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (word_peek(line) != NULL && strcmp(word_peek(line), verbs[i]) == 0)
			return true;
	return false;
}

static bool read_link(struct scenario *scenario, struct line *line, struct step *step, bool up)
{
	step->type = STEP_LINK;
	step->on = up;
	return read_nic(scenario, line, &step->router, &step->nic) && words_end(scenario, line);
}

static bool read_name(struct scenario *scenario, struct line *line, const char *what, const char **name)
{
	*name = word_take(scenario, line, what);
	return *name != NULL &&
	       (strlen(*name) < SIM_NAME_SIZE ||
		       complain(scenario, line->number, "the name \"%s\" is too long", *name));
}

static bool read_rename(struct scenario *scenario, struct line *line, struct step *step)
{
	step->type = STEP_RENAME;
	return read_nic(scenario, line, &step->router, &step->nic) &&
	       read_name(scenario, line, "the new name", &step->text) && words_end(scenario, line);
}

static bool read_mac(struct scenario *scenario, struct line *line, struct step *step)
{
	const char *word;

	step->type = STEP_MAC;
	if (!read_nic(scenario, line, &step->router, &step->nic))
		return false;
	word = word_take(scenario, line, "the new hardware address");
	if (word == NULL)
		return false;
	if (!mac_parse(word, strlen(word), &step->mac))
		return complain(scenario, line->number, "\"%s\" is no hardware address", word);
	return words_end(scenario, line);
}

static bool read_mtu(struct scenario *scenario, struct line *line, struct step *step)
{
	uint64_t mtu;

	step->type = STEP_MTU;
	if (!read_nic(scenario, line, &step->router, &step->nic) ||
		!read_number(scenario, line, "MTU", UINT16_MAX, &mtu))
		return false;
	step->amount = (int64_t)mtu;
	return words_end(scenario, line);
}

static bool read_of_nic(struct scenario *scenario, struct line *line, struct step *step)
{
	step->type = STEP_ADDRESS;
	if (!read_nic(scenario, line, &step->router, &step->nic))
		return false;
	if (step->on && word_peek(line) == NULL)
		step->type = STEP_RETURN;
	return step->type == STEP_RETURN ||
	       (read_prefix(scenario, line, "address", &step->prefix) && words_end(scenario, line));
}

static bool read_change(struct scenario *scenario, struct line *line, struct step *step, bool add)
{
	const char *word = word_peek(line);

	step->on = add;
	if (word == NULL || strchr(word, ':') != NULL)
		return read_of_nic(scenario, line, step);
	step->type = STEP_ROUTE;
	if (!read_router(scenario, line, &step->router))
		return false;
	if (!add && word_is(line, "rule")) {
		step->type = STEP_RULE;
		return read_number(scenario, line, "preference of a rule", UINT32_MAX, &step->preference) &&
		       words_end(scenario, line);
	}
	if (!add && word_is(line, "device")) {
		step->type = STEP_DEVICE;
		return read_name(scenario, line, "the name of the device", &step->text) &&
		       words_end(scenario, line);
	}
	if (!add && word_is(line, "nftables")) {
		step->type = STEP_FIREWALL;
		return words_end(scenario, line);
	}
	if (!word_is(line, "route"))
		return complain(scenario, line->number,
			"write: %s ROUTER:INTERFACE ADDRESS, or %s ROUTER route DESTINATION",
			add ? "add" : "delete", add ? "add" : "delete");
	if (!read_prefix(scenario, line, "destination", &step->route.destination))
		return false;
	if (word_is(line, "via") && !read_address(scenario, line, "gateway", &step->route.gateway))
		return false;
	return words_end(scenario, line);
}

bool read_kernel_step(struct scenario *scenario, struct line *line, struct step *step)
{
	if (word_is(line, "rename"))
		return read_rename(scenario, line, step);
	if (word_is(line, "mac"))
		return read_mac(scenario, line, step);
	if (word_is(line, "mtu"))
		return read_mtu(scenario, line, step);
	if (word_is(line, "add"))
		return read_change(scenario, line, step, true);
	if (word_is(line, "delete"))
		return read_change(scenario, line, step, false);
	step->now = word_is(line, "remove");
	if (step->now || word_is(line, "down"))
		return read_link(scenario, line, step, false);
	return word_is(line, "up") && read_link(scenario, line, step, true);
}
