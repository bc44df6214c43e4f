/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory files, in which more than a message holds travels to another process. */
#ifndef VIGIA_FRONT_MEMORY_FILE_H
#define VIGIA_FRONT_MEMORY_FILE_H

#include <stddef.h>

/* A new one, with these bytes in it. Its descriptor, or -errno. */
int memory_write(const char *name, const char *bytes, size_t length);
/* Behind what stands in it, whatever its offset. 0 or -errno. */
int memory_append(int fd, const char *bytes, size_t length);
/* All of it, and a NUL; malloc'd. NULL: it could not be read. */
char *memory_read(int fd, size_t *length);

#endif
