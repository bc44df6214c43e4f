/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The device's folder and scripts, copied from the lab. As Kathará does it: first to /hostlab, with text
 * files freed of byte order marks and carriage returns, then /hostlab/NAME over /; files become root's,
 * symbolic links of the source are followed.
 *
 * All this runs with the device's root as /, so a link in the target cannot lead to the host; links of the
 * source are followed only within the lab's directory, so a lab cannot bring in the host's files either:
 * others are copied as links.
 */
#include "lab/device.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/memory.h"
#include "lab/open_confined.h"

#define TREE_DEPTH 40
#define FILE_LIMIT ((size_t)1 << 31)

static int open_below(int directory_fd, const char *path, int flags)
{
	return open_confined(directory_fd, path, flags, RESOLVE_BENEATH);
}

/* Byte order mark and carriage returns at line ends go; a file with a NUL in it is not text and stays as it
 * is. */
static size_t tidy_text(char *text, size_t length)
{
	if (memchr(text, '\0', length) != NULL)
		return length;
	size_t at = length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0, out = 0;
	for (; at < length; at++) {
		if (text[at] == '\r' && at + 1 < length && text[at + 1] == '\n')
			continue;
		text[out++] = text[at];
	}
	return out;
}

static int copy_file(
	int from_fd, const char *from, const char *to, mode_t mode, bool tidy, struct lab_error *error)
{
	char *text = NULL;
	size_t length = 0;
	char source[64];
	snprintf(source, sizeof source, "/proc/self/fd/%d", from_fd);
	int result = read_whole_file(AT_FDCWD, source, FILE_LIMIT, &text, &length);
	if (result < 0)
		return lab_fail(error, result, "%s: %s", from, strerror(-result));
	if (tidy)
		length = tidy_text(text, length);
	if (unlink(to) < 0 && errno != ENOENT)
		result = -errno;
	if (result == 0)
		result = write_whole_file(AT_FDCWD, to, text, length);
	if (result == 0 && chmod(to, mode & 0777 & ~022u) < 0)
		result = -errno;
	free(text);
	return result < 0 ? lab_fail(error, result, "cannot copy %s to %s: %s", from, to, strerror(-result))
			  : 0;
}

static int copy_link(int from_fd, const char *from, const char *to, struct lab_error *error)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(from_fd, from, target, sizeof target - 1);
	if (length < 0)
		return lab_fail(error, -errno, "%s: %s", from, strerror(errno));
	target[length] = '\0';
	if ((unlink(to) < 0 && errno != ENOENT) || symlink(target, to) < 0)
		return lab_fail(error, -errno, "cannot make the link %s: %s", to, strerror(errno));
	return 0;
}

static int make_target_directory(const char *to, mode_t mode, struct lab_error *error)
{
	struct stat info;
	if (stat(to, &info) == 0 && S_ISDIR(info.st_mode))
		return 0;
	if ((unlink(to) < 0 && errno != ENOENT) || mkdir(to, 0755) < 0 ||
		chmod(to, (mode & 0777 & ~022u) | 0700) < 0)
		return lab_fail(error, -errno, "cannot make the directory %s: %s", to, strerror(errno));
	return 0;
}

struct tree_copy {
	int from_fd;
	bool tidy;
	struct lab_error *error;
};

static int copy_entry(const struct tree_copy *copy, const char *from, const char *to, unsigned depth);

static int copy_directory(
	const struct tree_copy *copy, int fd, const char *from, const char *to, unsigned depth)
{
	if (depth >= TREE_DEPTH) {
		close(fd);
		return lab_fail(copy->error, -ELOOP, "%s: more than %d directories deep", from, TREE_DEPTH);
	}
	DIR *directory = fdopendir(fd);
	if (directory == NULL) {
		int code = -errno;
		close(fd);
		return lab_fail(copy->error, code, "%s: %s", from, strerror(-code));
	}
	int result = 0;
	for (struct dirent *entry; result == 0 && (entry = readdir(directory)) != NULL;) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
			strcmp(entry->d_name, ".DS_Store") == 0)
			continue;
		char *below_from = must_print("%s/%s", from, entry->d_name);
		char *below_to = must_print("%s/%s", to, entry->d_name);
		result = copy_entry(copy, below_from, below_to, depth + 1);
		free(below_from);
		free(below_to);
	}
	closedir(directory);
	return result;
}

static int copy_entry(const struct tree_copy *copy, const char *from, const char *to, unsigned depth)
{
	struct stat info;
	/* NONBLOCK: a fifo must not hold the boot up */
	int fd = open_below(copy->from_fd, from, O_RDONLY | O_NONBLOCK);
	if (fd == -EXDEV || fd == -ELOOP || fd == -ENOENT)
		return copy_link(copy->from_fd, from, to, copy->error);
	if (fd == -ENXIO)
		return 0; /* a socket */
	if (fd < 0)
		return lab_fail(copy->error, fd, "%s: %s", from, strerror(-fd));
	if (fstat(fd, &info) < 0) {
		int code = -errno;
		close(fd);
		return lab_fail(copy->error, code, "%s: %s", from, strerror(-code));
	}
	int result = 0;
	if (S_ISDIR(info.st_mode)) {
		result = make_target_directory(to, info.st_mode, copy->error);
		if (result == 0)
			return copy_directory(copy, fd, from, to, depth);
	} else if (S_ISREG(info.st_mode)) {
		result = copy_file(fd, from, to, info.st_mode, copy->tidy, copy->error);
	}
	close(fd);
	return result;
}

static int copy_tree(int from_fd, const char *from, const char *to, bool tidy, struct lab_error *error)
{
	struct tree_copy copy = {from_fd, tidy, error};
	return copy_entry(&copy, from, to, 0);
}

static bool lab_has(int lab_fd, const char *path)
{
	int fd = open_below(lab_fd, path, O_PATH);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int write_host_names(const struct conf_device *device, struct lab_error *error)
{
	struct stat info;
	char *hosts =
		must_print("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n127.0.1.1\t%s\n",
			device->name);
	char *name = must_print("%s\n", device->name);
	int result = 0;
	/* the device's folder may bring a hosts file of its own */
	if (stat("/etc/hosts", &info) < 0 || info.st_size == 0)
		result = write_whole_file(AT_FDCWD, "/etc/hosts", hosts, strlen(hosts));
	if (result == 0)
		result = write_whole_file(AT_FDCWD, "/etc/hostname", name, strlen(name));
	free(hosts);
	free(name);
	return result < 0 ? lab_fail(error, result, "cannot write /etc/hosts: %s", strerror(-result)) : 0;
}

int device_copy_files(int lab_fd, const struct conf_device *device, struct lab_error *error)
{
	char names[5][LAB_DEVICE_NAME_SIZE + 16];
	snprintf(names[0], sizeof names[0], "%s", device->name);
	snprintf(names[1], sizeof names[1], "%s.startup", device->name);
	snprintf(names[2], sizeof names[2], "%s.shutdown", device->name);
	snprintf(names[3], sizeof names[3], "shared.startup");
	snprintf(names[4], sizeof names[4], "shared.shutdown");
	int result = 0;
	for (size_t i = 0; i < 5 && result == 0; i++) {
		char *to = must_print("/hostlab/%s", names[i]);
		if (lab_has(lab_fd, names[i]))
			result = copy_tree(lab_fd, names[i], to, true, error);
		if (result == 0 && i > 0 && chmod(to, 0755) < 0 && errno != ENOENT)
			result = lab_fail(error, -errno, "%s: %s", to, strerror(errno));
		free(to);
	}
	int hostlab = open("/hostlab", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (result == 0 && hostlab >= 0 && lab_has(hostlab, device->name))
		result = copy_tree(hostlab, device->name, "/.", false, error);
	if (hostlab >= 0)
		close(hostlab);
	return result == 0 ? write_host_names(device, error) : result;
}
