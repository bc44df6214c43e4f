/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files under names that others know: a log, a trace, a pid file. In a folder where everybody may put files (/tmp) somebody
 * may have put one there before: a link, to have another file written to, or a file of his own, to keep what is written.
 */
#ifndef VIGIA_LINUX_OWN_FILE_H
#define VIGIA_LINUX_OWN_FILE_H

#include <sys/types.h>

/* As open(2), with O_CREAT and O_CLOEXEC; but in such a folder it is a regular file of this process's user that has no other name,
 * or else -EPERM or -ELOOP, and O_TRUNC comes only after that. A descriptor or -errno. */
int own_file_open(const char *path, int flags, mode_t mode);

#endif
