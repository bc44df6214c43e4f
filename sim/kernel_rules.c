/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules of policy routing in the kernel of a router. Packets do not follow them here: they stand or do not. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/world.h"

static void keep_name(char *kept, const char **name)
{
	if (*name != NULL)
		strncpy(kept, *name, SIM_NAME_SIZE - 1);
	*name = *name != NULL ? kept : NULL;
}

/* Moved with its names, which lie in it. */
static void place(struct kernel_rule *kept, const struct virtual_rule *rule)
{
	*kept = (struct kernel_rule){.rule = *rule};
	kept->rule.track_group = NULL;
	keep_name(kept->in, &kept->rule.in);
	keep_name(kept->out, &kept->rule.out);
}

static size_t find(const struct router *router, uint32_t preference)
{
	size_t at = 0;

	while (at < router->policy_count && router->policies[at].rule.preference != preference)
		at++;
	return at;
}

bool kernel_has_rule(const struct router *router, uint32_t preference)
{
	return find(router, preference) < router->policy_count;
}

int kernel_add_rule(struct router *router, const struct virtual_rule *rule)
{
	if (kernel_has_rule(router, rule->preference))
		return 0;
	if (router->policy_count == SIM_POLICIES_MAX)
		return -ENOMEM;
	place(&router->policies[router->policy_count++], rule);
	router->world->changed = true;
	router->kernel_changed = true;
	return 0;
}

bool kernel_delete_rule(struct router *router, uint32_t preference)
{
	size_t at = find(router, preference);
	struct kernel_rule last;

	if (at == router->policy_count)
		return false;
	last = router->policies[--router->policy_count];
	if (at < router->policy_count) {
		last.rule.in = last.rule.in != NULL ? last.in : NULL;
		last.rule.out = last.rule.out != NULL ? last.out : NULL;
		place(&router->policies[at], &last.rule);
	}
	router->world->changed = true;
	router->kernel_changed = true;
	return true;
}

/* The number and family say which it was, and the process knows the rest. */
bool kernel_lose_rule(struct router *router, uint32_t preference)
{
	size_t at = find(router, preference);
	struct event *event;

	if (at == router->policy_count)
		return false;
	event = router->process != PROCESS_NONE ? event_new(router->world, EVENT_RULE_GONE) : NULL;
	if (event != NULL) {
		place(&event->rule, &router->policies[at].rule);
		kernel_tell(router, event);
	}
	return kernel_delete_rule(router, preference);
}
