/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be expected: read from the words of a line, judged, and explained when it is not so. */
#include <string.h>

#include "sim/scenario.h"

static const char *const state_names[] = {
	[ROUTER_OFF] = "off",
	[ROUTER_INIT] = "init",
	[ROUTER_FAULT] = "fault",
	[ROUTER_DRAINED] = "drained",
	[ROUTER_BACKUP] = "backup",
	[ROUTER_MASTER] = "master",
};
#define STATE_COUNT (sizeof(state_names) / sizeof(state_names[0]))

static bool is_state(const char *word, enum router_state *state)
{
	for (size_t i = 0; i < STATE_COUNT; i++)
		if (strcmp(state_names[i], word) == 0) {
			*state = (enum router_state)i;
			return true;
		}
	return false;
}

static bool has_instance(const struct router *router, const char *name)
{
	/* Every configuration of the router counts: a reload may bring the name. The canonical word stands in its text. */
	return router->conf_text != NULL && strstr(router->conf_text, name) != NULL;
}

/* The name of the virtual router may stand behind that of the router; the first one is meant otherwise. */
static bool read_instance(struct scenario *scenario, struct line *line, struct condition *condition)
{
	static const char *const verbs[] = {
		"is", "not", "holds", "lacks", "has", "drops", "dropped", "says", "priority"};
	const char *word = word_peek(line);
	enum router_state state;
	bool reloaded = false;

	if (word == NULL || is_state(word, &state))
		return true;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(word, verbs[i]) == 0)
			return true;
	for (size_t i = 0; i < scenario->step_count; i++)
		reloaded |= scenario->steps[i].type == STEP_RELOAD &&
			    scenario->steps[i].router == condition->router;
	if (!reloaded && !has_instance(condition->router, word))
		return complain(scenario, line->number,
			"\"%s\" is no virtual router of %s, nor anything to expect of it: master, backup, fault, drained, "
			"init, off, priority, holds, lacks, has route, drops and says are",
			word, condition->router->name);
	condition->instance = word;
	line->next++;
	return true;
}

static bool read_comparison(struct scenario *scenario, struct line *line, struct condition *condition)
{
	if (word_is(line, "<"))
		condition->comparison = COMPARE_LESS;
	else if (word_is(line, ">"))
		condition->comparison = COMPARE_MORE;
	else if (word_is(line, "="))
		condition->comparison = COMPARE_EQUAL;
	else
		return complain(scenario, line->number, "<, > or = is missing");
	return true;
}

static bool read_reason(struct scenario *scenario, struct line *line, enum drop_reason *reason)
{
	const char *word = word_take(scenario, line, "the reason of the drop");

	if (word == NULL)
		return false;
	for (int i = DROP_NONE + 1; i < DROP_REASON_COUNT; i++)
		if (strcmp(drop_reason_name((enum drop_reason)i), word) == 0) {
			*reason = (enum drop_reason)i;
			return true;
		}
	return complain(scenario, line->number,
		"\"%s\" is no reason to drop a packet: `vigia status` shows their names", word);
}

/* gw1 [VI_1] master | not master | priority 90 | holds A | lacks A | has route D | lacks route D | has rule N | has device NAME |
 * has membership NIC | has nftables | drops REASON [= N] | says TEXT */
static bool read_of_router(struct scenario *scenario, struct line *line, struct condition *condition)
{
	const char *word;

	if (!read_router(scenario, line, &condition->router) || !read_instance(scenario, line, condition))
		return false;
	word_is(line, "is");
	condition->negative = word_is(line, "not");
	word = word_take(scenario, line, "what is expected of it");
	if (word == NULL)
		return false;
	if (is_state(word, &condition->state)) {
		condition->type = CONDITION_STATE;
		return true;
	}
	if (strcmp(word, "priority") == 0) {
		condition->type = CONDITION_PRIORITY;
		return read_number(scenario, line, "priority", 255, &condition->number);
	}
	if (strcmp(word, "says") == 0) {
		condition->type = CONDITION_SAYS;
		condition->text = word_take(scenario, line, "the text in quotes");
		return condition->text != NULL;
	}
	if (strcmp(word, "drops") == 0) {
		condition->type = CONDITION_DROPS;
		if (!read_reason(scenario, line, &condition->reason))
			return false;
		condition->any_number = !word_is(line, "=");
		return condition->any_number ||
		       read_number(scenario, line, "count", UINT32_MAX, &condition->number);
	}
	if (strcmp(word, "holds") != 0 && strcmp(word, "lacks") != 0 && strcmp(word, "has") != 0)
		return complain(scenario, line->number,
			"\"%s\" cannot be expected of a router: master, backup, fault, drained, init, off, priority, "
			"holds, lacks, "
			"has route, drops or says can",
			word);
	condition->negative = word[0] == 'l';
	if (word_is(line, "rule")) {
		condition->type = CONDITION_RULE;
		return read_number(scenario, line, "preference of a rule", UINT32_MAX, &condition->number);
	}
	if (word_is(line, "nftables")) {
		condition->type = CONDITION_FIREWALL;
		return true;
	}
	if (word_is(line, "device") || word_is(line, "membership")) {
		condition->type = line->words[line->next - 1][0] == 'd' ? CONDITION_DEVICE : CONDITION_MEMBERSHIP;
		condition->text = word_take(scenario, line, "the name of the interface");
		return condition->text != NULL;
	}
	condition->type = word_is(line, "route") ? CONDITION_ROUTE : CONDITION_HOLDS;
	if (condition->type == CONDITION_ROUTE)
		return read_prefix(scenario, line, "destination", &condition->prefix);
	return read_address(scenario, line, "address", &condition->address);
}

/* outage client < 620ms, total outage client < 2s, outages client = 3; without a comparison: none */
static bool read_outage(struct scenario *scenario, struct line *line, struct condition *condition)
{
	dur_t length;

	if (!read_host(scenario, line, &condition->host))
		return false;
	if (condition->host->stream_count == 0)
		return complain(scenario, line->number,
			"%s sends nothing: `host %s ... to ADDRESS` would let it", condition->host->name,
			condition->host->name);
	if (word_is(line, "none")) {
		condition->comparison = COMPARE_EQUAL;
		return true;
	}
	if (!read_comparison(scenario, line, condition))
		return false;
	if (condition->type == CONDITION_OUTAGES)
		return read_number(scenario, line, "count", UINT32_MAX, &condition->number);
	if (!read_duration(scenario, line, "length of the outage", &length))
		return false;
	condition->number = (uint64_t)length;
	return true;
}

static bool read_masters(struct scenario *scenario, struct line *line, struct condition *condition)
{
	uint64_t number;

	condition->type = CONDITION_MASTERS;
	condition->vrid = 51;
	if (!word_is(line, "vrid"))
		return true;
	if (!read_number(scenario, line, "VRID", 255, &number))
		return false;
	condition->vrid = (unsigned)number;
	return true;
}

static bool read_host_condition(struct scenario *scenario, struct line *line, struct condition *condition)
{
	if (!read_host(scenario, line, &condition->host))
		return false;
	condition->type = CONDITION_WORKS;
	condition->negative = word_is(line, "fails");
	if (!condition->negative && !word_is(line, "works"))
		return complain(
			scenario, line->number, "of a host can be expected: works [by ROUTER], fails");
	if (!condition->negative && word_is(line, "by"))
		return read_router(scenario, line, &condition->router);
	return true;
}

static bool read_subject(struct scenario *scenario, struct line *line, struct condition *condition)
{
	if (word_is(line, "advert")) {
		condition->type = CONDITION_ADVERT;
		return read_frame_pattern(scenario, line, condition);
	}
	if (word_is(line, "announcement")) {
		condition->type = CONDITION_ANNOUNCEMENT;
		return read_frame_pattern(scenario, line, condition);
	}
	if (word_is(line, "answer")) {
		condition->type = CONDITION_ANSWER;
		return read_frame_pattern(scenario, line, condition);
	}
	if (word_is(line, "master")) /* no master */
		return read_masters(scenario, line, condition);
	if (word_is(line, "outage") || word_is(line, "outages")) {
		condition->type =
			line->words[line->next - 1][6] == 's' ? CONDITION_OUTAGES : CONDITION_OUTAGE;
		return read_outage(scenario, line, condition);
	}
	if (word_is(line, "total")) {
		condition->type = CONDITION_TOTAL;
		if (!word_is(line, "outage"))
			return complain(scenario, line->number, "write: total outage HOST < LENGTH");
		return read_outage(scenario, line, condition);
	}
	if (word_peek(line) != NULL && host_find(scenario->world, word_peek(line)) != NULL)
		return read_host_condition(scenario, line, condition);
	return read_of_router(scenario, line, condition);
}

bool condition_is_event(const struct condition *condition)
{
	return condition->type == CONDITION_ADVERT || condition->type == CONDITION_ANNOUNCEMENT ||
	       condition->type == CONDITION_ANSWER || condition->type == CONDITION_SAYS;
}

/* Of what happens at a moment: within how long from now on, or not for how long. */
static bool read_event_window(struct scenario *scenario, struct line *line, struct step *step)
{
	struct condition *condition = &step->condition;
	dur_t length;

	if (!condition_is_event(condition) || step->window != WINDOW_NOW)
		return true;
	if (!word_is(line, condition->negative ? "for" : "within"))
		return complain(scenario, line->number,
			condition->negative ? "`for LENGTH` is missing: not for how long?"
					    : "`within LENGTH` is missing: how soon?");
	if (!read_duration(scenario, line, "length of the window", &length))
		return false;
	step->window = condition->negative ? WINDOW_THROUGHOUT : WINDOW_ONCE;
	step->until = mono_add(step->at, length);
	return true;
}

bool read_condition(struct scenario *scenario, struct line *line, struct step *step)
{
	struct condition *condition = &step->condition;
	const size_t first = line->next;
	uint64_t number = 1;
	bool good;

	if (word_peek(line) == NULL)
		return complain(scenario, line->number, "what is expected is missing");
	if (word_is(line, "one") || (word_peek(line)[0] >= '0' && word_peek(line)[0] <= '9')) {
		if (line->next == first && !read_number(scenario, line, "count", SIM_ROUTERS_MAX, &number))
			return false;
		if (!word_is(line, "master") && !word_is(line, "masters"))
			return complain(scenario, line->number, "write: expect %llu masters [vrid N]",
				(unsigned long long)number);
		condition->number = number;
		good = read_masters(scenario, line, condition);
	} else {
		const bool no = word_is(line, "no");

		good = read_subject(scenario, line, condition);
		/* no master: a count of none */
		condition->negative ^= no && condition->type != CONDITION_MASTERS;
		if (good && no && !condition_is_event(condition) && condition->type != CONDITION_MASTERS)
			return complain(scenario, line->number,
				"\"no\" stands before master, advert, announcement and answer only");
	}
	condition->words = words_text(scenario, line, first);
	return good && read_event_window(scenario, line, step);
}

static enum router_state state_of(const struct router *router, const char *instance)
{
	const struct vr *vr = router_vr_by_name(router, instance);

	if (vr == NULL)
		return ROUTER_OFF;
	switch (vr->state) {
	case VR_INITIALIZE:
		if ((vr->blockers & VR_BLOCKER_DRAINED) != 0 && (vr->blockers & VR_BLOCKER_NOT_STARTED) == 0)
			return ROUTER_DRAINED;
		return (vr->blockers & ~(uint32_t)VR_BLOCKER_NOT_STARTED) != 0 ? ROUTER_FAULT : ROUTER_INIT;
	case VR_BACKUP:
		return ROUTER_BACKUP;
	case VR_MASTER:
		return ROUTER_MASTER;
	}
	return ROUTER_OFF;
}

static unsigned count_masters(const struct world *world, unsigned vrid)
{
	unsigned count = 0;

	for (size_t i = 0; i < world->router_count; i++)
		for (size_t k = 0; k < router_vr_count(world->routers[i]); k++) {
			const struct vr *vr = router_vr(world->routers[i], k);

			count += vr->state == VR_MASTER && vr->config->vrid == vrid;
		}
	return count;
}

static bool has_route(const struct router *router, const struct ip_prefix *prefix)
{
	for (size_t i = 0; i < router->route_count; i++)
		if (ip_prefix_equal(&router->routes[i].destination, prefix))
			return true;
	return false;
}

/* Of one family at least. */
static bool is_member(const struct router *router, const char *name)
{
	const struct nic *nic = nic_by_name(router, name);

	return nic != NULL && (nic_is_member(nic, IP_V4) || nic_is_member(nic, IP_V6));
}

static bool compare(const struct condition *condition, uint64_t number)
{
	switch (condition->comparison) {
	case COMPARE_LESS:
		return number < condition->number;
	case COMPARE_MORE:
		return number > condition->number;
	case COMPARE_EQUAL:
		return number == condition->number;
	}
	return false;
}

/* The worst of the host's streams. */
static uint64_t measure(const struct world *world, const struct condition *condition)
{
	uint64_t worst = 0;

	for (size_t i = 0; i < condition->host->stream_count; i++) {
		const struct stream *stream = &condition->host->streams[i];
		uint64_t value = (uint64_t)stream_longest(world, stream);

		if (condition->type == CONDITION_OUTAGES)
			value = stream->outages;
		if (condition->type == CONDITION_TOTAL)
			value = (uint64_t)(stream->total +
					   (stream->works || !stream->worked
							   ? 0
							   : mono_sub(world->now, stream->down_since)));
		if (value > worst)
			worst = value;
	}
	return worst;
}

static bool host_works(const struct condition *condition)
{
	for (size_t i = 0; i < condition->host->stream_count; i++) {
		const struct stream *stream = &condition->host->streams[i];

		if (!stream->works || (condition->router != NULL && stream->by != condition->router))
			return false;
	}
	return true;
}

static bool is_so(const struct world *world, const struct condition *condition)
{
	const struct vr *vr;
	uint64_t drops;

	switch (condition->type) {
	case CONDITION_STATE:
		return state_of(condition->router, condition->instance) == condition->state;
	case CONDITION_PRIORITY:
		vr = router_vr_by_name(condition->router, condition->instance);
		return vr != NULL && vr->priority == condition->number;
	case CONDITION_HOLDS:
		return kernel_has_address(condition->router, &condition->address);
	case CONDITION_ROUTE:
		return has_route(condition->router, &condition->prefix);
	case CONDITION_RULE:
		return kernel_has_rule(condition->router, (uint32_t)condition->number);
	case CONDITION_DEVICE:
		return nic_by_name(condition->router, condition->text) != NULL;
	case CONDITION_MEMBERSHIP:
		return is_member(condition->router, condition->text);
	case CONDITION_FIREWALL:
		return firewall_stands(condition->router);
	case CONDITION_DROPS:
		drops = router_vr_drops(condition->router, condition->instance, condition->reason);
		return condition->any_number ? drops > 0 : drops == condition->number;
	case CONDITION_MASTERS:
		return count_masters(world, condition->vrid) == condition->number;
	case CONDITION_WORKS:
		return host_works(condition);
	case CONDITION_OUTAGE:
	case CONDITION_TOTAL:
	case CONDITION_OUTAGES:
		return compare(condition, measure(world, condition));
	case CONDITION_ADVERT:
	case CONDITION_ANNOUNCEMENT:
	case CONDITION_ANSWER:
	case CONDITION_SAYS:
		break;
	}
	return false;
}

bool condition_holds(const struct world *world, const struct condition *condition)
{
	return is_so(world, condition) != condition->negative;
}

void condition_explain(const struct world *world, const struct condition *condition, struct text *out)
{
	const struct vr *vr;

	switch (condition->type) {
	case CONDITION_STATE:
		text_str(out, "it is ");
		text_str(out, state_names[state_of(condition->router, condition->instance)]);
		break;
	case CONDITION_PRIORITY:
		vr = router_vr_by_name(condition->router, condition->instance);
		text_str(out, "it is ");
		text_u64(out, vr != NULL ? vr->priority : 0);
		break;
	case CONDITION_DROPS:
		text_str(out, "it has dropped ");
		text_u64(out, router_vr_drops(condition->router, condition->instance, condition->reason));
		break;
	case CONDITION_MASTERS:
		text_str(out, "there are ");
		text_u64(out, count_masters(world, condition->vrid));
		break;
	case CONDITION_OUTAGE:
	case CONDITION_TOTAL:
		text_str(out, "it is ");
		text_duration(out, (dur_t)measure(world, condition));
		break;
	case CONDITION_OUTAGES:
		text_str(out, "there were ");
		text_u64(out, measure(world, condition));
		break;
	case CONDITION_WORKS:
	case CONDITION_HOLDS:
	case CONDITION_ROUTE:
	case CONDITION_RULE:
	case CONDITION_DEVICE:
	case CONDITION_MEMBERSHIP:
	case CONDITION_FIREWALL:
		text_str(out, "it is not so");
		break;
	case CONDITION_ADVERT:
	case CONDITION_ANNOUNCEMENT:
	case CONDITION_ANSWER:
	case CONDITION_SAYS:
		text_str(out, condition->negative ? "there was one" : "there was none");
		break;
	}
}
