/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The search. A state is not kept: it is one number in a table of those known, and a step from another one; it is made
 * again by walking there from the beginning. So a million states cost tens of megabytes, and the way to each is at hand.
 */
#include "sim/explore.h"

#include <stdlib.h>
#include <string.h>

#define LOG_SIZE (256 * 1024)

struct node {
	uint32_t parent;
	struct explore_step step;
};

struct search {
	const struct explore_case *setting;
	struct node *nodes; /* in the order they were found; number 0 is the beginning */
	uint32_t count;
	uint64_t most;
	uint64_t *known; /* open addressing; 0: free */
	uint64_t mask;
	struct explore_result *result;
	struct explore_step *way; /* from the beginning to the state at hand */
	unsigned way_length;
	unsigned way_capacity;
};

/* true: it was new. */
static bool remember(struct search *search, uint64_t number)
{
	uint64_t at = number & search->mask;

	if (number == 0)
		number = 1;
	while (search->known[at] != 0) {
		if (search->known[at] == number)
			return false;
		at = (at + 1) & search->mask;
	}
	search->known[at] = number;
	return true;
}

static bool find_way(struct search *search, uint32_t node)
{
	unsigned length = 0;

	for (uint32_t at = node; at != 0; at = search->nodes[at].parent)
		length++;
	if (length > search->way_capacity) {
		struct explore_step *way = realloc(search->way, 2 * length * sizeof(*way));

		if (way == NULL)
			return false;
		search->way = way;
		search->way_capacity = 2 * length;
	}
	search->way_length = length;
	for (uint32_t at = node; at != 0; at = search->nodes[at].parent)
		search->way[--length] = search->nodes[at].step;
	return true;
}

static void walk(const struct search *search, struct explore_lan *lan, struct text *log)
{
	explore_lan_init(lan, search->setting);
	for (unsigned i = 0; i < search->way_length; i++)
		explore_apply(lan, search->way[i], log);
}

/* The whole story: the way, the step that broke the rule or the rest after it. */
static void tell(const struct search *search, const struct explore_step *last, const char *broken, FILE *out)
{
	char *buffer = malloc(LOG_SIZE);
	struct explore_lan lan;
	struct text log;

	fprintf(out, "%s: %s\n", search->setting->name, broken);
	if (buffer == NULL)
		return;
	text_init(&log, buffer, LOG_SIZE);
	walk(search, &lan, &log);
	if (last == NULL || explore_apply(&lan, *last, &log) == NULL) {
		fprintf(out, "%s    and from here on nothing else goes wrong:\n", log.start);
		text_init(&log, buffer, LOG_SIZE);
		explore_settle(&lan, &log);
	}
	fputs(log.start, out);
	free(buffer);
}

/* NULL, or the rule that is broken in this new state or on its way to rest. */
static const char *judge(const struct explore_lan *lan)
{
	struct explore_lan rest;

	explore_lan_copy(&rest, lan);
	return explore_settle(&rest, NULL);
}

/* false: no need to go on. */
static bool expand(struct search *search, uint32_t node, FILE *out)
{
	struct explore_step steps[EXPLORE_STEPS_MAX];
	struct explore_lan here, there;
	size_t count;

	walk(search, &here, NULL);
	count = explore_steps(&here, steps);
	for (size_t i = 0; i < count; i++) {
		const char *broken;

		explore_lan_copy(&there, &here);
		search->result->steps++;
		broken = explore_apply(&there, steps[i], NULL);
		if (broken == NULL && !remember(search, explore_hash(&there)))
			continue;
		if (broken == NULL)
			broken = judge(&there);
		if (broken != NULL) {
			search->result->broken = broken;
			tell(search, &steps[i], broken, out);
			return false;
		}
		search->nodes[search->count++] = (struct node){node, steps[i]};
		if (search->count == search->most)
			return false;
	}
	return true;
}

static void run(struct search *search, FILE *out)
{
	struct explore_lan lan;
	uint32_t next = 0;

	explore_lan_init(&lan, search->setting);
	remember(search, explore_hash(&lan));
	search->count = 1;
	for (; next < search->count; next++) {
		if (!find_way(search, next))
			break;
		if (search->way_length > search->result->depth)
			search->result->depth = search->way_length;
		if (!expand(search, next, out))
			break;
	}
	search->result->states = search->count;
	search->result->complete = next == search->count;
}

bool explore_run(struct explore_case *setting, uint64_t most_states, FILE *out, struct explore_result *result)
{
	struct search search = {.setting = setting, .most = most_states, .result = result, .mask = 1024};
	bool room;

	*result = (struct explore_result){0};
	explore_case_prepare(setting);
	while (search.mask < 2 * most_states)
		search.mask *= 2;
	search.known = calloc(search.mask, sizeof(*search.known));
	search.nodes = malloc(most_states * sizeof(*search.nodes));
	search.mask--;
	room = search.known != NULL && search.nodes != NULL;
	if (room)
		run(&search, out);
	free(search.known);
	free(search.nodes);
	free(search.way);
	return room;
}
