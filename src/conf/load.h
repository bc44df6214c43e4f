/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading with page functions of the caller's: how the tests refuse memory. */
#ifndef VIGIA_CONF_LOAD_H
#define VIGIA_CONF_LOAD_H

#include "base/arena.h"
#include "conf/conf.h"

struct conf_pages {
	arena_page_get *get;
	arena_page_put *put;
	void *user;
};

/* text NULL: the file `name` is read. The pages must outlive the result. */
void conf_load_with_pages(const char *name, const char *text, size_t length, const struct conf_files *files,
	const struct conf_pages *pages, struct conf_result *result);

#endif
