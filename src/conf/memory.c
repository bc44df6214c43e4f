/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A configuration in a memfd: see memory.h. */
#include "conf/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int conf_load_memory(int fd, const char *name, struct conf_result *result)
{
	struct stat status;
	size_t have = 0;
	size_t size;
	char *text;

	if (fstat(fd, &status) < 0)
		return -errno;
	size = (size_t)status.st_size;
	text = malloc(size + 1);
	if (!text)
		return -ENOMEM;
	while (have < size) {
		ssize_t more = pread(fd, text + have, size - have, (off_t)have);

		if (more < 0 && errno == EINTR)
			continue;
		if (more <= 0) {
			const int error = more < 0 ? -errno : -EIO;

			free(text);
			return error;
		}
		have += (size_t)more;
	}
	text[have] = '\0';
	conf_load_text(text, have, name, &conf_files_system, result);
	free(text);
	return 0;
}
