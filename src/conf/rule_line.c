/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * OPTIONS: a line of virtual_rules. Rules without a preference get one by their order in the file, counted over all instances,
 * downward from 16384 as in keepalived: lines that are appended move no other.
 */
#include "conf/route_parts.h"

static unsigned family_of(const struct virtual_rule *rule)
{
	if (rule->family)
		return rule->family;
	if (ip_is_set(&rule->from.addr))
		return rule->from.addr.family;
	return ip_is_set(&rule->to.addr) ? rule->to.addr.family : IP_V4;
}

static const char *contradiction(const struct virtual_rule *rule)
{
	if ((ip_is_set(&rule->from.addr) && rule->from.addr.family != rule->family) ||
		(ip_is_set(&rule->to.addr) && rule->to.addr.family != rule->family))
		return "from, to, inet and inet6 are all of one family";
	if (rule->action == RULE_GOTO && !rule->preference_set)
		return "a rule with goto needs a preference of its own";
	if (rule->action == RULE_GOTO && rule->target <= rule->preference)
		return "goto leads to a rule with a higher preference only";
	if ((rule->suppress_prefix_set || rule->suppress_group_set) && rule->action != RULE_TABLE)
		return "suppress_prefixlength and suppress_ifgroup need a table";
	if (rule->family == IP_V6 && rule->realms)
		return "realms are for IPv4 rules alone";
	if (rule->l3mdev && rule->table)
		return "table and l3mdev both say where to look; write one of them";
	return NULL;
}

/* An action was read when there was one before. */
static bool second_action(struct reader *reader, const struct token *token, enum rule_action before,
	const struct virtual_rule *rule, bool is_action)
{
	if (!before || !is_action || before == rule->action)
		return false;
	reader_error(reader, &token->spot, "'%s': a rule does one thing only", token->text);
	return true;
}

static bool is_action(const struct keyword *row)
{
	return row->stored.offset == offsetof(struct virtual_rule, action) && row->kind == KEYWORD_FLAG;
}

static bool begins_action(const struct keyword *row)
{
	return row->kind == KEYWORD_PARTS &&
	       (row->parts == rule_table_parts || row->parts == goto_parts || row->parts == l3mdev_parts);
}

static bool read_words(struct reader *reader, const struct statement *statement, struct virtual_rule *rule)
{
	for (size_t at = 0; at < statement->count;) {
		const struct token *token = &statement->words[at];
		const struct keyword *row = NULL;
		enum rule_action before = rule->action;
		enum option_result result = option_read(reader, &rule_keywords, statement, &at, rule, &row);
		if (result == OPTION_UNKNOWN)
			parse_unknown(reader, &rule_keywords, token);
		if (result != OPTION_READ ||
			second_action(reader, token, before, rule, is_action(row) || begins_action(row)))
			return false;
	}
	return true;
}

static void settle(struct reader *reader, const struct spot *spot, struct virtual_rule *rule)
{
	if (!rule->action) {
		reader_warning(reader, spot,
			"the rule does not say what is done; it looks into the main table (table main)");
		rule->action = RULE_TABLE;
		rule->table = 254;
	}
	if (rule->protocol == VIGIA_KERNEL_PROTOCOL)
		rule->protocol = 0;
	if (rule->protocol && !rule->untracked) {
		reader_warning(reader, spot,
			"a rule that is tracked has protocol keepalived (%d); write no_track for another one",
			VIGIA_KERNEL_PROTOCOL);
		rule->protocol = 0;
	}
}

/* NULL: in error, reported. */
static struct draft_rule *read_rule(struct reader *reader, const struct statement *statement)
{
	struct draft_rule *entry = reader_scratch(reader, sizeof *entry);
	if (!entry)
		return NULL;
	entry->spot = statement->words[0].spot;
	if (!read_words(reader, statement, &entry->rule))
		return NULL;
	entry->rule.family = (uint8_t)family_of(&entry->rule);
	const char *problem = contradiction(&entry->rule);
	if (problem) {
		reader_error(reader, &entry->spot, "%s", problem);
		return NULL;
	}
	settle(reader, &entry->spot, &entry->rule);
	return entry;
}

static void add(struct draft_rules *rules, struct draft_rule *entry)
{
	*rules->end = entry;
	rules->end = &entry->next;
	rules->count++;
}

bool rule_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct draft *draft = owner;
	struct draft_rule *entry = read_rule(reader, statement);
	if (!entry)
		return false;
	if (entry->rule.track_group) {
		reader_error(reader, &entry->spot, "track_group is for lines of static_rules; a rule of an "
						   "instance is tracked by that instance");
		return false;
	}
	add(&draft->rules, entry);
	return true;
}

bool static_rule_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct draft_rule *entry = read_rule(reader, statement);
	(void)owner;
	if (entry)
		add(&reader->statics->rules, entry);
	return entry != NULL;
}

static void settle_list(struct reader *reader, struct draft_rule *rules, uint32_t *next)
{
	for (struct draft_rule *entry = rules; entry; entry = entry->next) {
		if (entry->rule.preference_set)
			continue;
		entry->rule.preference = (*next)--;
		reader_warning(reader, &entry->spot,
			"the rule has no preference; it gets %u by its place in the file, and another one when lines "
			"before it come or go: write a preference",
			entry->rule.preference);
	}
}

void settle_rules(struct reader *reader)
{
	uint32_t next = RULE_PREFERENCE_HIGHEST;
	for (struct draft *draft = reader->drafts; draft; draft = draft->next)
		settle_list(reader, draft->rules.first, &next);
	settle_list(reader, reader->statics->rules.first, &next);
}
