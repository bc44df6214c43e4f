/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Page functions of the caller's, for struct conf_options: how the tests refuse memory. */
#ifndef VIGIA_CONF_LOAD_H
#define VIGIA_CONF_LOAD_H

#include "base/arena.h"

/* Must outlive the result. */
struct conf_pages {
	arena_page_get *get;
	arena_page_put *put;
	void *user;
};

#endif
