/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mail: to whom, from whom, through which server, and of what; the words are those of RFC 5321 and RFC 5322. */
#include <string.h>

#include "conf/draft.h"
#include "conf/mail.h"

#define ADDRESS_MAX 254 /* RFC 5321 4.5.3.1.3, without the brackets */

static bool is_printable(char c)
{
	return c > ' ' && c < 0x7f;
}

/* What may stand in a header and in a command to the server without being quoted. */
static bool is_address(const char *text, size_t length)
{
	if (length == 0 || length > ADDRESS_MAX)
		return false;
	for (size_t i = 0; i < length; i++)
		if (!is_printable(text[i]) || strchr("<>,;:\\\"()[]", text[i]))
			return false;
	return text[0] != '@' && text[length - 1] != '@';
}

static bool has_control(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return true;
	return false;
}

/* "ADDRESS", "NAME <ADDRESS>", or with the name in quotes. */
static bool read_mailbox(struct reader *reader, const struct token *token, struct conf_mailbox *mailbox)
{
	const char *open = memchr(token->text, '<', token->length);
	const char *address = open ? open + 1 : token->text;
	size_t address_length = token->length - (size_t)(address - token->text);
	const char *name = token->text;
	size_t length = open ? (size_t)(open - name) : 0;
	if (open && address_length > 0 && address[address_length - 1] == '>')
		address_length--;
	else if (open)
		address_length = 0;
	while (length > 0 && name[length - 1] == ' ')
		length--;
	if (length > 1 && name[0] == '"' && name[length - 1] == '"') {
		name++;
		length -= 2;
	}
	if (!is_address(address, address_length) || length > ADDRESS_MAX || has_control(name, length) ||
		memchr(name, '"', length) || memchr(name, '\\', length)) {
		reader_error(reader, &token->spot,
			"'%.60s' is not an address of mail: write ADDRESS or \"NAME <ADDRESS>\"",
			token->text);
		return false;
	}
	*mailbox = (struct conf_mailbox){.address = reader_keep_string(reader, address, address_length)};
	if (length)
		mailbox->name = reader_keep_string(reader, name, length);
	return mailbox->address && (mailbox->name || !length);
}

bool mail_from_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct conf_global *global = owner;
	if (statement->count > 2) {
		reader_error(reader, &statement->words[2].spot,
			"'%.60s' is too much; put quotes around a sender with blanks",
			statement->words[2].text);
		return false;
	}
	return read_mailbox(reader, &statement->words[1], &global->mail.from);
}

static bool add_recipient(struct reader *reader, struct conf_mail *mail, const struct token *token)
{
	struct conf_mailbox mailbox;
	if (!read_mailbox(reader, token, &mailbox))
		return false;
	if (mail->recipient_count == MAIL_RECIPIENTS_MAX) {
		reader_error(reader, &token->spot,
			"more than %d addresses in notification_email; use an alias of "
			"the mail server",
			MAIL_RECIPIENTS_MAX);
		return false;
	}
	struct conf_mailbox *all = mail->recipient_count
					   ? mail->recipients
					   : reader_keep(reader, MAIL_RECIPIENTS_MAX * sizeof *all);
	if (!all)
		return false;
	all[mail->recipient_count++] = mailbox;
	mail->recipients = all;
	return true;
}

bool mail_recipient_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct conf_global *global = owner;
	for (size_t i = 0; i < statement->count; i++)
		if (!add_recipient(reader, &global->mail, &statement->words[i]))
			return false;
	return true;
}

/* A name of the DNS, or an address of either family. */
static bool is_host(const struct token *token)
{
	if (token->length == 0 || token->length > 253 || token->text[0] == '-')
		return false;
	for (size_t i = 0; i < token->length; i++) {
		char c = token->text[i];
		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
			!strchr(".-_:", c))
			return false;
	}
	return true;
}

bool mail_server_line(struct reader *reader, void *owner, const struct statement *statement)
{
	static const struct keyword port = {.word = "the port of smtp_server",
		.kind = KEYWORD_NUMBER,
		.minimum = 1,
		.maximum = UINT16_MAX,
		.stored = {offsetof(struct conf_global, mail.port), sizeof(uint16_t)}};
	struct conf_global *global = owner;
	const struct token *host = &statement->words[1];
	report_extra(reader, statement, 3);
	if (!is_host(host)) {
		reader_error(reader, &host->spot,
			"'%.60s' is neither a name of a host nor an address: smtp_server "
			"HOST [PORT]",
			host->text);
		return false;
	}
	global->mail.server = reader_keep_string(reader, host->text, host->length);
	global->mail.port = MAIL_PORT;
	if (statement->count > 2 && !value_read(reader, &port, &statement->words[2], global))
		return false;
	return global->mail.server && statement->count <= 3;
}

/* The name of the greeting goes into a command. */
bool mail_helo_line(struct reader *reader, void *owner, const struct statement *statement)
{
	struct conf_global *global = owner;
	const struct token *name = &statement->words[1];
	report_extra(reader, statement, 2);
	for (size_t i = 0; i < name->length; i++)
		if (!is_printable(name->text[i]) || name->length > 255) {
			reader_error(reader, &name->spot, "'%.60s' cannot be the name of a host", name->text);
			return false;
		}
	global->mail.helo = reader_keep_string(reader, name->text, name->length);
	return global->mail.helo && name->length && statement->count <= 2;
}

static void print_mailbox(const struct conf_mailbox *mailbox, struct text *out)
{
	char buffer[2 * ADDRESS_MAX + 8];
	struct text text;
	text_init(&text, buffer, sizeof buffer);
	if (mailbox->name) {
		text_str(&text, mailbox->name);
		text_str(&text, " <");
	}
	text_str(&text, mailbox->address);
	text_str(&text, mailbox->name ? ">" : "");
	value_print_string(buffer, out);
	text_char(out, '\n');
}

bool mail_lines_are_default(const struct conf_mail *mail)
{
	return !mail->recipient_count && !mail->from.address && !mail->server && !mail->helo;
}

void print_mail_lines(const struct conf_mail *mail, struct text *out)
{
	if (mail->recipient_count) {
		text_str(out, "    notification_email {\n");
		for (size_t i = 0; i < mail->recipient_count; i++) {
			text_str(out, "        ");
			print_mailbox(&mail->recipients[i], out);
		}
		text_str(out, "    }\n");
	}
	if (mail->from.address) {
		text_str(out, "    notification_email_from ");
		print_mailbox(&mail->from, out);
	}
	if (mail->server) {
		text_str(out, "    smtp_server ");
		value_print_string(mail->server, out);
		if (mail->port != MAIL_PORT) {
			text_char(out, ' ');
			text_u64(out, mail->port);
		}
		text_char(out, '\n');
	}
	if (mail->helo) {
		text_str(out, "    smtp_helo_name ");
		value_print_string(mail->helo, out);
		text_char(out, '\n');
	}
}

/* The first who asks for mail; NULL: nobody does. */
static const struct spot *wanted_at(const struct reader *reader)
{
	for (const struct draft *draft = reader->drafts; draft; draft = draft->next)
		if (draft->extra.mail)
			return draft_spot(draft, INSTANCE_SMTP_ALERT);
	for (const struct draft_group *group = reader->groups; group; group = group->next)
		if (group->group.mail)
			return group->set[SYNC_GROUP_SMTP_ALERT].place.line
				       ? &group->set[SYNC_GROUP_SMTP_ALERT]
				       : &group->spot;
	return NULL;
}

void settle_mail(struct reader *reader)
{
	const struct conf_mail *mail = &reader->global.mail;
	for (struct draft_group *group = reader->groups; group; group = group->next)
		if (!group->set[SYNC_GROUP_SMTP_ALERT].place.line)
			group->group.mail = mail->of_vrrp;
	const struct spot *spot = wanted_at(reader);
	const char *missing = !mail->server ? "smtp_server" : "notification_email";
	if (spot && !reader->messages.error_count && (!mail->server || !mail->recipient_count))
		reader_warning(reader, spot,
			"no mail will be sent: %s is missing in global_defs; give it, or leave smtp_alert "
			"out",
			missing);
}
