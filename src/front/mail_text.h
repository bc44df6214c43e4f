/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of mail about a change of state: keepalived's, as of RFC 5322, with what is not ASCII as of RFC 2047. */
#ifndef VIGIA_FRONT_MAIL_TEXT_H
#define VIGIA_FRONT_MAIL_TEXT_H

#include <stdbool.h>
#include <time.h>

#include "conf/conf.h"

enum mail_state {
	MAIL_BACKUP,
	MAIL_MASTER,
	MAIL_FAULT,
};

/* "BACKUP", "MASTER" or "FAULT"; false: no mail is sent of any other state. */
bool mail_state_of(const char *word, enum mail_state *state);
const char *mail_state_word(enum mail_state state);

struct mail_news {
	const char *name;
	bool is_group;
	enum mail_state state;
	time_t at;
};

/* The whole message, with CRLF, as it goes to the server; malloc'd, NULL without memory. router_id: any bytes.
 * sender: conf->global.mail.from, or what stands for it. */
char *mail_compose(const struct mail_news *news, const struct conf_mail *mail, const char *sender,
	const char *router_id);

#endif
