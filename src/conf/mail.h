/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads and prints what global_defs says of mail. */
#ifndef VIGIA_CONF_MAIL_H
#define VIGIA_CONF_MAIL_H

#include "conf/reader.h"

#define MAIL_PORT 25
#define MAIL_RECIPIENTS_MAX 64

/* Lines of global_defs: the owner is the struct conf_global. */
bool mail_from_line(struct reader *reader, void *owner, const struct statement *statement);
bool mail_recipient_line(struct reader *reader, void *owner, const struct statement *statement);
bool mail_server_line(struct reader *reader, void *owner, const struct statement *statement);
bool mail_helo_line(struct reader *reader, void *owner, const struct statement *statement);

/* What has lines of its own; nothing for what is the default. */
void print_mail_lines(const struct conf_mail *mail, struct text *out);
bool mail_lines_are_default(const struct conf_mail *mail);

/* Groups take over what holds for all; warns of mail that nobody could get. */
void settle_mail(struct reader *reader);

#endif
