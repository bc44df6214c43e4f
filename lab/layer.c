/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/layer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lab/memory.h"
#include "lab/shims.h"

#define LOG_DEPTH 3
#define KEEPALIVED_SAMPLES "/usr/share/doc/keepalived/samples"

struct layer {
	int fd;
	const char *path;
	struct lab_error *error;
};

/* Makes path and its parents, each looking as it does on the host (an upper directory's owner and mode hide
 * the lower's). */
static int make_directories(const struct layer *layer, const char *path)
{
	char part[PATH_MAX];
	for (const char *slash = path; slash != NULL && *slash != '\0';) {
		slash = strchr(slash + 1, '/');
		size_t length = slash == NULL ? strlen(path) : (size_t)(slash - path);
		snprintf(part, sizeof part, "/%.*s", (int)length, path);
		struct stat host = {.st_mode = 0755};
		bool on_host = stat(part, &host) == 0;
		if (mkdirat(layer->fd, part + 1, host.st_mode & 07777) < 0) {
			if (errno == EEXIST)
				continue;
			return lab_fail(layer->error, -errno, "%s%s: %s", layer->path, part, strerror(errno));
		}
		if (fchmodat(layer->fd, part + 1, host.st_mode & 07777, 0) < 0 ||
			(on_host && fchownat(layer->fd, part + 1, host.st_uid, host.st_gid, 0) < 0))
			return lab_fail(layer->error, -errno, "%s%s: %s", layer->path, part, strerror(errno));
	}
	return 0;
}

static int make_parents(const struct layer *layer, const char *path)
{
	const char *slash = strrchr(path, '/');
	if (slash == NULL)
		return 0;
	char *parent = must_dup_bytes(path, (size_t)(slash - path));
	int result = make_directories(layer, parent);
	free(parent);
	return result;
}

/* A directory that shows nothing of the host's one below it. */
static int empty_directory(const struct layer *layer, const char *path)
{
	int result = make_directories(layer, path);
	if (result < 0)
		return result;
	char full[PATH_MAX];
	snprintf(full, sizeof full, "%s/%s", layer->path, path);
	if (setxattr(full, "trusted.overlay.opaque", "y", 1, 0) < 0)
		return lab_fail(layer->error, -errno,
			"%s: %s (labs need a tmpfs that keeps trusted attributes: CONFIG_TMPFS_XATTR)", full,
			strerror(errno));
	return 0;
}

/* A whiteout: the file is not there. */
static int hide_file(const struct layer *layer, const char *path)
{
	int result = make_parents(layer, path);
	if (result == 0 && mknodat(layer->fd, path, S_IFCHR | 0600, makedev(0, 0)) < 0 && errno != EEXIST)
		return lab_fail(layer->error, -errno, "%s/%s: %s", layer->path, path, strerror(errno));
	return result;
}

static int put_file(const struct layer *layer, const char *path, const char *text, size_t length, mode_t mode)
{
	int result = make_parents(layer, path);
	if (result == 0)
		result = write_whole_file(layer->fd, path, text, length);
	if (result == 0 && fchmodat(layer->fd, path, mode, 0) < 0)
		result = -errno;
	if (result < 0)
		return lab_fail(layer->error, result, "%s/%s: %s", layer->path, path, strerror(-result));
	return 0;
}

static int put_link(const struct layer *layer, const char *path, const char *target)
{
	int result = make_parents(layer, path);
	if (result == 0 && symlinkat(target, layer->fd, path) < 0 && errno != EEXIST)
		return lab_fail(layer->error, -errno, "%s/%s: %s", layer->path, path, strerror(errno));
	return result;
}

/* ------------------------------------------------------------------------------------- hiding the host */

/* What of / a device sees; everything else at the top (homes, data, checkouts, other people's mounts) is
 * empty. */
static bool is_system_directory(const char *name)
{
	static const char *const names[] = {
		"bin", "sbin", "usr", "etc", "var", "proc", "sys", "dev", "run", "tmp"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return strncmp(name, "lib", 3) == 0;
}

static int hide_top_level(const struct layer *layer)
{
	DIR *top = opendir("/");
	if (top == NULL)
		return lab_fail(layer->error, -errno, "/: %s", strerror(errno));
	int result = 0;
	for (struct dirent *entry; result == 0 && (entry = readdir(top)) != NULL;) {
		struct stat info;
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
			is_system_directory(entry->d_name))
			continue;
		if (fstatat(dirfd(top), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		result = S_ISDIR(info.st_mode) ? empty_directory(layer, entry->d_name)
					       : hide_file(layer, entry->d_name);
	}
	closedir(top);
	return result;
}

static bool host_has(const char *path)
{
	struct stat info;
	char full[PATH_MAX];
	snprintf(full, sizeof full, "/%s", path);
	return lstat(full, &info) == 0;
}

static int hide_files_like(const struct layer *layer, const char *pattern)
{
	glob_t found;
	int result = 0;
	if (glob(pattern, 0, NULL, &found) != 0)
		return 0;
	for (size_t i = 0; i < found.gl_pathc && result == 0; i++)
		result = hide_file(layer, found.gl_pathv[i] + 1);
	globfree(&found);
	return result;
}

/* Accounts stay (daemons need theirs), passwords do not. */
static int hide_passwords(const struct layer *layer, const char *path)
{
	char full[PATH_MAX], *text;
	size_t length;
	snprintf(full, sizeof full, "/%s", path);
	if (read_whole_file(AT_FDCWD, full, 1u << 20, &text, &length) < 0)
		return 0;
	char *out = must_alloc(2 * length + 16), *end = out, *rest = text;
	while (rest != NULL && *rest != '\0') {
		char *line = strsep(&rest, "\n");
		size_t name = strcspn(line, ":");
		size_t field = line[name] == '\0' ? 0 : strcspn(line + name + 1, ":");
		if (line[name] == '\0')
			continue;
		end += sprintf(end, "%.*s:*%s\n", (int)name, line, line + name + 1 + field);
	}
	struct stat info;
	int result = put_file(layer, path, out, (size_t)(end - out), 0640);
	if (result == 0 && stat(full, &info) == 0 &&
		fchownat(layer->fd, path, info.st_uid, info.st_gid, 0) < 0)
		result = -errno;
	free(text);
	free(out);
	return result;
}

/* The directories of /var/log without the files: daemons want to write there, the host's logs are its own. */
static int mirror_log_directories(const struct layer *layer, const char *path, unsigned depth)
{
	char full[PATH_MAX];
	snprintf(full, sizeof full, "/%s", path);
	DIR *directory = opendir(full);
	if (directory == NULL)
		return 0;
	int result = depth == 0 ? empty_directory(layer, path) : make_directories(layer, path);
	for (struct dirent *entry; result == 0 && (entry = readdir(directory)) != NULL;) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.' || depth == LOG_DEPTH ||
			strcmp(entry->d_name, "journal") == 0)
			continue;
		char *below = must_print("%s/%s", path, entry->d_name);
		result = mirror_log_directories(layer, below, depth + 1);
		free(below);
	}
	closedir(directory);
	return result;
}

static int hide_host(const struct layer *layer)
{
	static const char *const directories[] = {"etc/keepalived", "etc/vigia", "etc/cron.d",
		"etc/wireguard", "etc/letsencrypt", "var/spool/cron", "var/mail", "var/backups", "var/tmp",
		"var/crash", "var/lib/docker", "var/lib/containerd", "var/lib/containers", "var/lib/libvirt",
		"var/cache/apt"};
	static const char *const files[] = {
		"etc/frr/frr.conf", "etc/crontab", "etc/shadow-", "etc/gshadow-", "etc/hostid"};
	int result = hide_top_level(layer);
	for (size_t i = 0; i < sizeof directories / sizeof *directories && result == 0; i++) {
		if (host_has(directories[i]))
			result = empty_directory(layer, directories[i]);
	}
	for (size_t i = 0; i < sizeof files / sizeof *files && result == 0; i++) {
		if (host_has(files[i]))
			result = hide_file(layer, files[i]);
	}
	if (result == 0)
		result = hide_files_like(layer, "/etc/ssh/ssh_host_*");
	if (result == 0)
		result = hide_passwords(layer, "etc/shadow");
	if (result == 0)
		result = hide_passwords(layer, "etc/gshadow");
	if (result == 0)
		result = mirror_log_directories(layer, "var/log", 0);
	return result;
}

/* ------------------------------------------------------------------------------------ what labs expect */

/* Quagga is gone from Debian and FRR runs its labs: files owned by quagga belong to frr's user. */
static int alias_quagga(const struct layer *layer)
{
	const struct passwd *frr = getpwnam("frr");
	char *text;
	size_t length;
	if (frr == NULL)
		return 0;
	uid_t uid = frr->pw_uid;
	gid_t gid = frr->pw_gid;
	if (getpwnam("quagga") != NULL ||
		read_whole_file(AT_FDCWD, "/etc/passwd", 1u << 20, &text, &length) < 0)
		return 0;
	char *more = must_print("%squagga:x:%u:%u::/nonexistent:/usr/sbin/nologin\n", text, uid, gid);
	int result = put_file(layer, "etc/passwd", more, strlen(more), 0644);
	free(text);
	free(more);
	if (result < 0 || read_whole_file(AT_FDCWD, "/etc/group", 1u << 20, &text, &length) < 0)
		return result;
	more = must_print("%squagga:x:%u:\n", text, gid);
	result = put_file(layer, "etc/group", more, strlen(more), 0644);
	free(text);
	free(more);
	return result;
}

static int put_expected(const struct layer *layer, bool with_programs)
{
	static const struct {
		const char *path, *target;
	} links[] = {
		{"usr/local/sbin/vigiad", LAB_DEVICE_PROGRAMS "/vigiad"},
		{"usr/local/bin/vigia", LAB_DEVICE_PROGRAMS "/vigia"},
	};
	/* in place of the packages' own, which wait for things a device does not have */
	static const char *const init_scripts[] = {"apache2", "bind", "bind9", "frr", "keepalived", "named",
		"quagga", "radvd", "ssh", "vigiad", "zebra"};
	static const char *const blank[] = {"etc/resolv.conf", "etc/hosts", "etc/hostname"};
	int result = make_directories(layer, "hostlab");
	if (result == 0)
		result = make_directories(layer, "shared");
	if (result == 0)
		result = make_directories(layer, &LAB_DEVICE_PROGRAMS[1]);
	for (size_t i = 0; i < sizeof init_scripts / sizeof *init_scripts && result == 0; i++) {
		char *path = must_print("etc/init.d/%s", init_scripts[i]);
		result = put_link(layer, path, "/usr/local/sbin/service");
		free(path);
	}
	/* installed programs are seen like everything else that is installed */
	for (size_t i = 0; with_programs && i < sizeof links / sizeof *links && result == 0; i++)
		result = put_link(layer, links[i].path, links[i].target);
	for (size_t i = 0; i < sizeof blank / sizeof *blank && result == 0; i++)
		result = put_file(layer, blank[i], "", 0, 0644);
	for (size_t i = 0; i < shim_count && result == 0; i++)
		result = put_file(layer, shims[i].path, shims[i].text, strlen(shims[i].text),
			shims[i].executable ? 0755 : 0644);
	/* where the course looks for them; Debian keeps them with the documentation */
	if (result == 0 && host_has(&KEEPALIVED_SAMPLES[1]))
		result = put_link(layer, "etc/keepalived/samples", KEEPALIVED_SAMPLES);
	return result == 0 ? alias_quagga(layer) : result;
}

int layer_build(const char *path, bool with_programs, struct lab_error *error)
{
	struct layer layer = {open(path, O_PATH | O_DIRECTORY | O_CLOEXEC), path, error};
	if (layer.fd < 0)
		return lab_fail(error, -errno, "%s: %s", path, strerror(errno));
	int result = hide_host(&layer);
	if (result == 0)
		result = put_expected(&layer, with_programs);
	close(layer.fd);
	return result;
}
