/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of mail: see mail_text.h. */
#include "front/mail_text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front/json_text.h"

/* Bytes in one encoded word: four characters for three of them and 12 more, so that no line passes 76 with its name. */
#define WORD_BYTES 39

static const char *const states[] = {
	[MAIL_BACKUP] = "BACKUP", [MAIL_MASTER] = "MASTER", [MAIL_FAULT] = "FAULT"};

bool mail_state_of(const char *word, enum mail_state *state)
{
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strcmp(states[i], word) == 0) {
			*state = (enum mail_state)i;
			return true;
		}
	return false;
}

const char *mail_state_word(enum mail_state state)
{
	return states[state];
}

static void put_base64(FILE *out, const unsigned char *bytes, size_t length)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < length; i += 3) {
		unsigned group = (unsigned)bytes[i] << 16;

		if (i + 1 < length)
			group |= (unsigned)bytes[i + 1] << 8;
		if (i + 2 < length)
			group |= bytes[i + 2];
		fputc(digits[group >> 18], out);
		fputc(digits[group >> 12 & 63], out);
		fputc(i + 1 < length ? digits[group >> 6 & 63] : '=', out);
		fputc(i + 2 < length ? digits[group & 63] : '=', out);
	}
}

static bool is_plain(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

/* A header's text. What could end the line goes into an encoded word, or is not there at all. */
static void put_header_text(FILE *out, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t left = strlen(text);

	if (is_plain(text)) {
		fputs(text, out);
		return;
	}
	while (left > 0) {
		size_t length = left < WORD_BYTES ? left : WORD_BYTES;

		/* No word ends inside a character. */
		while (length < left && (at[length] & 0xc0) == 0x80)
			length--;
		fputs("=?UTF-8?B?", out);
		put_base64(out, at, length);
		fputs("?=", out);
		at += length;
		left -= length;
		if (left > 0)
			fputs("\r\n ", out);
	}
}

static void put_mailbox(FILE *out, const struct conf_mailbox *mailbox)
{
	if (!mailbox->name) {
		fputs(mailbox->address, out);
		return;
	}
	/* RFC 5322 3.2.3: what an atom may not have needs quotes. Of quotes and backslashes there are none. */
	if (is_plain(mailbox->name) && strpbrk(mailbox->name, "()<>[]:;@,."))
		fprintf(out, "\"%s\"", mailbox->name);
	else
		put_header_text(out, mailbox->name);
	fprintf(out, " <%s>", mailbox->address);
}

static void put_subject(FILE *out, const struct mail_news *news, const char *router_id)
{
	char text[1024];
	json_t *clean;

	snprintf(text, sizeof(text), "[%s] VRRP %s %s - Entering %s state", router_id,
		news->is_group ? "Group" : "Instance", news->name, states[news->state]);
	for (char *at = text; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
	clean = json_text(text); /* UTF-8, whatever it was */
	fputs("Subject: ", out);
	put_header_text(out, clean ? json_string_value(clean) : "");
	fputs("\r\n", out);
	json_decref(clean);
}

static void put_body(FILE *out, const struct mail_news *news)
{
	if (news->is_group)
		fprintf(out, "=> All VRRP group instances are now in %s state <=", states[news->state]);
	else
		fprintf(out, "=> VRRP Instance is %s owning VRRP VIPs <=",
			news->state == MAIL_MASTER ? "now" : "no longer");
	fputs("\r\n\r\n", out);
}

char *mail_compose(
	const struct mail_news *news, const struct conf_mail *mail, const char *sender, const char *router_id)
{
	const struct conf_mailbox from = {mail->from.name, sender};
	char date[64];
	char *text = NULL;
	size_t length;
	struct tm local;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return NULL;
	localtime_r(&news->at, &local);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S %z", &local);
	fprintf(out, "Date: %s\r\nFrom: ", date);
	put_mailbox(out, &from);
	fputs("\r\n", out);
	put_subject(out, news, router_id);
	fputs("X-Mailer: Vigia\r\nTo: ", out);
	for (size_t i = 0; i < mail->recipient_count; i++) {
		fputs(i == 0 ? "" : i % 4 == 0 ? ",\r\n " : ", ", out);
		put_mailbox(out, &mail->recipients[i]);
	}
	fputs("\r\n\r\n", out);
	put_body(out, news);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}
