/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of statements that this build does not act on, and what must hold among them. */
#include <string.h>
#include <strings.h>

#include "conf/command.h"
#include "conf/keyword_kept.h"

static const struct keyword port_row = {.word = "a port", .kind = KEYWORD_NUMBER, RANGE(0, UINT16_MAX)};
static const struct keyword mark_row = {.word = "fwmark", .kind = KEYWORD_NUMBER, RANGE(1, UINT32_MAX)};

/* At least, and at most, so many words after the keyword. */
static bool has_words(struct reader *reader, const struct statement *statement, size_t least, size_t most,
	const char *usage)
{
	if (statement->count <= least) {
		reader_error(reader, &statement->words[0].spot, "'%s' needs more: %s %s",
			statement->words[0].text, statement->words[0].text, usage);
		return false;
	}
	report_extra(reader, statement, most + 1);
	return statement->count <= most + 1;
}

/* One of the words of a table that has nothing but words. */
static bool is_word_of(struct reader *reader, const struct keyword_table *table, const struct token *token)
{
	if (keyword_find(table, token->text))
		return true;
	parse_unknown(reader, table, token);
	return false;
}

/* "WORD [VALUE]", by the table, from words[*at] on. */
static bool check_option(struct reader *reader, const struct keyword_table *table,
	const struct statement *statement, size_t *at)
{
	const struct token *token = &statement->words[*at];
	const struct keyword *row = keyword_find(table, token->text);
	if (!is_word_of(reader, table, token))
		return false;
	++*at;
	if (!value_wants_argument(row))
		return true;
	if (*at == statement->count) {
		reader_error(reader, &token->spot, "'%s' needs a value: %s %s", row->word, row->word,
			row->argument);
		return false;
	}
	return value_check(reader, row, &statement->words[(*at)++]);
}

static bool check_options(struct reader *reader, const struct keyword_table *table,
	const struct statement *statement, size_t at)
{
	while (at < statement->count)
		if (!check_option(reader, table, statement, &at))
			return false;
	return true;
}

/* ADDRESS [PORT] */
static bool check_endpoint(struct reader *reader, const struct statement *statement)
{
	static const struct keyword address_row = {.word = "an address", .kind = KEYWORD_ADDRESS};
	if (!has_words(reader, statement, 1, 2, "ADDRESS [PORT]"))
		return false;
	bool right = value_check(reader, &address_row, &statement->words[1]);
	return (statement->count < 3 || value_check(reader, &port_row, &statement->words[2])) && right;
}

#define SERVER_USAGE "ADDRESS [PORT], fwmark NUMBER, or group NAME"

bool kept_server_line(struct reader *reader, void *owner, const struct statement *statement)
{
	(void)owner;
	if (!has_words(reader, statement, 1, 2, SERVER_USAGE))
		return false;
	bool by_mark = strcmp(statement->words[1].text, "fwmark") == 0;
	bool by_group = strcmp(statement->words[1].text, "group") == 0;
	if (!by_mark && !by_group)
		return check_endpoint(reader, statement);
	if (!has_words(reader, statement, 2, 2, SERVER_USAGE))
		return false;
	if (by_mark)
		return value_check(reader, &mark_row, &statement->words[2]);
	return keep_reference(reader, REFERENCE_TO_SERVER_GROUP, &statement->words[2]);
}

bool kept_real_server_line(struct reader *reader, void *owner, const struct statement *statement)
{
	(void)owner;
	return check_endpoint(reader, statement);
}

bool kept_server_group_line(struct reader *reader, void *owner, const struct statement *statement)
{
	(void)owner;
	return has_words(reader, statement, 1, 1, "NAME { ... }") &&
	       keep_reference(reader, REFERENCE_IS_SERVER_GROUP, &statement->words[1]);
}

bool kept_sorry_server_line(struct reader *reader, void *owner, const struct statement *statement)
{
	(void)owner;
	return check_endpoint(reader, statement);
}

bool kept_protocol_line(struct reader *reader, void *owner, const struct statement *statement)
{
	(void)owner;
	static const char *const protocols[] = {"TCP", "UDP", "SCTP"};
	if (!has_words(reader, statement, 1, 1, "TCP|UDP|SCTP"))
		return false;
	for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
		if (strcasecmp(protocols[i], statement->words[1].text) == 0)
			return true;
	reader_error(reader, &statement->words[1].spot, "protocol is one of TCP, UDP and SCTP");
	return false;
}

/* Modules of the kernel may bring more of them. */
bool kept_scheduler_line(struct reader *reader, void *owner, const struct statement *statement)
{
	(void)owner;
	if (!has_words(reader, statement, 1, 1, "SCHEDULER"))
		return false;
	const struct token *token = &statement->words[1];
	const char *near = suggest(&scheduler_keywords, token->text);
	if (!keyword_find(&scheduler_keywords, token->text))
		reader_warning(reader, &token->spot, "'%.60s' is not a known scheduler%s%s%s", token->text,
			near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	return true;
}

static bool is_one_of(const char *word, const char *const *words)
{
	while (*words && strcmp(*words, word) != 0)
		words++;
	return *words;
}

bool kept_method_line(struct reader *reader, void *owner, const struct statement *statement)
{
	(void)owner;
	static const char *const methods[] = {"NAT", "DR", "TUN", NULL};
	static const char *const tunnels[] = {"ipip", "gue", "gre", NULL};
	const struct token *first = &statement->words[1];
	bool has_port = false;
	bool is_gue = false;
	if (!is_one_of(first->text, methods)) {
		reader_error(reader, &first->spot, "%s is one of NAT, DR and TUN", statement->words[0].text);
		return false;
	}
	if (strcmp(first->text, "TUN") != 0)
		report_extra(reader, statement, 2);
	for (size_t at = 2; at < statement->count;) {
		const struct token *token = &statement->words[at];
		if (is_one_of(token->text, methods) || is_one_of(token->text, tunnels)) {
			reader_error(reader, &token->spot,
				"'%s' cannot stand here: METHOD [type TUNNEL] [OPTIONS]", token->text);
			return false;
		}
		has_port |= strcmp(token->text, "port") == 0;
		if (!check_option(reader, &method_keywords, statement, &at))
			return false;
		is_gue |= strcmp(statement->words[at - 1].text, "gue") == 0;
	}
	if (is_gue && !has_port) {
		reader_error(reader, &first->spot, "a tunnel of type gue needs a port: type gue port NUMBER");
		return false;
	}
	return strcmp(first->text, "TUN") == 0 || statement->count == 2;
}

/* An IPv4 netmask has its ones before its zeros. */
static bool is_netmask(const struct ip_addr *addr)
{
	uint32_t mask = (uint32_t)addr->bytes[0] << 24 | (uint32_t)addr->bytes[1] << 16 |
			(uint32_t)addr->bytes[2] << 8 | addr->bytes[3];
	return addr->family == IP_V4 && mask && (~mask & (~mask + 1)) == 0;
}

bool kept_granularity_line(struct reader *reader, void *owner, const struct statement *statement)
{
	(void)owner;
	static const struct keyword length_row = {
		.word = "persistence_granularity", .kind = KEYWORD_NUMBER, RANGE(1, 128)};
	struct ip_addr addr;
	if (!has_words(reader, statement, 1, 1, "NETMASK|LENGTH"))
		return false;
	const struct token *token = &statement->words[1];
	if (!strchr(token->text, '.'))
		return value_check(reader, &length_row, token);
	if (ip_parse(token->text, token->length, &addr) && is_netmask(&addr))
		return true;
	reader_error(reader, &token->spot, "'%.60s' is not a netmask", token->text);
	return false;
}

static bool check_command(struct reader *reader, const struct token *token)
{
	char line[COMMAND_MAX + 1];
	char *words[COMMAND_WORDS_MAX + 1];
	if (!token->length || token->length > COMMAND_MAX) {
		reader_error(reader, &token->spot, "a command has 1 to %d bytes, this one has %zu",
			COMMAND_MAX, token->length);
		return false;
	}
	memcpy(line, token->text, token->length + 1);
	int count = command_split(line, words);
	if (count > 0)
		return true;
	reader_error(reader, &token->spot, "'%.60s' is no command: %s", token->text,
		count == 0    ? "there is nothing in it"
		: count == -1 ? "a quotation mark is not closed"
			      : "there are too many words");
	return false;
}

bool kept_script_line(struct reader *reader, void *owner, const struct statement *statement)
{
	(void)owner;
	if (statement->count > 4) {
		reader_error(reader, &statement->words[4].spot,
			"'%.60s' is too much: a command with arguments stands in quotes, and after it USER "
			"and "
			"GROUP",
			statement->words[4].text);
		return false;
	}
	return check_command(reader, &statement->words[1]);
}

bool kept_command_line(struct reader *reader, void *owner, const struct statement *statement)
{
	(void)owner;
	return has_words(reader, statement, 1, 1, "COMMAND, in quotes when it has arguments") &&
	       check_command(reader, &statement->words[1]);
}

bool kept_text_line(struct reader *reader, void *owner, const struct statement *statement)
{
	(void)owner;
	return has_words(reader, statement, 1, 1, "TEXT, in quotes when it has blanks");
}

bool kept_user_line(struct reader *reader, void *owner, const struct statement *statement)
{
	(void)owner;
	return has_words(reader, statement, 1, 2, "USER [GROUP]");
}

bool kept_name_line(struct reader *reader, void *owner, const struct statement *statement)
{
	(void)owner;
	return has_words(reader, statement, 0, 1, "[NAME]");
}

/* "200" or "200-299", up to its end. */
static bool is_status_range(const char *text)
{
	unsigned bounds[2] = {0, 0};
	size_t count = 0;
	for (; count < 2; count++) {
		for (size_t digits = 0; digits < 3; digits++, text++) {
			if (*text < '0' || *text > '9')
				return false;
			bounds[count] = bounds[count] * 10 + (unsigned)(*text - '0');
		}
		if (*text != '-')
			break;
		text++;
	}
	unsigned last = count ? bounds[1] : bounds[0];
	return !*text && count < 2 && bounds[0] >= 100 && bounds[0] <= last && last <= 599;
}

bool kept_status_line(struct reader *reader, void *owner, const struct statement *statement)
{
	(void)owner;
	for (size_t i = 1; i < statement->count; i++) {
		const struct token *token = &statement->words[i];
		if (is_status_range(token->text))
			continue;
		reader_error(reader, &token->spot,
			"'%.60s': status_code takes numbers of 100 to 599, and ranges such as 200-299",
			token->text);
		return false;
	}
	return true;
}

static bool check_digits(
	struct reader *reader, const struct token *token, const char *digits, const char *what)
{
	if (token->length && strspn(token->text, digits) == token->length)
		return true;
	reader_error(reader, &token->spot, "'%.60s' is not %s", token->text, what);
	return false;
}

#define HEX "0123456789abcdefABCDEF"

bool kept_digest_line(struct reader *reader, void *owner, const struct statement *statement)
{
	(void)owner;
	static const char what[] = "an MD5 digest of 32 hexadecimal digits";
	if (!has_words(reader, statement, 1, 1, "MD5") ||
		!check_digits(reader, &statement->words[1], HEX, what))
		return false;
	if (statement->words[1].length == 32)
		return true;
	reader_error(reader, &statement->words[1].spot, "'%.60s' is not %s", statement->words[1].text, what);
	return false;
}

bool kept_regex_options_line(struct reader *reader, void *owner, const struct statement *statement)
{
	(void)owner;
	return check_options(reader, &regex_option_keywords, statement, 1);
}

bool kept_stack_line(struct reader *reader, void *owner, const struct statement *statement)
{
	(void)owner;
	static const struct keyword size_row = {
		.word = "regex_stack", .kind = KEYWORD_NUMBER, RANGE(1, UINT32_MAX)};
	return has_words(reader, statement, 2, 2, "START MAXIMUM") &&
	       value_check(reader, &size_row, &statement->words[1]) &&
	       value_check(reader, &size_row, &statement->words[2]);
}

/* Bytes in hexadecimal, in one word or several. */
static bool check_bytes(
	struct reader *reader, const struct statement *statement, const char *digits, const char *what)
{
	for (size_t i = 1; i < statement->count; i++)
		if (!check_digits(reader, &statement->words[i], digits, what))
			return false;
	return true;
}

bool kept_payload_line(struct reader *reader, void *owner, const struct statement *statement)
{
	(void)owner;
	return check_bytes(reader, statement, HEX, "in hexadecimal digits");
}

bool kept_pattern_line(struct reader *reader, void *owner, const struct statement *statement)
{
	(void)owner;
	return check_bytes(reader, statement, HEX "xX", "in hexadecimal digits and X");
}

bool kept_record_line(struct reader *reader, void *owner, const struct statement *statement)
{
	(void)owner;
	return has_words(reader, statement, 1, 1, "TYPE") &&
	       is_word_of(reader, &record_keywords, &statement->words[1]);
}

bool kept_file_line(struct reader *reader, void *owner, const struct statement *statement)
{
	(void)owner;
	return has_words(reader, statement, 1, 1, "NAME") &&
	       object_refer(reader, TRACK_FILE, &statement->words[1]);
}

bool kept_file_weight_line(struct reader *reader, void *owner, const struct statement *statement)
{
	(void)owner;
	static const char *const ways[] = {"reverse", "noreverse", NULL};
	static const struct keyword weight_row = {
		.word = "weight", .kind = KEYWORD_NUMBER, RANGE(-INT32_MAX, INT32_MAX)};
	if (!has_words(reader, statement, 1, 2, "NUMBER [reverse|noreverse]") ||
		!value_check(reader, &weight_row, &statement->words[1]))
		return false;
	if (statement->count < 3 || is_one_of(statement->words[2].text, ways))
		return true;
	reader_error(reader, &statement->words[2].spot, "after the weight there may be reverse or noreverse");
	return false;
}

bool kept_session_line(struct reader *reader, void *owner, const struct statement *statement)
{
	(void)owner;
	return has_words(reader, statement, 1, 1, "NAME") &&
	       object_refer(reader, TRACK_BFD, &statement->words[1]);
}

bool kept_timeouts_line(struct reader *reader, void *owner, const struct statement *statement)
{
	(void)owner;
	return check_options(reader, &timeout_keywords, statement, 1);
}

bool kept_sync_daemon_line(struct reader *reader, void *owner, const struct statement *statement)
{
	(void)owner;
	const char *interface;
	size_t at = 2;
	if (!value_read_interface(reader, &statement->words[1], &interface))
		return false;
	if (at + 1 < statement->count && strcmp(statement->words[at].text, "inst") == 0)
		at++;
	bool named = at < statement->count &&
		     (at == 3 || !keyword_find(&sync_daemon_keywords, statement->words[at].text));
	const struct token *name = &statement->words[at];
	if (named && (!value_check(reader, keyword_find(&sync_daemon_keywords, "inst"), name) ||
			     !keep_reference(reader, REFERENCE_TO_INSTANCE, name)))
		return false;
	at += named;
	return check_options(reader, &sync_daemon_keywords, statement, at);
}

bool kept_flush_line(struct reader *reader, void *owner, const struct statement *statement)
{
	(void)owner;
	if (!has_words(reader, statement, 0, 1, "[VS]"))
		return false;
	if (statement->count < 2 || strcmp(statement->words[1].text, "VS") == 0)
		return true;
	reader_error(reader, &statement->words[1].spot, "after %s there may be VS", statement->words[0].text);
	return false;
}

bool kept_cpus_line(struct reader *reader, void *owner, const struct statement *statement)
{
	(void)owner;
	static const struct keyword cpu_row = {.word = "a CPU", .kind = KEYWORD_NUMBER, RANGE(0, 1023)};
	for (size_t i = 1; i < statement->count; i++)
		if (!value_check(reader, &cpu_row, &statement->words[i]))
			return false;
	return true;
}

bool kept_changes_line(struct reader *reader, void *owner, const struct statement *statement)
{
	(void)owner;
	return has_words(reader, statement, 0, 1, "[allow_if_changes]") &&
	       check_options(reader, &dynamic_keywords, statement, 1);
}

/* Names of chains, or of sets, which must differ. */
bool kept_names_line(struct reader *reader, void *owner, const struct statement *statement)
{
	(void)owner;
	bool is_sets = strcmp(statement->words[0].text, "vrrp_ipsets") == 0;
	if (!has_words(reader, statement, 0, is_sets ? 6 : 2, is_sets ? "[NAME ...]" : "[IN [OUT]]"))
		return false;
	for (size_t i = 1; i < statement->count; i++)
		for (size_t j = 1; is_sets && j < i; j++)
			if (strcmp(statement->words[i].text, statement->words[j].text) == 0) {
				reader_error(reader, &statement->words[i].spot, "'%.60s' is named twice",
					statement->words[i].text);
				return false;
			}
	return true;
}

bool kept_mark_line(struct reader *reader, void *owner, const struct statement *statement)
{
	(void)owner;
	static const char *const families[] = {"inet", "inet6", NULL};
	if (!has_words(reader, statement, 1, 2, "NUMBER [inet|inet6]") ||
		!value_check(reader, &mark_row, &statement->words[1]))
		return false;
	if (statement->count < 3 || is_one_of(statement->words[2].text, families))
		return true;
	reader_error(reader, &statement->words[2].spot, "after the mark there may be inet or inet6");
	return false;
}

/* The last part of an address alone: up to 255, or to ffff in hexadecimal. */
static bool is_last_part(const char *text, unsigned family)
{
	size_t length = strlen(text);
	if (family == IP_V6)
		return length && length <= 4 && strspn(text, HEX) == length;
	return length && length <= 3 && strspn(text, "0123456789") == length &&
	       (length < 3 || strcmp(text, "255") <= 0);
}

/* ADDRESS, ADDRESS/LENGTH, ADDRESS-ADDRESS or ADDRESS-LAST */
static bool is_range(const char *text)
{
	struct ip_prefix first;
	struct ip_addr last;
	const char *dash = strchr(text, '-');
	size_t length = dash ? (size_t)(dash - text) : strlen(text);
	if (!ip_prefix_parse(text, length, &first))
		return false;
	if (!dash)
		return true;
	if (memchr(text, '/', length))
		return false;
	if (ip_parse(dash + 1, strlen(dash + 1), &last))
		return last.family == first.addr.family;
	return is_last_part(dash + 1, first.addr.family);
}

bool kept_range_line(struct reader *reader, void *owner, const struct statement *statement)
{
	(void)owner;
	const struct token *first = &statement->words[0];
	if (!is_range(first->text)) {
		reader_error(reader, &first->spot,
			"'%.60s': a line of virtual_server_group is ADDRESS[/LENGTH|-LAST] [PORT], or fwmark "
			"NUMBER",
			first->text);
		return false;
	}
	report_extra(reader, statement, 2);
	return statement->count < 3 &&
	       (statement->count < 2 || value_check(reader, &port_row, &statement->words[1]));
}

/* The words of a statement that stands in the block; NULL: it does not. */
static const struct conf_kept *find(const struct conf_kept *list, const char *word)
{
	while (list && strcmp(list->words[0], word) != 0)
		list = list->next;
	return list;
}

static bool says(const struct conf_kept *list, const char *word, const char *value)
{
	const struct conf_kept *kept = find(list, word);
	return kept && strcmp(kept->words[1], value) == 0;
}

/* Flags that one scheduler knows. */
static void check_scheduler_flags(struct reader *reader, const struct kept_block *block)
{
	static const char *const flags[][2] = {
		{"sh-port", "sh"}, {"sh-fallback", "sh"}, {"mh-port", "mh"}, {"mh-fallback", "mh"}};
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
		const struct spot *spot = kept_spot(block, flags[i][0]);
		bool known = says(block->inner.first, "lb_algo", flags[i][1]) ||
			     says(block->inner.first, "lvs_sched", flags[i][1]);
		if (spot && !known)
			reader_error(reader, spot, "'%s' is for lb_algo %s alone", flags[i][0], flags[i][1]);
	}
}

static unsigned family_of(const char *address)
{
	struct ip_addr addr;
	return ip_parse(address, strlen(address), &addr) ? addr.family : IP_NONE;
}

static bool is_tunnelled(const struct conf_kept *list)
{
	return says(list, "lvs_method", "TUN") || says(list, "lb_kind", "TUN");
}

static void check_families(struct reader *reader, const struct kept_block *block)
{
	unsigned family = family_of(block->statement->words[1]);
	for (const struct conf_kept *at = block->inner.first; at && family != IP_NONE; at = at->next) {
		bool is_server = at->has_block || strcmp(at->words[0], "sorry_server") == 0;
		if (!is_server || family_of(at->words[1]) == family || is_tunnelled(block->inner.first) ||
			is_tunnelled(at->inner))
			continue;
		reader_error(reader, &block->opened,
			"%s %s is of another family than the service; only lvs_method TUN allows that",
			at->words[0], at->words[1]);
	}
}

static void check_sorry_server(struct reader *reader, const struct kept_block *block)
{
	static const char *const words[] = {"sorry_server_inhibit", "sorry_server_lvs_method"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (kept_spot(block, words[i]) && !kept_spot(block, "sorry_server"))
			reader_error(reader, kept_spot(block, words[i]),
				"'%s' is for a sorry_server, and there is none", words[i]);
}

void kept_check_server(struct reader *reader, const struct kept_block *block)
{
	const struct conf_kept *list = block->inner.first;
	const struct conf_kept *protocol = find(list, "protocol");
	bool by_address = family_of(block->statement->words[1]) != IP_NONE;
	check_scheduler_flags(reader, block);
	check_families(reader, block);
	check_sorry_server(reader, block);
	if (kept_number(block, "hysteresis", 0) >= kept_number(block, "quorum", 1) &&
		kept_spot(block, "hysteresis") && kept_number(block, "hysteresis", 0))
		reader_error(reader, kept_spot(block, "hysteresis"),
			"hysteresis must be less than quorum (%lld)",
			(long long)kept_number(block, "quorum", 1));
	if (kept_spot(block, "ops") && protocol && strcasecmp(protocol->words[1], "UDP") != 0)
		reader_error(reader, kept_spot(block, "ops"), "ops is for protocol UDP alone");
	if (kept_spot(block, "ha_suspend") && strcmp(block->statement->words[1], "fwmark") == 0)
		reader_error(reader, kept_spot(block, "ha_suspend"),
			"ha_suspend needs the address of the service, and a mark has none");
	if (by_address && !protocol)
		reader_warning(reader, &block->opened, "protocol is missing; keepalived takes UDP");
	if (!find(list, "real_server"))
		reader_warning(
			reader, &block->opened, "there is no real_server in it, so keepalived leaves it out");
}

void kept_check_url(struct reader *reader, const struct kept_block *block)
{
	static const char *const words[] = {
		"regex_no_match", "regex_options", "regex_min_offset", "regex_max_offset", "regex_stack"};
	for (size_t i = 0; i < sizeof words / sizeof *words && !kept_spot(block, "regex"); i++)
		if (kept_spot(block, words[i]))
			reader_warning(reader, kept_spot(block, words[i]), "'%s' has no effect without regex",
				words[i]);
	if (kept_spot(block, "regex_max_offset") &&
		kept_number(block, "regex_max_offset", 0) <= kept_number(block, "regex_min_offset", 0))
		reader_error(reader, kept_spot(block, "regex_max_offset"),
			"regex_max_offset must be more than regex_min_offset");
}

void kept_check_udp(struct reader *reader, const struct kept_block *block)
{
	if (kept_number(block, "min_reply_length", 0) > kept_number(block, "max_reply_length", 65535))
		reader_error(reader, kept_spot(block, "min_reply_length"),
			"min_reply_length must not be more than max_reply_length");
}
