/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For targets that read configurations: there is no file to include. */
#ifndef VIGIA_FUZZ_NO_FILES_H
#define VIGIA_FUZZ_NO_FILES_H

#include <errno.h>

#include "conf/conf.h"

static char *read_nothing(void *user, const char *path, size_t *length)
{
	(void)user;
	(void)path;
	(void)length;
	errno = ENOENT;
	return NULL;
}

static int find_nothing(
	void *user, const char *pattern, int (*each)(void *each_user, const char *path), void *each_user)
{
	(void)user;
	(void)pattern;
	(void)each;
	(void)each_user;
	return 0;
}

static const struct conf_files no_files = {read_nothing, find_nothing, NULL};

#endif
