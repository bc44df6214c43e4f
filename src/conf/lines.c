/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options "KEYWORD [ARGUMENT]" of a line; the lines of track_interface, group and unicast_peer, and the one of
 * auth_pass.
 */
#include <string.h>

#include "conf/draft.h"

bool option_has_more(
	struct reader *reader, const struct keyword *keyword, const struct statement *statement, size_t at)
{
	if (at < statement->count)
		return true;
	reader_error(reader, &statement->words[at - 1].spot, "'%s' needs a value: %s %s", keyword->word,
		keyword->word, keyword->argument);
	return false;
}

enum option_result option_read(struct reader *reader, const struct keyword_table *table,
	const struct statement *statement, size_t *at, void *object, const struct keyword **row)
{
	const struct token *token = &statement->words[*at];
	const struct keyword *keyword = keyword_find(table, token->text);
	if (!keyword || token->quoted)
		return OPTION_UNKNOWN;
	if (row)
		*row = keyword;
	++*at;
	if (keyword->kind == KEYWORD_PARTS)
		return keyword->parts(reader, keyword, statement, at, object) ? OPTION_READ : OPTION_WRONG;
	if (!value_wants_argument(keyword))
		return value_read(reader, keyword, NULL, object) ? OPTION_READ : OPTION_WRONG;
	if (!option_has_more(reader, keyword, statement, *at))
		return OPTION_WRONG;
	return value_read(reader, keyword, &statement->words[(*at)++], object) ? OPTION_READ : OPTION_WRONG;
}

void draft_tracks_begin(struct draft_tracks tracks[TRACK_KIND_COUNT])
{
	for (size_t kind = 0; kind < TRACK_KIND_COUNT; kind++)
		tracks[kind].end = &tracks[kind].first;
}

void draft_tracks_add(struct draft_tracks *tracks, struct draft_track *entry)
{
	*tracks->end = entry;
	tracks->end = &entry->next;
	tracks->count++;
}

/* keepalived reads one more than counts. */
static void cut_weight(struct reader *reader, const struct token *token, struct tracked_object *track)
{
	bool wide = track->kind == TRACK_FILE || track->kind == TRACK_PROCESS;
	if (wide || (track->weight != 254 && track->weight != -254))
		return;
	track->weight = track->weight > 0 ? 253 : -253;
	reader_warning(reader, &token->spot, "the weight is cut to %d, as in keepalived", track->weight);
}

bool read_weight(struct reader *reader, const struct keyword_table *table, const struct statement *statement,
	size_t first, struct draft_track *entry)
{
	for (size_t at = first; at < statement->count;) {
		const struct token *token = &statement->words[at];
		const struct keyword *row = NULL;
		enum option_result result = option_read(reader, table, statement, &at, &entry->track, &row);
		if (result == OPTION_UNKNOWN)
			parse_unknown(reader, table, token);
		if (result != OPTION_READ)
			return false;
		if (row->kind == KEYWORD_FLAG && !entry->has_weight) {
			reader_error(reader, &token->spot,
				"'%s' stands after a weight: NAME weight NUMBER %s", row->word, row->word);
			return false;
		}
		cut_weight(reader, token, &entry->track);
		entry->has_weight = true;
		entry->has_reverse |= row->kind == KEYWORD_FLAG;
	}
	return true;
}

static bool read_track(struct reader *reader, struct draft_tracks *tracks, const struct statement *statement)
{
	struct draft_track *entry = reader_scratch(reader, sizeof *entry);
	if (!entry)
		return false;
	entry->spot = statement->words[0].spot;
	if (!value_read_interface(reader, &statement->words[0], &entry->track.name) ||
		!read_weight(reader, &track_keywords, statement, 1, entry))
		return false;
	draft_tracks_add(tracks, entry);
	return true;
}

bool track_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct draft *draft = owner;
	return read_track(reader, &draft->tracks[TRACK_INTERFACE], statement);
}

bool group_track_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct draft_group *group = owner;
	return read_track(reader, &group->tracks[TRACK_INTERFACE], statement);
}

bool read_names(
	struct reader *reader, struct draft_names *names, const struct statement *statement, size_t first)
{
	for (size_t i = first; i < statement->count; i++) {
		const struct token *token = &statement->words[i];
		struct draft_name *entry = reader_scratch(reader, sizeof *entry);
		if (!entry)
			return false;
		entry->name = reader_keep_string(reader, token->text, token->length);
		entry->spot = token->spot;
		if (!entry->name)
			return false;
		*names->end = entry;
		names->end = &entry->next;
		names->count++;
	}
	return true;
}

bool member_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct draft_group *group = owner;
	return read_names(reader, &group->members, statement, 0);
}

bool peer_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct draft *draft = owner;
	struct draft_peer *entry = reader_scratch(reader, sizeof *entry);
	if (!entry)
		return false;
	const struct token *first = &statement->words[0];
	entry->spot = first->spot;
	entry->peer.max_ttl = UINT8_MAX;
	if (!value_read_address(reader, first, &entry->peer.address))
		return false;
	if (!value_is_machine(&entry->peer.address)) {
		reader_error(reader, &first->spot, "'%s' cannot be the address of a router", first->text);
		return false;
	}
	for (size_t at = 1; at < statement->count;) {
		const struct token *token = &statement->words[at];
		struct ip_addr second;
		enum option_result result =
			option_read(reader, &peer_keywords, statement, &at, &entry->peer, NULL);
		if (result == OPTION_UNKNOWN && ip_parse(token->text, token->length, &second))
			reader_error(reader, &token->spot, "'%s': each router stands on a line of its own",
				token->text);
		else if (result == OPTION_UNKNOWN)
			parse_unknown(reader, &peer_keywords, token);
		if (result != OPTION_READ)
			return false;
	}
	if (entry->peer.min_ttl > entry->peer.max_ttl) {
		reader_error(reader, &first->spot,
			"min_ttl %u is more than max_ttl %u: nothing would be heard", entry->peer.min_ttl,
			entry->peer.max_ttl);
		return false;
	}
	*draft->peers_end = entry;
	draft->peers_end = &entry->next;
	draft->peer_count++;
	return true;
}

bool password_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct draft *draft = owner;
	const struct token *token = &statement->words[1];
	if (statement->count > 2) {
		reader_error(reader, &token->spot,
			"the text of auth_pass is one word; put quotes around one with blanks");
		return false;
	}
	if (!token->length || strlen(token->text) < token->length) {
		reader_error(reader, &token->spot, "auth_pass has 1 to %d bytes, and none of them is NUL",
			VRRP_AUTHENTICATION_SIZE);
		return false;
	}
	size_t used = token->length;
	if (used > VRRP_AUTHENTICATION_SIZE) {
		used = VRRP_AUTHENTICATION_SIZE;
		reader_warning(reader, &token->spot,
			"auth_pass has %zu bytes; version 2 carries %d, so the rest is cut, as in keepalived",
			token->length, VRRP_AUTHENTICATION_SIZE);
	}
	memset(draft->extra.authentication_data, 0, sizeof draft->extra.authentication_data);
	memcpy(draft->extra.authentication_data, token->text, used);
	return true;
}

bool nftables_line(struct reader *reader, void *owner, const struct statement *statement)
{
	static const struct keyword table = {.word = "nftables",
		.kind = KEYWORD_STRING,
		.maximum = FIREWALL_TABLE_MAX,
		.stored = {offsetof(struct conf_global, firewall.table), sizeof(const char *)}};
	report_extra(reader, statement, 2);
	if (statement->count > 1)
		return value_read(reader, &table, &statement->words[1], owner) && statement->count == 2;
	((struct conf_global *)owner)->firewall.table = "keepalived";
	return true;
}
