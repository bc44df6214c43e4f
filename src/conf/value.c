/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One value: text -> the field that its keyword row names, and back. */
#include <stdlib.h>
#include <string.h>

#include "conf/draft.h"
#include "conf/line.h"

#define COUNT(array) (sizeof array / sizeof *array)

/* strtoul would take signs, blanks and overflow. */
static bool parse_digits(const char *text, const char *end, uint64_t limit, uint64_t *out)
{
	uint64_t value = 0;
	if (text == end)
		return false;
	for (; text < end; text++) {
		if (*text < '0' || *text > '9')
			return false;
		if (value > limit)
			continue; /* too large anyway; what follows must still be digits */
		value = value * 10 + (uint64_t)(*text - '0');
	}
	*out = value;
	return true;
}

#define DIGITS_LIMIT (UINT64_C(1) << 53) /* beyond all ranges, and far from overflow */

static bool parse_number(const char *text, int64_t *out)
{
	uint64_t value;
	bool negative = *text == '-';
	if (!parse_digits(text + (negative || *text == '+'), text + strlen(text), DIGITS_LIMIT, &value))
		return false;
	*out = negative ? -(int64_t)value : (int64_t)value;
	return true;
}

/* "1", "0.1", ".5": exactly, without floating point. More than 6 decimals are refused. */
static bool parse_timer(const char *text, dur_t *out)
{
	const char *end = text + strlen(text);
	const char *point = strchr(text, '.');
	uint64_t whole = 0;
	uint64_t fraction = 0;
	size_t decimals = point ? (size_t)(end - point) - 1 : 0;
	if (text == end || (point && point == text && decimals == 0) || decimals > 6)
		return false;
	if (point != text && !parse_digits(text, point ? point : end, UINT32_MAX, &whole))
		return false;
	if (decimals && !parse_digits(point + 1, end, DIGITS_LIMIT, &fraction))
		return false;
	for (size_t i = decimals; i < 9; i++)
		fraction *= 10;
	*out = whole > UINT32_MAX ? INT64_MAX : (dur_t)whole * DUR_S + (dur_t)fraction;
	return true;
}

/* As read_milliseconds reads it. */
static void print_milliseconds(dur_t length, struct text *out)
{
	text_seconds(out, length * 1000);
}

static void describe_range(const struct keyword *keyword, bool seconds, char *out, size_t size)
{
	struct text text;
	text_init(&text, out, size);
	for (int i = 0; i < 2; i++) {
		int64_t bound = i ? keyword->maximum : keyword->minimum;
		text_str(&text, i ? " to " : "");
		if (seconds)
			text_seconds(&text, bound);
		else
			text_i64(&text, bound);
	}
	text_str(&text, seconds ? " seconds" : "");
}

static bool in_range(struct reader *reader, const struct keyword *keyword, const struct token *token,
	int64_t value, bool seconds)
{
	if (value >= keyword->minimum && value <= keyword->maximum)
		return true;
	char range[80];
	describe_range(keyword, seconds, range, sizeof range);
	reader_error(reader, &token->spot, "'%s' is out of range: %s must be %s", token->text, keyword->word,
		range);
	return false;
}

static bool read_number(
	struct reader *reader, const struct keyword *keyword, const struct token *token, void *object)
{
	int64_t value;
	if (!parse_number(token->text, &value)) {
		char range[80];
		describe_range(keyword, false, range, sizeof range);
		reader_error(reader, &token->spot, "'%.60s' is not a number; %s takes %s", token->text,
			keyword->word, range);
		return false;
	}
	if (value == 0 && (keyword->traits & KEYWORD_ZERO_IS_ONE)) {
		reader_warning(reader, &token->spot, "0 is taken as 1, as keepalived does");
		value = 1;
	}
	if (!in_range(reader, keyword, token, value, false))
		return false;
	field_set(object, keyword->stored, value);
	if (keyword->given.size)
		field_set(object, keyword->given, true);
	return true;
}

static bool read_seconds(
	struct reader *reader, const struct keyword *keyword, const struct token *token, void *object)
{
	dur_t value;
	const char *text = token->text;
	size_t digits = strspn(text, "0123456789.");
	if (digits && text[digits] && (strcmp(text + digits, "ms") == 0 || strcmp(text + digits, "s") == 0)) {
		reader_error(reader, &token->spot,
			"'%.60s': %s is in seconds, without a unit (100 ms is 0.1)", text, keyword->word);
		return false;
	}
	if (!parse_timer(text, &value)) {
		reader_error(reader, &token->spot, "'%.60s' is not a number of seconds%s", text,
			keyword->kind == KEYWORD_TIMER ? " (with up to 6 decimals)" : "");
		return false;
	}
	if (!in_range(reader, keyword, token, value, true))
		return false;
	if (keyword->kind == KEYWORD_SECONDS && value % DUR_S) {
		reader_error(reader, &token->spot, "'%s': %s takes whole seconds", text, keyword->word);
		return false;
	}
	field_set(object, keyword->stored, value);
	return true;
}

static bool read_milliseconds(
	struct reader *reader, const struct keyword *keyword, const struct token *token, void *object)
{
	char range[80];
	struct text text;
	dur_t value;
	if (!parse_timer(token->text, &value) || (value < INT64_MAX && value % DUR_MS)) {
		reader_error(reader, &token->spot,
			"'%.60s' is not a number of milliseconds (with up to 3 decimals, without a unit)", token->text);
		return false;
	}
	value /= 1000;
	if (value >= keyword->minimum && value <= keyword->maximum) {
		field_set(object, keyword->stored, value);
		return true;
	}
	text_init(&text, range, sizeof range);
	print_milliseconds(keyword->minimum, &text);
	text_str(&text, " to ");
	print_milliseconds(keyword->maximum, &text);
	reader_error(reader, &token->spot, "'%s' is out of range: %s must be %s milliseconds", token->text,
		keyword->word, range);
	return false;
}

static bool read_bool(
	struct reader *reader, const struct keyword *keyword, const struct token *token, void *object)
{
	static const char *const words[][2] = {{"on", "off"}, {"true", "false"}, {"yes", "no"}};
	for (size_t i = 0; i < COUNT(words); i++)
		for (size_t j = 0; j < 2; j++)
			if (strcmp(token->text, words[i][j]) == 0) {
				field_set(object, keyword->stored, j ? keyword->off : keyword->on);
				return true;
			}
	reader_error(reader, &token->spot, "'%.60s': %s takes on or off (or true, false, yes, no)",
		token->text, keyword->word);
	return false;
}

static bool read_state(
	struct reader *reader, const struct keyword *keyword, const struct token *token, void *object)
{
	bool master = strcmp(token->text, "MASTER") == 0;
	if (master || strcmp(token->text, "BACKUP") == 0) {
		field_set(object, keyword->stored, master);
		return true;
	}
	reader_error(reader, &token->spot,
		"'%.60s': state is MASTER or BACKUP, in capitals; the priority decides who is"
		" master in the end",
		token->text);
	return false;
}

static bool has_control(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return true;
	return false;
}

bool value_check_string(struct reader *reader, const struct keyword *keyword, const struct token *token)
{
	if (token->length == 0 || token->length > (size_t)keyword->maximum) {
		reader_error(reader, &token->spot, "%s has 1 to %lld bytes, this one has %zu", keyword->word,
			(long long)keyword->maximum, token->length);
		return false;
	}
	if (has_control(token->text, token->length)) {
		reader_error(reader, &token->spot, "there is a control character in the value of %s",
			keyword->word);
		return false;
	}
	return true;
}

static bool read_string(
	struct reader *reader, const struct keyword *keyword, const struct token *token, void *object)
{
	if (!value_check_string(reader, keyword, token))
		return false;
	const char *copy = reader_keep_string(reader, token->text, token->length);
	memcpy((char *)object + keyword->stored.offset, &copy, sizeof copy);
	return copy != NULL;
}

static bool read_interface(struct reader *reader, const struct token *token, size_t maximum, const char **out)
{
	const char *name = token->text;
	if (token->length == 0 || token->length > maximum) {
		reader_error(reader, &token->spot,
			"'%.60s' is not the name of an interface%s: it has 1 to %zu bytes", name,
			maximum < INTERFACE_NAME_MAX ? ", or the beginning of one" : "", maximum);
		return false;
	}
	if (has_control(name, token->length) || strpbrk(name, "/ :;") || !strcmp(name, ".") ||
		!strcmp(name, "..")) {
		reader_error(reader, &token->spot,
			"'%s' is not the name of an interface (\"ip link\" lists them)", name);
		return false;
	}
	/* Many instances in a row have the same. */
	if (!reader->recent_interface || strcmp(reader->recent_interface, name) != 0)
		reader->recent_interface = reader_keep_string(reader, name, token->length);
	*out = reader->recent_interface;
	return *out != NULL;
}

bool value_read_interface(struct reader *reader, const struct token *token, const char **out)
{
	return read_interface(reader, token, INTERFACE_NAME_MAX, out);
}

bool value_read_address(struct reader *reader, const struct token *token, struct ip_addr *out)
{
	if (ip_parse(token->text, token->length, out))
		return true;
	reader_error(reader, &token->spot, "'%.60s' is not an IP address", token->text);
	return false;
}

bool value_read_prefix(struct reader *reader, const struct token *token, struct ip_prefix *out)
{
	if (ip_prefix_parse(token->text, token->length, out))
		return true;
	const char *slash = strchr(token->text, '/');
	const char *colon = strchr(token->text, ':');
	reader_error(reader, &token->spot, "'%.60s' is not an IP address%s", token->text,
		!slash  ? ""
		: colon ? " with a length of 0 to 128"
			: " with a length of 0 to 32");
	return false;
}

bool value_is_machine(const struct ip_addr *addr)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	if (ip_is_unspecified(addr) || ip_is_multicast(addr))
		return false;
	if (addr->family == IP_V4)
		return addr->bytes[0] != 0 && addr->bytes[0] < 240;
	return memcmp(addr->bytes, mapped, sizeof mapped) != 0;
}

static bool is_of_family(
	struct reader *reader, const struct keyword *keyword, const struct token *token, unsigned family)
{
	const unsigned only = (unsigned)keyword->on;
	if (!only || family == only)
		return true;
	reader_error(reader, &token->spot, "'%s': %s takes an IPv%u address", token->text, keyword->word, only);
	return false;
}

/* Takes "%INTERFACE" off. Several addresses of an object may have it, but the same. */
static bool read_zone(
	struct reader *reader, const struct keyword *keyword, struct token *token, void *object)
{
	const char *percent = keyword->zone.size ? memchr(token->text, '%', token->length) : NULL;
	const char *name, *old;
	char *at = (char *)object + keyword->zone.offset;
	if (!percent)
		return true;
	size_t length = (size_t)(percent - token->text);
	struct token zone = *token;
	zone.text += length + 1;
	zone.length -= length + 1;
	if (!value_read_interface(reader, &zone, &name))
		return false;
	memcpy(&old, at, sizeof old);
	if (old && strcmp(old, name) != 0) {
		reader_error(reader, &token->spot, "'%s' and, before it, '%s': one interface alone can be meant", name, old);
		return false;
	}
	memcpy(at, &name, sizeof name);
	token->length = length;
	return true;
}

static bool read_machine(
	struct reader *reader, const struct keyword *keyword, const struct token *argument, void *object)
{
	struct ip_addr addr;
	struct token part = *argument, *token = &part;
	if (!read_zone(reader, keyword, token, object) || !value_read_address(reader, token, &addr) ||
		!is_of_family(reader, keyword, token, addr.family))
		return false;
	if (!value_is_machine(&addr)) {
		reader_error(reader, &token->spot, "'%s' cannot be the address of a machine", token->text);
		return false;
	}
	memcpy((char *)object + keyword->stored.offset, &addr, sizeof addr);
	return true;
}

static bool read_group(
	struct reader *reader, const struct keyword *keyword, const struct token *token, void *object)
{
	struct ip_addr addr;
	if (!value_read_address(reader, token, &addr) || !is_of_family(reader, keyword, token, addr.family))
		return false;
	if (!ip_is_multicast(&addr)) {
		reader_error(reader, &token->spot,
			"'%s' is not a multicast address: 224.0.0.0 to 239.255.255.255, or ff00::/8",
			token->text);
		return false;
	}
	if (addr.family == IP_V6 && (addr.bytes[1] & 0x0f) != 2)
		reader_warning(reader, &token->spot,
			"'%s' is not of link-local scope (ff02::/16), which RFC 9568 5.1.2.2 asks for",
			token->text);
	memcpy((char *)object + keyword->stored.offset, &addr, sizeof addr);
	return true;
}

static bool read_choice(
	struct reader *reader, const struct keyword *keyword, const struct token *token, void *object)
{
	if (!token) {
		field_set(object, keyword->stored, keyword->on);
		return true;
	}
	for (const struct keyword_choice *choice = keyword->choices; choice->word; choice++)
		if (strcmp(choice->word, token->text) == 0) {
			field_set(object, keyword->stored, choice->value);
			return true;
		}
	reader_error(reader, &token->spot, "%s is one of %s", keyword->word, keyword->argument);
	return false;
}

static bool read_broadcast(
	struct reader *reader, const struct keyword *keyword, const struct token *token, void *object)
{
	bool automatic = strcmp(token->text, "+") == 0;
	/* "-" is 0.0.0.0 until the length is known: address_line.c. */
	struct ip_addr addr = {.family = automatic ? IP_NONE : IP_V4};
	if (!automatic && strcmp(token->text, "-") != 0 && !value_read_address(reader, token, &addr))
		return false;
	field_set(object, keyword->given, automatic);
	memcpy((char *)object + keyword->stored.offset, &addr, sizeof addr);
	return true;
}

static bool read_named(struct reader *reader, const struct keyword *keyword, const struct token *token,
	void *object, enum name_list list)
{
	uint32_t number;
	if (!named_number_read(reader, keyword->word, token, list, &number))
		return false;
	field_set(object, keyword->stored, number);
	if (keyword->given.size)
		field_set(object, keyword->given, true);
	return true;
}

static bool read_table(
	struct reader *reader, const struct keyword *keyword, const struct token *token, void *object)
{
	if (!read_named(reader, keyword, token, object, NAMES_TABLE))
		return false;
	if (field_get(object, keyword->stored))
		return true;
	reader_error(
		reader, &token->spot, "there is no routing table 0; leave the word out for the main table");
	return false;
}

bool value_wants_argument(const struct keyword *keyword)
{
	return keyword->kind != KEYWORD_FLAG && keyword->kind != KEYWORD_FILLER &&
	       keyword->kind != KEYWORD_PARTS && keyword->kind != KEYWORD_BLOCK && keyword->kind != KEYWORD_LINES;
}

bool value_read(
	struct reader *reader, const struct keyword *keyword, const struct token *argument, void *object)
{
	switch (keyword->kind) {
	case KEYWORD_FLAG:
		field_set(object, keyword->stored, keyword->on);
		return true;
	case KEYWORD_BOOL:
		if (argument)
			return read_bool(reader, keyword, argument, object);
		field_set(object, keyword->stored, keyword->on);
		return true;
	case KEYWORD_NUMBER:
		if (!argument) {
			field_set(object, keyword->stored, keyword->on);
			return true;
		}
		return read_number(reader, keyword, argument, object);
	case KEYWORD_SECONDS:
	case KEYWORD_TIMER:
		return read_seconds(reader, keyword, argument, object);
	case KEYWORD_MILLISECONDS:
		return read_milliseconds(reader, keyword, argument, object);
	case KEYWORD_STATE:
		return read_state(reader, keyword, argument, object);
	case KEYWORD_STRING:
		return read_string(reader, keyword, argument, object);
	case KEYWORD_INTERFACE:
		return read_interface(reader, argument,
			keyword->maximum ? (size_t)keyword->maximum : INTERFACE_NAME_MAX,
			(const char **)(void *)((char *)object + keyword->stored.offset));
	case KEYWORD_ADDRESS:
		return read_machine(reader, keyword, argument, object);
	case KEYWORD_MULTICAST:
		return read_group(reader, keyword, argument, object);
	case KEYWORD_CHOICE:
		return read_choice(reader, keyword, argument, object);
	case KEYWORD_BROADCAST:
		return read_broadcast(reader, keyword, argument, object);
	case KEYWORD_SCOPE:
		return read_named(reader, keyword, argument, object, NAMES_SCOPE);
	case KEYWORD_TABLE:
		return read_table(reader, keyword, argument, object);
	case KEYWORD_TOS:
		return read_named(reader, keyword, argument, object, NAMES_TOS);
	case KEYWORD_LINK_GROUP:
		return read_named(reader, keyword, argument, object, NAMES_LINK_GROUP);
	case KEYWORD_ORIGIN:
		return read_named(reader, keyword, argument, object, NAMES_ORIGIN);
	case KEYWORD_FILLER:
	case KEYWORD_PARTS:
	case KEYWORD_WORDS:
	case KEYWORD_BLOCK:
	case KEYWORD_LINES:
		return true;
	}
	return false;
}

bool value_check(struct reader *reader, const struct keyword *keyword, const struct token *argument)
{
	union {
		int64_t number;
		const char *string;
		struct ip_addr address;
	} unused = {0};
	struct keyword row = *keyword;
	row.stored = (struct field){0, sizeof unused.number};
	return value_read(reader, &row, argument, &unused);
}

static bool is_plain(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (unsigned char)c >= 0x80 || strchr("_-.:,/+*%=()[]<>|;?~@&^", c);
}

/* "..." when there is neither a '"' nor a '\\' before the end, which would hide it in a command; else '...', whose own
 * quotation marks stand in "...". */
void value_print_string(const char *string, struct text *out)
{
	size_t length = strlen(string);
	bool quoted = !*string || *string == '@' || *string == '~' || include_is_keyword(string);
	bool single = strchr(string, '"') || (length && string[length - 1] == '\\');
	char quote = single ? '\'' : '"';
	for (const char *c = string; *c && !quoted; c++)
		quoted = !is_plain(*c);
	if (quoted)
		text_char(out, quote);
	for (const char *c = string; *c; c++) {
		/* the '\\' keeps what would be replaced on reading */
		if (*c == '$' && replace_is_builtin(c, string + length))
			text_char(out, '\\');
		if (single && *c == '\'')
			text_str(out, "'\"'\"'");
		else
			text_char(out, *c);
	}
	if (quoted)
		text_char(out, quote);
}

static void print_zone(const struct keyword *keyword, const void *object, struct text *out)
{
	const char *interface = NULL;
	if (keyword->zone.size)
		memcpy(&interface, (const char *)object + keyword->zone.offset, sizeof interface);
	if (!interface)
		return;
	text_char(out, '%');
	text_str(out, interface);
}

static void print_choice(const struct keyword *keyword, int64_t value, struct text *out)
{
	for (const struct keyword_choice *choice = keyword->choices; choice->word; choice++)
		if (choice->value == value) {
			text_str(out, choice->word);
			return;
		}
}

void value_print(const struct keyword *keyword, const void *object, struct text *out)
{
	const char *at = (const char *)object + keyword->stored.offset;
	const char *string;
	struct ip_addr addr;
	int64_t number = keyword->stored.size <= sizeof number ? field_get(object, keyword->stored) : 0;
	switch (keyword->kind) {
	case KEYWORD_FLAG:
	case KEYWORD_FILLER:
	case KEYWORD_PARTS:
	case KEYWORD_WORDS:
	case KEYWORD_BLOCK:
	case KEYWORD_LINES:
		break;
	case KEYWORD_CHOICE:
		print_choice(keyword, number, out);
		break;
	case KEYWORD_BOOL:
		text_str(out, number == keyword->on ? "on" : "off");
		break;
	case KEYWORD_NUMBER:
		text_i64(out, keyword->stored.size == sizeof(int16_t) && keyword->minimum < 0 ? (int16_t)number : number);
		break;
	case KEYWORD_SECONDS:
	case KEYWORD_TIMER:
		text_seconds(out, number);
		break;
	case KEYWORD_MILLISECONDS:
		print_milliseconds(number, out);
		break;
	case KEYWORD_STATE:
		text_str(out, number ? "MASTER" : "BACKUP");
		break;
	case KEYWORD_STRING:
	case KEYWORD_INTERFACE:
		memcpy(&string, at, sizeof string);
		value_print_string(string, out);
		break;
	case KEYWORD_BROADCAST:
	case KEYWORD_MULTICAST:
	case KEYWORD_ADDRESS:
		memcpy(&addr, at, sizeof addr);
		if (keyword->given.size && field_get(object, keyword->given))
			text_char(out, '+');
		else
			text_ip(out, &addr);
		print_zone(keyword, object, out);
		break;
	case KEYWORD_SCOPE:
		conf_print_scope((uint32_t)number, out);
		break;
	case KEYWORD_TABLE:
	case KEYWORD_LINK_GROUP:
	case KEYWORD_ORIGIN:
		text_u64(out, (uint64_t)number);
		break;
	case KEYWORD_TOS:
		text_str(out, "0x");
		text_hex(out, (uint64_t)number, 2);
		break;
	}
}
