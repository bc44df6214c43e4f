/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options of rules alone whose arguments are more than one value: see route_parts.h. */
#include <string.h>

#include "conf/route_parts.h"

static void print_word(const struct keyword *keyword, struct text *out)
{
	text_char(out, ' ');
	text_str(out, keyword->word);
	text_char(out, ' ');
}

/* "A<separator>B", or "A" with *second as it was. */
static bool read_pair(const char *text, char separator, uint64_t limit, uint64_t *first, uint64_t *second)
{
	const char *middle = strchr(text, separator);
	char head[24];
	size_t length = middle ? (size_t)(middle - text) : strlen(text);
	if (length >= sizeof head)
		return false;
	memcpy(head, text, length);
	head[length] = '\0';
	return number_parse(head, limit, first) && (!middle || number_parse(middle + 1, limit, second));
}

PARTS(mark_parts)
{
	struct virtual_rule *rule = object;
	uint64_t mark, mask = UINT32_MAX;
	if (!option_has_more(reader, keyword, statement, *at))
		return false;
	const struct token *token = &statement->words[(*at)++];
	if (!read_pair(token->text, '/', UINT32_MAX, &mark, &mask)) {
		reader_error(reader, &token->spot, "'%.60s': fwmark is a number of 32 bits, or NUMBER/MASK", token->text);
		return false;
	}
	rule->mark = (uint32_t)mark;
	rule->mask = (uint32_t)mask;
	rule->mark_set = true;
	return true;
}

PRINT(mark_print)
{
	const struct virtual_rule *rule = object;
	if (!rule->mark_set)
		return;
	print_word(keyword, out);
	text_str(out, "0x");
	text_hex(out, rule->mark, 1);
	if (rule->mask == UINT32_MAX)
		return;
	text_str(out, "/0x");
	text_hex(out, rule->mask, 1);
}

PARTS(users_parts)
{
	struct virtual_rule *rule = object;
	uint64_t low, high = 0;
	if (!option_has_more(reader, keyword, statement, *at))
		return false;
	const struct token *token = &statement->words[(*at)++];
	if (!strchr(token->text, '-') || !read_pair(token->text, '-', UINT32_MAX - 1, &low, &high) || low > high) {
		reader_error(reader, &token->spot, "'%.60s': uidrange is FIRST-LAST, such as 1000-1999", token->text);
		return false;
	}
	rule->user_low = (uint32_t)low;
	rule->user_high = (uint32_t)high;
	rule->users_set = true;
	return true;
}

PRINT(users_print)
{
	const struct virtual_rule *rule = object;
	if (!rule->users_set)
		return;
	print_word(keyword, out);
	text_u64(out, rule->user_low);
	text_char(out, '-');
	text_u64(out, rule->user_high);
}

PARTS(ip_protocol_parts)
{
	uint32_t number;
	if (!option_has_more(reader, keyword, statement, *at) ||
		!named_number_read(reader, keyword->word, &statement->words[(*at)++], NAMES_IP_PROTOCOL, &number))
		return false;
	field_set(object, keyword->stored, number);
	return true;
}

PRINT(ip_protocol_print)
{
	if (!field_get(object, keyword->stored))
		return;
	print_word(keyword, out);
	text_i64(out, field_get(object, keyword->stored));
}

PARTS(ports_parts)
{
	struct rule_ports ports;
	uint64_t low, high = 0;
	if (!option_has_more(reader, keyword, statement, *at))
		return false;
	const struct token *token = &statement->words[(*at)++];
	bool read = read_pair(token->text, '-', UINT16_MAX, &low, &high);
	if (read && !strchr(token->text, '-'))
		high = low;
	if (!read || low == 0 || low > high) {
		reader_error(reader, &token->spot, "'%.60s': %s is PORT or FIRST-LAST, from 1 to 65535", token->text,
			keyword->word);
		return false;
	}
	ports = (struct rule_ports){(uint16_t)low, (uint16_t)high};
	memcpy((char *)object + keyword->stored.offset, &ports, sizeof ports);
	return true;
}

PRINT(ports_print)
{
	struct rule_ports ports;
	memcpy(&ports, (const char *)object + keyword->stored.offset, sizeof ports);
	if (!ports.low)
		return;
	print_word(keyword, out);
	text_u64(out, ports.low);
	text_char(out, '-');
	text_u64(out, ports.high);
}

PARTS(rule_table_parts)
{
	struct virtual_rule *rule = object;
	if (!option_has_more(reader, keyword, statement, *at))
		return false;
	const struct token *token = &statement->words[(*at)++];
	if (!named_number_read(reader, keyword->word, token, NAMES_TABLE, &rule->table))
		return false;
	if (rule->table == 0) {
		reader_error(reader, &token->spot, "there is no routing table 0");
		return false;
	}
	rule->action = RULE_TABLE;
	return true;
}

PRINT(rule_table_print)
{
	const struct virtual_rule *rule = object;
	if (rule->action != RULE_TABLE || rule->l3mdev)
		return;
	print_word(keyword, out);
	text_u64(out, rule->table);
}

PARTS(goto_parts)
{
	struct virtual_rule *rule = object;
	uint64_t target;
	if (!option_has_more(reader, keyword, statement, *at))
		return false;
	const struct token *token = &statement->words[(*at)++];
	if (!number_parse(token->text, UINT32_MAX, &target)) {
		reader_error(reader, &token->spot, "'%.60s': goto takes the preference of another rule", token->text);
		return false;
	}
	rule->target = (uint32_t)target;
	rule->action = RULE_GOTO;
	return true;
}

PRINT(goto_print)
{
	const struct virtual_rule *rule = object;
	if (rule->action != RULE_GOTO)
		return;
	print_word(keyword, out);
	text_u64(out, rule->target);
}

PARTS(l3mdev_parts)
{
	struct virtual_rule *rule = object;
	(void)reader;
	(void)keyword;
	(void)statement;
	(void)at;
	rule->l3mdev = true;
	rule->action = RULE_TABLE;
	return true;
}

PRINT(l3mdev_print)
{
	const struct virtual_rule *rule = object;
	if (!rule->l3mdev)
		return;
	text_char(out, ' ');
	text_str(out, keyword->word);
}
