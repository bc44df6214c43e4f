/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of a scenario: lines of words, "quoted words", # comments, blocks in braces; and the words that occur everywhere. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/scenario.h"

bool complain(struct scenario *scenario, unsigned line, const char *format, ...)
{
	char text[SCENARIO_MESSAGE_SIZE - 120];
	va_list arguments;

	if (scenario->message[0] != '\0')
		return false;
	/* Of an empty file there is no line. */
	line = line > 0 ? line : 1;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	/* What was quoted from the file may hold anything. */
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	snprintf(scenario->message, sizeof(scenario->message), "%.80s:%u: error: %s\n", scenario->path, line,
		text);
	scenario->error_line = line;
	return false;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static const char *line_end(const char *at, const char *end)
{
	const char *newline = memchr(at, '\n', (size_t)(end - at));

	return newline != NULL ? newline : end;
}

/* One word; *at is moved behind it. NULL: no more on this line. */
static const char *next_word(struct scenario *scenario, const char **at, const char *end, unsigned number)
{
	const char *start;
	const char *word;

	while (*at < end && is_blank(**at))
		++*at;
	if (*at == end || **at == '#')
		return NULL;
	start = *at;
	if (*start != '"') {
		while (*at < end && !is_blank(**at))
			++*at;
		return arena_string(&scenario->arena, start, (size_t)(*at - start));
	}
	++*at;
	while (*at < end && **at != '"')
		++*at;
	if (*at == end) {
		complain(scenario, number, "a \" has no other one on this line: close the text with it");
		return NULL;
	}
	word = arena_string(&scenario->arena, start + 1, (size_t)(*at - start - 1));
	++*at;
	return word;
}

/* Braces that open minus braces that close, comments left out. */
static int braces(const char *at, const char *end)
{
	int depth = 0;

	for (; at < end && *at != '#' && *at != '!'; at++)
		depth += (*at == '{') - (*at == '}');
	return depth;
}

static bool take_block(
	struct scenario *scenario, const char **cursor, const char *end, unsigned *number, struct line *line)
{
	int depth = 1;

	line->block = *cursor;
	while (*cursor < end) {
		const char *stop = line_end(*cursor, end);
		const char *start = *cursor;

		++*number;
		depth += braces(*cursor, stop);
		*cursor = stop < end ? stop + 1 : end;
		if (depth > 0)
			continue;
		line->block_length = (size_t)(start - line->block);
		while (start < stop && is_blank(*start))
			start++;
		if (depth == 0 && start < stop && *start == '}')
			return true;
		return complain(scenario, *number,
			"the } of the block of line %u must stand on a line of its own", line->number);
	}
	return complain(scenario, line->number,
		"the block that begins here is never closed: put a } on a line of its own");
}

/* The next line that says something; false at the end, or after an error. */
bool line_next(
	struct scenario *scenario, const char **cursor, const char *end, unsigned *number, struct line *line)
{
	while (*cursor < end && scenario->message[0] == '\0') {
		const char *stop = line_end(*cursor, end);
		const char *at = *cursor;
		const char *word;

		*line = (struct line){.number = ++*number};
		*cursor = stop < end ? stop + 1 : end;
		while ((word = next_word(scenario, &at, stop, *number)) != NULL) {
			if (line->count == SCENARIO_WORDS_MAX)
				return complain(scenario, *number, "this line has more than %d words",
					SCENARIO_WORDS_MAX);
			line->words[line->count++] = word;
		}
		if (scenario->message[0] != '\0')
			return false;
		if (line->count == 0)
			continue;
		if (strcmp(line->words[line->count - 1], "{") != 0)
			return true;
		line->count--;
		if (line->count == 0)
			return complain(scenario, *number, "a block needs words in front of its {");
		return take_block(scenario, cursor, end, number, line);
	}
	return false;
}

const char *word_peek(const struct line *line)
{
	return line->next < line->count ? line->words[line->next] : NULL;
}

bool word_is(struct line *line, const char *word)
{
	const char *next = word_peek(line);

	if (next == NULL || strcmp(next, word) != 0)
		return false;
	line->next++;
	return true;
}

const char *word_take(struct scenario *scenario, struct line *line, const char *what)
{
	if (line->next < line->count)
		return line->words[line->next++];
	complain(scenario, line->number, "%s is missing at the end of the line", what);
	return NULL;
}

bool words_end(struct scenario *scenario, struct line *line)
{
	if (line->next < line->count)
		return complain(scenario, line->number,
			"\"%s\" is not understood here: the statement is complete without it",
			line->words[line->next]);
	if (line->block != NULL)
		return complain(scenario, line->number, "this statement takes no block");
	return true;
}

const char *words_text(struct scenario *scenario, const struct line *line, size_t first)
{
	char buffer[SCENARIO_MESSAGE_SIZE];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	for (size_t i = first; i < line->count; i++) {
		if (i > first)
			text_char(&text, ' ');
		text_str(&text, line->words[i]);
	}
	return arena_string(&scenario->arena, buffer, text.length);
}

bool read_number(
	struct scenario *scenario, struct line *line, const char *what, uint64_t most, uint64_t *number)
{
	const char *word = word_take(scenario, line, what);
	char *end;

	if (word == NULL)
		return false;
	*number = strtoull(word, &end, 10);
	if (*word < '0' || *word > '9' || *end != '\0' || *number > most)
		return complain(scenario, line->number, "\"%s\" is no %s: a number up to %llu is", word, what,
			(unsigned long long)most);
	return true;
}

/* "4.2s", "620ms", "1min", "0" */
bool duration_parse(const char *word, dur_t *length)
{
	static const struct {
		const char *name;
		dur_t length;
	} units[] = {{"us", DUR_US}, {"ms", DUR_MS}, {"s", DUR_S}, {"min", 60 * DUR_S}, {"h", 3600 * DUR_S},
		{"d", 86400 * DUR_S}};
	int64_t whole = 0, part = 0, scale = 1;
	const char *at = word;

	if (*at < '0' || *at > '9')
		return false;
	for (; *at >= '0' && *at <= '9' && whole < 1000000000; at++)
		whole = 10 * whole + (*at - '0');
	if (*at == '.')
		for (at++; *at >= '0' && *at <= '9' && scale < 1000000000; at++) {
			part = 10 * part + (*at - '0');
			scale *= 10;
		}
	if (*at == '\0' && whole == 0 && part == 0) {
		*length = 0;
		return true;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(at, units[i].name) == 0 && whole <= SCENARIO_TIME_MAX / units[i].length) {
			*length = whole * units[i].length + (dur_t)((__int128)part * units[i].length / scale);
			return *length <= SCENARIO_TIME_MAX;
		}
	return false;
}

bool read_duration(struct scenario *scenario, struct line *line, const char *what, dur_t *length)
{
	const char *word = word_take(scenario, line, what);

	if (word == NULL)
		return false;
	if (!duration_parse(word, length))
		return complain(scenario, line->number,
			"\"%s\" is no %s: write a number with its unit (us, ms, s, min, h, d), as in 4.2s",
			word, what);
	return true;
}

bool read_address(struct scenario *scenario, struct line *line, const char *what, struct ip_addr *address)
{
	const char *word = word_take(scenario, line, what);

	if (word == NULL)
		return false;
	if (!ip_parse(word, strlen(word), address))
		return complain(
			scenario, line->number, "\"%s\" is no %s: an IP address is expected", word, what);
	return true;
}

bool read_addresses(struct scenario *scenario, struct line *line, struct ip_addr *addresses, size_t most,
	size_t *count)
{
	const char *word = word_take(scenario, line, "addresses with commas between them");

	*count = 0;
	while (word != NULL && *word != '\0') {
		const size_t length = strcspn(word, ",");

		if (*count == most || !ip_parse(word, length, &addresses[*count]))
			return complain(scenario, line->number,
				"\"%s\" is no list of addresses: write A,B, at most %zu of them", word, most);
		++*count;
		word += length + (word[length] == ',');
	}
	return word != NULL;
}

bool read_octet(struct scenario *scenario, struct line *line, const char *what, uint8_t *octet)
{
	uint64_t number;

	if (!read_number(scenario, line, what, 255, &number))
		return false;
	*octet = (uint8_t)number;
	return true;
}

bool read_prefix(struct scenario *scenario, struct line *line, const char *what, struct ip_prefix *prefix)
{
	const char *word = word_take(scenario, line, what);

	if (word == NULL)
		return false;
	if (strcmp(word, "default") == 0) {
		*prefix = (struct ip_prefix){ip_v4(0, 0, 0, 0), 0};
		return true;
	}
	if (!ip_prefix_parse(word, strlen(word), prefix))
		return complain(scenario, line->number, "\"%s\" is no %s: write ADDRESS/LENGTH", word, what);
	return true;
}

bool read_router(struct scenario *scenario, struct line *line, struct router **router)
{
	const char *word = word_take(scenario, line, "the name of a router");

	if (word == NULL)
		return false;
	*router = router_find(scenario->world, word);
	if (*router == NULL)
		return complain(scenario, line->number,
			"there is no router \"%s\": `router %s ...` would make it", word, word);
	return true;
}

bool read_host(struct scenario *scenario, struct line *line, struct host **host)
{
	const char *word = word_take(scenario, line, "the name of a host");

	if (word == NULL)
		return false;
	*host = host_find(scenario->world, word);
	if (*host == NULL)
		return complain(scenario, line->number,
			"there is no host \"%s\": `host %s ...` would make it", word, word);
	return true;
}

bool read_segment(struct scenario *scenario, struct line *line, struct segment **segment)
{
	const char *word = word_take(scenario, line, "the name of a switch or hub");

	if (word == NULL)
		return false;
	*segment = segment_find(scenario->world, word);
	if (*segment == NULL)
		return complain(scenario, line->number,
			"there is no switch or hub \"%s\": `switch %s` would make it", word, word);
	return true;
}

/* "gw1:eth0" */
static bool find_nic(struct scenario *scenario, const struct line *line, const char *word,
	struct router **router, struct nic **nic)
{
	const char *colon = strchr(word, ':');
	char name[SIM_NAME_SIZE];

	if (colon == NULL || (size_t)(colon - word) >= sizeof(name))
		return complain(scenario, line->number,
			"\"%s\" is no interface: write ROUTER:INTERFACE, as in gw1:eth0", word);
	memcpy(name, word, (size_t)(colon - word));
	name[colon - word] = '\0';
	*router = router_find(scenario->world, name);
	if (*router == NULL)
		return complain(scenario, line->number, "there is no router \"%s\"", name);
	*nic = nic_by_name(*router, colon + 1);
	if (*nic == NULL)
		return complain(scenario, line->number, "%s has no interface \"%s\"", name, colon + 1);
	return true;
}

bool read_nic(struct scenario *scenario, struct line *line, struct router **router, struct nic **nic)
{
	const char *word = word_take(scenario, line, "an interface (ROUTER:INTERFACE)");

	return word != NULL && find_nic(scenario, line, word, router, nic);
}

/* "lan-upstream": the cable between these segments */
static struct port_end *find_trunk(const struct world *world, const char *word)
{
	for (struct segment *segment = world->segments; segment; segment = segment->next) {
		const size_t length = strlen(segment->name);

		if (strncmp(word, segment->name, length) != 0 || word[length] != '-')
			continue;
		for (struct port_end *port = segment->ports; port; port = port->next)
			if (port->far == FAR_SEGMENT &&
				strcmp(port->peer->segment->name, word + length + 1) == 0)
				return port;
	}
	return NULL;
}

bool read_target(struct scenario *scenario, struct line *line, struct target *target)
{
	const char *word = word_take(scenario, line, "whose cables are meant (ROUTER:INTERFACE, a name)");

	if (word == NULL)
		return false;
	*target = (struct target){.name = word};
	if (strchr(word, ':') != NULL)
		return find_nic(scenario, line, word, &target->router, &target->nic);
	target->segment = segment_find(scenario->world, word);
	target->router = router_find(scenario->world, word);
	target->host = host_find(scenario->world, word);
	target->trunk = find_trunk(scenario->world, word);
	if (target->segment == NULL && target->router == NULL && target->host == NULL &&
		target->trunk == NULL)
		return complain(scenario, line->number,
			"\"%s\" is no switch, hub, router, host, interface (gw1:eth0) or cable between "
			"switches (a-b)",
			word);
	return true;
}
