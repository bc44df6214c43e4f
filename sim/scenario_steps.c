/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps: `at TIME ...`, `by TIME expect ...`, `from TIME to TIME expect ...`, and reading a whole scenario. */
#include <stdlib.h>
#include <string.h>

#include "sim/scenario.h"

#define DEFAULT_LENGTH (60 * DUR_S)

static struct step *new_step(struct scenario *scenario, const struct line *line)
{
	struct step *step;

	if (scenario->step_count == SCENARIO_STEPS_MAX) {
		complain(scenario, line->number, "a scenario has at most %d steps", SCENARIO_STEPS_MAX);
		return NULL;
	}
	if (scenario->step_count == scenario->step_capacity) {
		size_t capacity = 2 * scenario->step_capacity + 16;

		step = reallocarray(scenario->steps, capacity, sizeof(*step));
		if (step == NULL) {
			complain(scenario, line->number, "no memory");
			return NULL;
		}
		scenario->steps = step;
		scenario->step_capacity = capacity;
	}
	step = &scenario->steps[scenario->step_count];
	*step = (struct step){.line = line->number, .ways = WAY_BOTH};
	return step;
}

/* "4.2s" after the beginning, "+300ms" after the step before. */
static bool read_time(struct scenario *scenario, struct line *line, mono_t *at)
{
	const char *word = word_take(scenario, line, "a time");
	dur_t length;

	if (word == NULL)
		return false;
	if (!duration_parse(word[0] == '+' ? word + 1 : word, &length))
		return complain(scenario, line->number,
			"\"%s\" is no time: write 4.2s (after the beginning) or +300ms (after the step "
			"before)",
			word);
	*at = mono_add(word[0] == '+' ? scenario->last_at : WORLD_START, length);
	if (mono_before(*at, scenario->last_at))
		return complain(scenario, line->number,
			"%s is earlier than the step before: steps stand in the order of time", word);
	return true;
}

static bool is_off(const struct scenario *scenario, const struct router *router)
{
	return scenario->off[router->number] || scenario->unpowered[router->number];
}

static bool must_run(struct scenario *scenario, const struct line *line, const struct router *router)
{
	if (!is_off(scenario, router))
		return true;
	return complain(scenario, line->number, "%s does not run at this time: `start %s` must stand before",
		router->name, router->name);
}

static bool read_start(struct scenario *scenario, struct line *line, struct step *step)
{
	step->type = STEP_START;
	if (!read_router(scenario, line, &step->router))
		return false;
	if (scenario->unpowered[step->router->number])
		return complain(scenario, line->number,
			"%s has no power at this time: `power %s on` starts it", step->router->name,
			step->router->name);
	if (!scenario->off[step->router->number])
		return complain(scenario, line->number, "%s runs already", step->router->name);
	scenario->off[step->router->number] = false;
	return words_end(scenario, line);
}

static bool read_stop(struct scenario *scenario, struct line *line, struct step *step)
{
	step->type = STEP_STOP;
	if (!read_router(scenario, line, &step->router) || !must_run(scenario, line, step->router))
		return false;
	step->now = word_is(line, "now");
	scenario->off[step->router->number] = true;
	return words_end(scenario, line);
}

static bool read_crash(struct scenario *scenario, struct line *line, struct step *step)
{
	step->type = STEP_CRASH;
	if (!read_router(scenario, line, &step->router) || !must_run(scenario, line, step->router))
		return false;
	step->now = word_is(line, "for") && word_is(line, "good");
	scenario->off[step->router->number] = step->now;
	return words_end(scenario, line);
}

static bool read_upgrade(struct scenario *scenario, struct line *line, struct step *step)
{
	step->type = STEP_UPGRADE;
	return read_router(scenario, line, &step->router) && must_run(scenario, line, step->router) &&
	       words_end(scenario, line);
}

static bool read_kill(struct scenario *scenario, struct line *line, struct step *step)
{
	step->type = STEP_KILL;
	if (!read_router(scenario, line, &step->router) || !must_run(scenario, line, step->router))
		return false;
	scenario->off[step->router->number] = true;
	return words_end(scenario, line);
}

static bool read_power(struct scenario *scenario, struct line *line, struct step *step)
{
	step->type = STEP_POWER;
	if (!read_router(scenario, line, &step->router))
		return false;
	step->on = word_is(line, "on");
	if (!step->on && !word_is(line, "off"))
		return complain(scenario, line->number, "write: power %s on, or off", step->router->name);
	if (scenario->unpowered[step->router->number] != step->on)
		return complain(scenario, line->number, "the power of %s is %s already", step->router->name,
			step->on ? "on" : "off");
	scenario->unpowered[step->router->number] = !step->on;
	if (step->on)
		scenario->off[step->router->number] = false;
	return words_end(scenario, line);
}

static bool read_stall(struct scenario *scenario, struct line *line, struct step *step)
{
	mono_t *until;
	dur_t length;

	step->type = STEP_STALL;
	if (!read_router(scenario, line, &step->router) || !must_run(scenario, line, step->router))
		return false;
	until = &scenario->stalled_until[step->router->number];
	if (mono_before(step->at, *until))
		return complain(
			scenario, line->number, "%s is stalled at this time already", step->router->name);
	*until = MONO_NEVER;
	step->until = MONO_NEVER;
	if (word_is(line, "for")) {
		if (!read_duration(scenario, line, "length of the stall", &length))
			return false;
		step->until = mono_add(step->at, length);
		*until = step->until;
	}
	return words_end(scenario, line);
}

static bool read_resume(struct scenario *scenario, struct line *line, struct step *step)
{
	step->type = STEP_RESUME;
	if (!read_router(scenario, line, &step->router))
		return false;
	if (scenario->stalled_until[step->router->number].ns != MONO_NEVER.ns)
		return complain(scenario, line->number,
			"%s is not stalled without an end: `stall %s` must stand before", step->router->name,
			step->router->name);
	scenario->stalled_until[step->router->number] = step->at;
	return words_end(scenario, line);
}

/* Words that may follow the router in an order; anything else is a name. */
static bool read_order_option(struct scenario *scenario, struct line *line, struct step *step)
{
	if (step->order == ENGINE_DRAIN && word_is(line, "force")) {
		step->on = true;
		return true;
	}
	if (step->order == ENGINE_DRAIN && word_is(line, "timeout"))
		return read_duration(scenario, line, "timeout", &step->amount);
	if (step->text != NULL)
		return complain(scenario, line->number, "\"%s\" is one word too many", word_peek(line));
	step->text = word_take(scenario, line, "a name");
	return step->text != NULL;
}

/* drain gw1 [NAME] [timeout 3s] [force], undrain gw1 [NAME], takeover gw1 [NAME] */
static bool read_order(struct scenario *scenario, struct line *line, struct step *step, enum engine_order order)
{
	step->type = STEP_ORDER;
	step->order = order;
	if (!read_router(scenario, line, &step->router) || !must_run(scenario, line, step->router))
		return false;
	while (word_peek(line) != NULL)
		if (!read_order_option(scenario, line, step))
			return false;
	return true;
}

static bool read_reload(struct scenario *scenario, struct line *line, struct step *step)
{
	step->type = STEP_RELOAD;
	step->text = ""; /* tells the reader that no nic may stand in the block */
	if (!read_router(scenario, line, &step->router) || !must_run(scenario, line, step->router) ||
		!router_text(scenario, line, step->router, &step->text, &step->length))
		return false;
	line->block = NULL;
	return words_end(scenario, line);
}

static bool read_cut(struct scenario *scenario, struct line *line, struct step *step, bool cut)
{
	step->type = cut ? STEP_CUT : STEP_HEAL;
	if (!cut && word_peek(line) == NULL)
		return true;
	return read_target(scenario, line, &step->target) && words_end(scenario, line);
}

/* "30%", "0.5%" as parts per million */
static bool read_percent(struct scenario *scenario, struct line *line, int64_t *ppm)
{
	const char *word = word_take(scenario, line, "how many (30%)");
	char *end;
	double percent;

	if (word == NULL)
		return false;
	percent = strtod(word, &end);
	if (*word < '0' || *word > '9' || strcmp(end, "%") != 0 || percent > 100)
		return complain(
			scenario, line->number, "\"%s\" is no share: write 30%%, from 0%% to 100%%", word);
	*ppm = (int64_t)(percent * SIM_PPM / 100 + 0.5);
	return true;
}

static bool read_ways(struct line *line)
{
	return word_is(line, "in");
}

static bool read_fault(struct scenario *scenario, struct line *line, struct step *step, enum fault_type fault)
{
	step->type = STEP_FAULT;
	step->fault = fault;
	step->amount = 1;
	if (!read_target(scenario, line, &step->target))
		return false;
	if ((fault == FAULT_DELAY || fault == FAULT_JITTER) &&
		!read_duration(scenario, line, fault == FAULT_DELAY ? "delay" : "jitter", &step->amount))
		return false;
	if ((fault == FAULT_LOSS || fault == FAULT_DUPLICATE || fault == FAULT_REORDER) &&
		!read_percent(scenario, line, &step->amount))
		return false;
	/* As the machine at the end of the cable sees it. */
	if (read_ways(line))
		step->ways = WAY_OUT;
	else if (word_is(line, "out"))
		step->ways = WAY_IN;
	return words_end(scenario, line);
}

static bool is_meant(const struct port_end *port, const char *word)
{
	switch (port->far) {
	case FAR_ROUTER:
		return strcmp(port->router->name, word) == 0;
	case FAR_HOST:
		return strcmp(port->host->name, word) == 0;
	case FAR_SEGMENT:
		return strcmp(port->peer->segment->name, word) == 0;
	}
	return false;
}

/* part lan gw1 client | gw2: whoever is not named is in the first part. */
static bool read_part(struct scenario *scenario, struct line *line, struct step *step)
{
	struct segment *segment;
	const char *word;
	uint8_t part = 0;
	size_t count = 0;

	step->type = STEP_PART;
	if (!read_segment(scenario, line, &segment))
		return false;
	step->target.segment = segment;
	for (const struct port_end *port = segment->ports; port; port = port->next)
		count++;
	step->part = arena_alloc(&scenario->arena, count + 1);
	step->part_count = count;
	while ((word = word_peek(line)) != NULL) {
		bool found = false;

		line->next++;
		if (strcmp(word, "|") == 0) {
			part++;
			continue;
		}
		count = 0;
		for (const struct port_end *port = segment->ports; port; port = port->next, count++)
			if (is_meant(port, word)) {
				step->part[count] = part;
				found = true;
			}
		if (!found)
			return complain(scenario, line->number, "%s is not on %s", word, segment->name);
	}
	if (part == 0)
		return complain(scenario, line->number, "nothing is parted: write `part %s gw1 | gw2`",
			segment->name);
	return words_end(scenario, line);
}

/* wall gw1 +1h, wall gw1 -1h */
static bool read_wall(struct scenario *scenario, struct line *line, struct step *step)
{
	const char *word;

	step->type = STEP_WALL_CLOCK;
	if (!read_router(scenario, line, &step->router))
		return false;
	word = word_take(scenario, line, "how far its wall clock is set (+1h)");
	if (word == NULL)
		return false;
	if ((word[0] != '+' && word[0] != '-') || !duration_parse(word + 1, &step->amount))
		return complain(scenario, line->number,
			"\"%s\" is no change of a clock: write +1h (forward) or -1h (back)", word);
	if (word[0] == '-')
		step->amount = -step->amount;
	return words_end(scenario, line);
}

/* refuses, obeys, takes 5ms to 80ms */
static bool read_kernel(struct scenario *scenario, struct line *line, struct step *step)
{
	step->on = word_is(line, "refuses");
	if (step->on || word_is(line, "obeys"))
		return true;
	if (!word_is(line, "takes"))
		return complain(scenario, line->number, "write: kernel %s refuses, obeys, or takes TIME",
			step->router->name);
	step->type = STEP_KERNEL_DELAY;
	if (!read_duration(scenario, line, "delay of the kernel", &step->amount))
		return false;
	step->most = step->amount;
	if (word_is(line, "to") && !read_duration(scenario, line, "delay of the kernel", &step->most))
		return false;
	return step->most >= step->amount ||
	       complain(scenario, line->number, "the kernel takes least what comes first");
}

static bool read_setting(struct scenario *scenario, struct line *line, struct step *step, enum step_type type)
{
	step->type = type;
	if (!read_router(scenario, line, &step->router))
		return false;
	if (type == STEP_CLOCK && !read_rate(scenario, line, &step->amount))
		return false;
	if (type == STEP_NETLINK && word_is(line, "loses"))
		step->type = STEP_OVERRUN;
	if (type == STEP_NETLINK && !read_duration(scenario, line, "time of netlink", &step->amount))
		return false;
	if (type == STEP_REFUSE && !read_kernel(scenario, line, step))
		return false;
	return words_end(scenario, line);
}

/* script gw1 chk fails, file gw1 load -20 */
static bool read_object(struct scenario *scenario, struct line *line, struct step *step, enum track_kind kind)
{
	static const struct {
		const char *up, *down;
	} words[TRACK_KIND_COUNT] = {[TRACK_SCRIPT] = {"succeeds", "fails"},
		[TRACK_PROCESS] = {"runs", "ends"},
		[TRACK_BFD] = {"up", "down"}};
	const char *word;
	char *end;

	step->type = STEP_OBJECT;
	step->kind = kind;
	if (!read_router(scenario, line, &step->router))
		return false;
	step->text = word_take(scenario, line, "a name");
	word = step->text != NULL ? word_take(scenario, line, "how it is from now on") : NULL;
	if (word == NULL)
		return false;
	step->value.state = TRACK_UP;
	if (kind == TRACK_FILE) {
		step->value.value = (int32_t)strtol(word, &end, 10);
		if (*end != '\0')
			return complain(scenario, line->number, "\"%s\" is no number for a file to hold", word);
		return words_end(scenario, line);
	}
	if (strcmp(word, words[kind].down) == 0)
		step->value.state = TRACK_DOWN;
	else if (strcmp(word, words[kind].up) != 0)
		return complain(scenario, line->number, "\"%s\": write %s or %s", word, words[kind].up,
			words[kind].down);
	return words_end(scenario, line);
}

static bool same_moment_contradicts(const struct step *a, const struct step *b)
{
	const struct condition *c = &a->condition, *d = &b->condition;

	return a->type == STEP_EXPECT && a->window == WINDOW_NOW && b->window == WINDOW_NOW &&
	       a->at.ns == b->at.ns && c->type == CONDITION_STATE && d->type == CONDITION_STATE &&
	       c->router == d->router && string_equal(c->instance, d->instance) &&
	       c->negative == d->negative && !c->negative && c->state != d->state;
}

static bool read_expect(struct scenario *scenario, struct line *line, struct step *step)
{
	step->type = STEP_EXPECT;
	if (!read_condition(scenario, line, step) || !words_end(scenario, line))
		return false;
	for (size_t i = scenario->step_count; i > 0; i--) {
		const struct step *other = &scenario->steps[i - 1];

		if (other->at.ns != step->at.ns || other->type != STEP_EXPECT)
			break;
		if (same_moment_contradicts(other, step))
			return complain(scenario, line->number,
				"line %u expects another state of %s at the same moment", other->line,
				step->condition.router->name);
	}
	return true;
}

static bool read_action(struct scenario *scenario, struct line *line, struct step *step)
{
	static const struct {
		const char *word;
		enum fault_type fault;
	} faults[] = {{"silence", FAULT_SILENCE}, {"loss", FAULT_LOSS}, {"duplicate", FAULT_DUPLICATE},
		{"reorder", FAULT_REORDER}, {"delay", FAULT_DELAY}, {"jitter", FAULT_JITTER}};

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (word_is(line, faults[i].word))
			return read_fault(scenario, line, step, faults[i].fault);
	if (word_is(line, "expect"))
		return read_expect(scenario, line, step);
	if (word_is(line, "start"))
		return read_start(scenario, line, step);
	if (word_is(line, "stop"))
		return read_stop(scenario, line, step);
	if (word_is(line, "crash"))
		return read_crash(scenario, line, step);
	if (word_is(line, "upgrade"))
		return read_upgrade(scenario, line, step);
	if (word_is(line, "kill"))
		return read_kill(scenario, line, step);
	if (word_is(line, "power"))
		return read_power(scenario, line, step);
	if (word_is(line, "stall"))
		return read_stall(scenario, line, step);
	if (word_is(line, "resume"))
		return read_resume(scenario, line, step);
	if (word_is(line, "drain"))
		return read_order(scenario, line, step, ENGINE_DRAIN);
	if (word_is(line, "undrain"))
		return read_order(scenario, line, step, ENGINE_RESUME);
	if (word_is(line, "takeover"))
		return read_order(scenario, line, step, ENGINE_TAKEOVER);
	if (word_is(line, "reload"))
		return read_reload(scenario, line, step);
	if (word_is(line, "cut"))
		return read_cut(scenario, line, step, true);
	if (word_is(line, "heal"))
		return read_cut(scenario, line, step, false);
	if (word_is(line, "part"))
		return read_part(scenario, line, step);
	if (word_is_kernel_step(line))
		return read_kernel_step(scenario, line, step);
	if (word_is(line, "clock"))
		return read_setting(scenario, line, step, STEP_CLOCK);
	if (word_is(line, "wall"))
		return read_wall(scenario, line, step);
	if (word_is(line, "netlink"))
		return read_setting(scenario, line, step, STEP_NETLINK);
	if (word_is(line, "kernel"))
		return read_setting(scenario, line, step, STEP_REFUSE);
	for (size_t kind = TRACK_SCRIPT; kind < TRACK_KIND_COUNT; kind++)
		if (word_is(line, track_kind_name((enum track_kind)kind)))
			return read_object(scenario, line, step, (enum track_kind)kind);
	if (word_is(line, "inject"))
		return read_injection(scenario, line, step);
	if (word_is(line, "end")) {
		step->type = STEP_END;
		scenario->ended = true;
		return words_end(scenario, line);
	}
	if (word_peek(line) == NULL)
		return complain(scenario, line->number, "what happens at this time is missing");
	return complain(scenario, line->number,
		"\"%s\" is nothing that can happen: vigia(1) and doc/simulator.md list what can",
		word_peek(line));
}

/* An expectation that something comes true lets time pass for what follows. */
static bool is_by(const struct step *step)
{
	return step != NULL && step->by;
}

static bool read_window(struct scenario *scenario, struct line *line, struct step *step, bool by)
{
	const struct step *before = scenario->step_count > 0 ? step - 1 : NULL;

	step->by = by;
	if (by) {
		step->at = scenario->last_at;
		step->window = WINDOW_ONCE;
		if (!read_time(scenario, line, &step->until))
			return false;
		/* Several things come true by the same moment. */
		if (is_by(before) && before->until.ns == step->until.ns)
			step->at = before->at;
	} else {
		step->window = WINDOW_THROUGHOUT;
		if (!read_time(scenario, line, &step->at))
			return false;
		scenario->last_at = step->at;
		if (!word_is(line, "to"))
			return complain(scenario, line->number, "write: from TIME to TIME expect ...");
		if (!read_time(scenario, line, &step->until))
			return false;
	}
	if (!mono_before(step->at, step->until))
		return complain(
			scenario, line->number, "this window ends when it begins: its time must be later");
	if (!word_is(line, "expect"))
		return complain(scenario, line->number, "\"expect\" is missing behind the time");
	if (!read_expect(scenario, line, step))
		return false;
	if (condition_is_event(&step->condition) && !by)
		return complain(scenario, line->number,
			"this happens at a moment: write `at TIME expect ... within LENGTH`");
	return true;
}

static mono_t end_of(const struct step *step)
{
	const bool open = step->type == STEP_EXPECT && step->window != WINDOW_NOW;

	const bool lasts = (step->type == STEP_STALL && step->until.ns != MONO_NEVER.ns) ||
			   (step->type == STEP_INJECT && step->amount != 0);

	return open || lasts ? step->until : step->at;
}

bool read_step(struct scenario *scenario, struct line *line)
{
	struct step *step = new_step(scenario, line);
	bool good;

	if (step == NULL)
		return false;
	if (scenario->ended)
		return complain(
			scenario, line->number, "the scenario has ended before: put this in front of `end`");
	if (word_is(line, "at"))
		good = read_time(scenario, line, &step->at) && read_action(scenario, line, step);
	else
		good = read_window(scenario, line, step, line->words[line->next++][0] == 'b');
	if (!good)
		return false;
	scenario->last_at = is_by(step) ? step->until : step->at;
	if (mono_before(scenario->end, end_of(step)))
		scenario->end = end_of(step);
	scenario->step_count++;
	return true;
}

static bool is_step(const struct line *line)
{
	return strcmp(line->words[0], "at") == 0 || strcmp(line->words[0], "by") == 0 ||
	       strcmp(line->words[0], "from") == 0;
}

static bool read_lines(struct scenario *scenario, const char *text, size_t length)
{
	const char *cursor = text;
	unsigned number = 0;
	bool steps = false;
	struct line line;

	while (line_next(scenario, &cursor, text + length, &number, &line)) {
		if (!steps && is_step(&line)) {
			steps = true;
			if (!finish_world(scenario))
				return false;
		}
		if (steps && !is_step(&line))
			return complain(scenario, line.number,
				"\"%s\" stands behind the first step: the network is described before it",
				line.words[0]);
		if (steps ? !read_step(scenario, &line) : !read_world_line(scenario, &line))
			return false;
	}
	if (scenario->message[0] != '\0' || steps)
		return scenario->message[0] == '\0';
	return complain(scenario, number,
		"nothing happens in this scenario: add lines like `at 4s expect gw1 master`");
}

static void *get_page(void *user, size_t size)
{
	(void)user;
	return calloc(1, size);
}

static void put_page(void *user, void *page, size_t size)
{
	(void)user;
	(void)size;
	free(page);
}

bool scenario_read(struct scenario *scenario, const char *path, const char *text, size_t length,
	const struct conf_files *files)
{
	*scenario = (struct scenario){
		.path = path, .files = files, .seed = 1, .last_at = WORLD_START, .end = WORLD_START};
	arena_init(&scenario->arena, get_page, put_page, NULL);
	scenario->world = world_new(scenario->seed);
	if (scenario->world == NULL)
		return complain(scenario, 1, "no memory");
	if (strlen(text) != length)
		return complain(scenario, 1, "there are NUL bytes in the file: it is no text");
	return read_lines(scenario, text, length);
}

void scenario_free(struct scenario *scenario)
{
	world_free(scenario->world);
	free(scenario->steps);
	arena_free(&scenario->arena);
}
