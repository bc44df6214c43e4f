/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * auth_hmac. A key is given as text, in hexadecimal or as a file; from here on it is bytes, so that the engine, which
 * opens no files, gets them in the canonical form.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/draft.h"

#define KEY_MIN 32
#define TIME_WINDOW_MIN (5 * DUR_S)

static bool set_key(struct reader *reader, const struct token *token, struct hmac_key *key, const char *bytes,
	size_t length)
{
	if (length < KEY_MIN || length > HMAC_KEY_MAX) {
		reader_error(reader, &token->spot, "a key has %d to %d bytes, this one has %zu", KEY_MIN,
			HMAC_KEY_MAX, length);
		return false;
	}
	memcpy(key->bytes, bytes, length);
	key->length = (uint8_t)length;
	return true;
}

static int digit_value(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + ('a' - 'A') : c) : NULL;
	return at ? (int)(at - digits) : -1;
}

static bool read_hex(
	struct reader *reader, const struct token *token, const char *digits, struct hmac_key *key)
{
	char bytes[HMAC_KEY_MAX + 1] = "";
	size_t count = strlen(digits);
	for (size_t i = 0; i < count; i++) {
		int value = digit_value(digits[i]);
		if (value < 0 || count % 2) {
			reader_error(reader, &token->spot,
				"hex: is followed by hexadecimal digits, two for each byte");
			return false;
		}
		if (i / 2 < sizeof bytes)
			bytes[i / 2] = (char)((uint8_t)bytes[i / 2] << 4 | value);
	}
	return set_key(reader, token, key, bytes, count / 2);
}

/* path starts from the folder of the configuration file, as in include. */
static bool read_file(struct reader *reader, const struct statement *statement, const struct token *token,
	const char *path, struct hmac_key *key)
{
	char whole[4096];
	struct text text;
	text_init(&text, whole, sizeof whole);
	if (*path != '/')
		text_str(&text, statement->source->directory);
	text_str(&text, path);
	size_t length = 0;
	errno = ENAMETOOLONG;
	char *bytes = text.overflow ? NULL : reader->files->read(reader->files->user, whole, &length);
	if (!bytes) {
		reader_error(
			reader, &token->spot, "the key in %s cannot be read: %s", whole, strerror(errno));
		return false;
	}
	if (length && bytes[length - 1] == '\n')
		length--;
	if (length && bytes[length - 1] == '\r')
		length--;
	bool read = set_key(reader, token, key, bytes, length);
	explicit_bzero(bytes, length);
	free(bytes);
	return read;
}

static bool read_key(struct reader *reader, const struct statement *statement, struct hmac_key *key)
{
	static const struct keyword id_row = {.word = "the number of a key",
		.kind = KEYWORD_NUMBER,
		.minimum = 1,
		.maximum = UINT8_MAX,
		.argument = "ID",
		.stored = {offsetof(struct hmac_key, id), sizeof(uint8_t)}};
	const struct token *token = &statement->words[2];
	if (statement->count != 3) {
		reader_error(reader, &statement->words[0].spot,
			"a key is its number and one word: key ID TEXT, hex:DIGITS or file:PATH; put quotes "
			"around a "
			"text with blanks");
		return false;
	}
	if (!value_read(reader, &id_row, &statement->words[1], key))
		return false;
	if (strncmp(token->text, "hex:", 4) == 0)
		return read_hex(reader, token, token->text + 4, key);
	if (strncmp(token->text, "file:", 5) == 0)
		return read_file(reader, statement, token, token->text + 5, key);
	return set_key(reader, token, key, token->text, token->length);
}

bool key_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct draft *draft = owner;
	struct draft_key *entry = reader_scratch(reader, sizeof *entry);
	if (!entry || !read_key(reader, statement, &entry->key))
		return false;
	entry->spot = statement->words[0].spot;
	for (const struct draft_key *other = draft->keys; other; other = other->next)
		if (other->key.id == entry->key.id) {
			reader_error(reader, &entry->spot,
				"key %u stands here already, on line %u; remove one of them", entry->key.id,
				other->spot.place.line);
			return false;
		}
	*draft->keys_end = entry;
	draft->keys_end = &entry->next;
	draft->key_count++;
	return true;
}

static bool has_key(const struct draft *draft, uint8_t id)
{
	for (const struct draft_key *entry = draft->keys; entry; entry = entry->next)
		if (entry->key.id == id)
			return true;
	return false;
}

/* Whole seconds, rounded up. */
static dur_t default_window(const struct vr_config *vr)
{
	dur_t window = (3 * vr->advert_interval + DUR_S - 1) / DUR_S * DUR_S;
	return window < TIME_WINDOW_MIN ? TIME_WINDOW_MIN : window;
}

void settle_hmac(struct reader *reader, struct draft *draft)
{
	struct vr_config *vr = &draft->vr;
	const struct spot *spot = draft_spot(draft, INSTANCE_AUTH_HMAC);
	if (!draft_given(draft, INSTANCE_AUTH_HMAC) || draft_wrong(draft, INSTANCE_AUTH_HMAC))
		return;
	if (vr->version != 3)
		reader_error(reader, spot,
			"auth_hmac signs adverts of version 3; write \"version 3\" on all routers");
	else if (!draft->keys)
		reader_error(reader, spot, "a key is missing: key ID TEXT, hex:DIGITS or file:PATH");
	else if (!draft->extra.hmac.active_key)
		reader_error(reader, spot, "active_key is missing: the number of the key that signs");
	else if (!has_key(draft, draft->extra.hmac.active_key))
		reader_error(reader, spot, "active_key is %u, but there is no key of that number",
			draft->extra.hmac.active_key);
	draft->extra.hmac.enabled = true;
	if (!draft->extra.hmac.time_window)
		draft->extra.hmac.time_window = default_window(vr);
	if (vr->version_2_too)
		reader_error(reader, spot, "version 2 cannot be signed; remove also_version_2 or auth_hmac");
	if (!vr->strict || draft->extra.hmac.mode == HMAC_ENFORCE)
		return;
	reader_warning(reader, spot, "strict mode: the mode of auth_hmac is enforce");
	draft->extra.hmac.mode = HMAC_ENFORCE;
}
