/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file system of a device: an overlay of the host's, own /proc /sys /dev /run /tmp, and nothing of the
 * host's mounts left. */
#include "lab/device.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lab/memory.h"

static int mount_at(struct lab_error *error, const char *source, const char *target, const char *type,
	unsigned long flags, const char *options)
{
	if (mount(source, target, type, flags, options) < 0)
		return lab_fail(error, -errno, "cannot mount %s on %s: %s", type == NULL ? source : type,
			target, strerror(errno));
	return 0;
}

static int bind_at(struct lab_error *error, const char *source, const char *target, unsigned long flags)
{
	int result = mount_at(error, source, target, NULL, MS_BIND, NULL);
	if (result == 0)
		result = mount_at(error, source, target, NULL, MS_BIND | MS_REMOUNT | flags, NULL);
	return result;
}

/* An overlay whose changes land in tmpfs: `changes` is a fresh directory there. */
static int overlay_at(const char *lower, const char *changes, const char *target, struct lab_error *error)
{
	char upper[PATH_MAX], work[PATH_MAX];
	snprintf(upper, sizeof upper, "%s.upper", changes);
	snprintf(work, sizeof work, "%s.work", changes);
	if ((mkdir(upper, 0755) < 0 || mkdir(work, 0755) < 0) && errno != EEXIST)
		return lab_fail(error, -errno, "%s: %s", upper, strerror(errno));
	char *options = must_print("lowerdir=%s,upperdir=%s,workdir=%s", lower, upper, work);
	int result = mount("vigia-lab", target, "overlay", MS_NODEV, options) < 0 ? -errno : 0;
	free(options);
	if (result == -ENODEV)
		return lab_fail(error, result, "needs a kernel with overlayfs (CONFIG_OVERLAY_FS)");
	if (result < 0)
		return lab_fail(error, result,
			"cannot lay an overlay over %s: %s (the machine's file system must be one that "
			"overlayfs takes as a lower "
			"layer, and in a container the container must be privileged)",
			lower, strerror(-result));
	return 0;
}

static bool is_part_of_system(const struct mntent *entry)
{
	static const char *const roots[] = {"/usr", "/var", "/etc", "/lib", "/bin", "/sbin"};
	static const char *const kernels[] = {"proc", "sysfs", "tmpfs", "devtmpfs", "devpts", "cgroup",
		"cgroup2", "autofs", "nsfs", "overlay", "squashfs", "fuse.lxcfs"};
	for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
		if (strcmp(entry->mnt_type, kernels[i]) == 0)
			return false;
	}
	for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
		size_t length = strlen(roots[i]);
		if (strncmp(entry->mnt_dir, roots[i], length) == 0 &&
			strchr("/", entry->mnt_dir[length]) != NULL)
			return true;
	}
	return false;
}

/* Whether the layer shows nothing of the host at this directory: it or one above it is opaque there. */
static bool is_hidden(const char *layer, const char *directory)
{
	char path[PATH_MAX];
	for (const char *slash = directory; slash != NULL;) {
		char value;
		slash = strchr(slash + 1, '/');
		size_t length = slash == NULL ? strlen(directory) : (size_t)(slash - directory);
		snprintf(path, sizeof path, "%s%.*s", layer, (int)length, directory);
		if (getxattr(path, "trusted.overlay.opaque", &value, 1) == 1 && value == 'y')
			return true;
	}
	return false;
}

/* The mount's directory with what the layer has for it on top; NULL when nothing is to be seen there. */
static char *lower_of(const char *layer, const char *directory)
{
	char *above = must_print("%s%s", layer, directory);
	struct stat info;
	bool in_layer = stat(above, &info) == 0 && S_ISDIR(info.st_mode);
	bool hidden = is_hidden(layer, directory);
	char *lower = NULL;
	/* the kernel does not look whether the top of a layer is opaque */
	if (in_layer)
		lower = hidden ? must_dup(above) : must_print("%s:%s", above, directory);
	else if (!hidden)
		lower = must_dup(directory);
	free(above);
	return lower;
}

/* An overlay of / holds no mount below it: a /usr or /var of its own gets an overlay of its own. */
static int overlay_separate_mounts(
	const char *layer, const char *base, const char *root, struct lab_error *error)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	if (mounts == NULL)
		return lab_fail(error, -errno, "/proc/self/mounts: %s", strerror(errno));
	int result = 0;
	unsigned number = 0;
	for (struct mntent *entry; result == 0 && (entry = getmntent(mounts)) != NULL;) {
		struct stat info;
		if (!is_part_of_system(entry) || strpbrk(entry->mnt_dir, ":,") != NULL ||
			stat(entry->mnt_dir, &info) < 0 || !S_ISDIR(info.st_mode))
			continue;
		char *changes = must_print("%s/mount%u", base, number++);
		char *target = must_print("%s%s", root, entry->mnt_dir);
		char *lower = lower_of(layer, entry->mnt_dir);
		if (lower != NULL)
			result = overlay_at(lower, changes, target, error);
		free(lower);
		free(changes);
		free(target);
	}
	endmntent(mounts);
	return result;
}

static int make_node(
	const char *path, mode_t mode, unsigned major_number, unsigned minor_number, struct lab_error *error)
{
	if (mknod(path, S_IFCHR | mode, makedev(major_number, minor_number)) == 0 && chmod(path, mode) == 0)
		return 0;
	return lab_fail(error, -errno, "cannot make %s: %s", path, strerror(errno));
}

static int make_dev(struct lab_error *error)
{
	static const struct {
		const char *path;
		unsigned major_number, minor_number;
	} nodes[] = {{"dev/null", 1, 3}, {"dev/zero", 1, 5}, {"dev/full", 1, 7}, {"dev/random", 1, 8},
		{"dev/urandom", 1, 9}, {"dev/tty", 5, 0}, {"dev/net/tun", 10, 200}};
	static const struct {
		const char *path, *target;
	} links[] = {{"dev/ptmx", "pts/ptmx"}, {"dev/fd", "/proc/self/fd"}, {"dev/stdin", "/proc/self/fd/0"},
		{"dev/stdout", "/proc/self/fd/1"}, {"dev/stderr", "/proc/self/fd/2"}};
	int result = mount_at(error, "dev", "dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=755,size=64m");
	if (result < 0)
		return result;
	if (mkdir("dev/pts", 0755) < 0 || mkdir("dev/shm", 0755) < 0 || mkdir("dev/net", 0755) < 0)
		return lab_fail(error, -errno, "/dev: %s", strerror(errno));
	for (size_t i = 0; i < sizeof nodes / sizeof *nodes && result == 0; i++)
		result = make_node(nodes[i].path, 0666, nodes[i].major_number, nodes[i].minor_number, error);
	for (size_t i = 0; i < sizeof links / sizeof *links && result == 0; i++) {
		if (symlink(links[i].target, links[i].path) < 0)
			result = lab_fail(error, -errno, "/%s: %s", links[i].path, strerror(errno));
	}
	if (result == 0)
		result = mount_at(error, "devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
			"newinstance,ptmxmode=0666,mode=0620,gid=5");
	return result == 0 ? mount_at(error, "shm", "dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777")
			   : result;
}

/* Relative to the new root, before the old one goes. */
static int mount_kernel_file_systems(struct lab_error *error)
{
	int result = mount_at(error, "proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	if (result == 0)
		result = mount_at(
			error, "sysfs", "sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, NULL);
	if (result == 0)
		result = make_dev(error);
	if (result == 0)
		result = mount_at(error, "run", "run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755");
	if (result == 0)
		result = mount_at(error, "tmp", "tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
	if (result == 0 && mkdir("run/lock", 01777) == 0 && chmod("run/lock", 01777) < 0)
		result = lab_fail(error, -errno, "/run/lock: %s", strerror(errno));
	return result;
}

/* With the device's own /proc in place: what acts on the machine, or tells of it, is covered; only net is
 * its own to set. */
static int cover_proc(struct lab_error *error)
{
	static const char *const files[] = {"/proc/sysrq-trigger", "/proc/kcore", "/proc/kmsg", "/proc/keys",
		"/proc/key-users", "/proc/timer_list", "/proc/sched_debug", "/proc/kpagecount",
		"/proc/kpageflags", "/proc/kpagecgroup", "/proc/slabinfo", "/proc/vmallocinfo",
		"/proc/pagetypeinfo"};
	static const char *const read_only[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/acpi",
		"/proc/scsi", "/proc/driver", "/proc/mtrr", "/proc/dynamic_debug", "/proc/pressure"};
	/* an empty file, not /dev/null: that takes writes also where it is mounted read-only */
	int result = write_whole_file(AT_FDCWD, "/run/empty", "", 0);
	if (result < 0)
		return lab_fail(error, result, "/run/empty: %s", strerror(-result));
	for (size_t i = 0; i < sizeof files / sizeof *files && result == 0; i++) {
		if (access(files[i], F_OK) == 0)
			result = bind_at(
				error, "/run/empty", files[i], MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC);
	}
	unlink("/run/empty");
	for (size_t i = 0; i < sizeof read_only / sizeof *read_only && result == 0; i++) {
		if (access(read_only[i], F_OK) == 0)
			result = bind_at(error, read_only[i], read_only[i],
				MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC);
	}
	if (result == 0)
		result = mount_at(error, "/proc/sys", "/proc/sys", NULL, MS_BIND, NULL);
	/* a mount of its own below: it stays writable when the one above turns read-only */
	if (result == 0)
		result = mount_at(error, "/proc/sys/net", "/proc/sys/net", NULL, MS_BIND, NULL);
	if (result == 0)
		result = mount_at(error, "/proc/sys", "/proc/sys", NULL,
			MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	return result;
}

/* --------------------------------------------------------------------------------------- shared places */

/* Kathará makes the folder when it is not there; we leave the lab's directory as it is. */
static int bind_shared(const struct device_world *world, struct lab_error *error)
{
	char *path = must_print("%s/shared", world->conf->directory);
	struct stat info;
	int result;
	if (lstat(path, &info) < 0)
		result = bind_at(error, world->shared, "shared", MS_NOSUID | MS_NODEV);
	else if (S_ISDIR(info.st_mode))
		result = bind_at(error, path, "shared", MS_NOSUID | MS_NODEV);
	else /* a symbolic link could lead anywhere on the host; Kathará refuses it as well */
		result = lab_fail(error, -ENOTDIR, "%s must be a directory, not a link or a file", path);
	free(path);
	return result;
}

static bool lies_within(const char *path, const char *directory)
{
	size_t length = strlen(directory);
	return strncmp(path, directory, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

/* The mount point of a volume, made inside the new root without following a link out of it: we are not
 * there yet. */
static int make_volume_point(const char *guest, bool directory, struct lab_error *error)
{
	char part[PATH_MAX];
	for (const char *slash = guest; slash != NULL;) {
		slash = strchr(slash + 1, '/');
		size_t length = slash == NULL ? strlen(guest) : (size_t)(slash - guest);
		struct stat info;
		snprintf(part, sizeof part, ".%.*s", (int)length, guest);
		if (lstat(part, &info) == 0 && S_ISLNK(info.st_mode))
			return lab_fail(
				error, -ELOOP, "volume at %s: %s is a symbolic link", guest, part + 1);
		if (slash == NULL && !directory) {
			int fd = open(part, O_CREAT | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0644);
			if (fd < 0)
				return lab_fail(error, -errno, "volume at %s: %s", guest, strerror(errno));
			close(fd);
		} else if (mkdir(part, 0755) < 0 && errno != EEXIST) {
			return lab_fail(error, -errno, "volume at %s: %s", guest, strerror(errno));
		}
	}
	return 0;
}

static int bind_volume(
	const struct lab_conf *conf, const struct conf_volume *volume, int channel, struct lab_error *error)
{
	char *host = volume->host[0] == '/' ? must_dup(volume->host)
					    : must_print("%s/%s", conf->directory, volume->host);
	char *real = realpath(host, NULL);
	struct stat info;
	int result = 0;
	if (real == NULL || stat(real, &info) < 0) {
		result = lab_fail(
			error, -errno, "lab.conf:%u: volume %s: %s", volume->line, host, strerror(errno));
	} else if (strstr(volume->guest, "/..") != NULL) {
		result = lab_fail(error, -EINVAL, "lab.conf:%u: volume at %s: no '..' there", volume->line,
			volume->guest);
	} else {
		bool writable = volume->mode == VOLUME_READ_WRITE && lies_within(real, conf->directory);
		if (volume->mode == VOLUME_READ_WRITE && !writable) {
			char *text = must_print(
				"volume %s is read-only: a device may only write below the lab's directory",
				real);
			device_send(channel, DEVICE_WARNING, 0, text);
			free(text);
		}
		result = make_volume_point(volume->guest, S_ISDIR(info.st_mode), error);
		if (result == 0)
			result = bind_at(error, real, volume->guest + 1,
				MS_NOSUID | MS_NODEV | (writable ? 0 : MS_RDONLY));
	}
	free(host);
	free(real);
	return result;
}

/* ---------------------------------------------------------------------------------------- all together */

static int enter_root(const char *root, struct lab_error *error)
{
	if (chdir(root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 ||
		chdir("/") < 0)
		return lab_fail(error, -errno, "cannot enter the device's root: %s", strerror(errno));
	return 0;
}

static int bind_places(const struct device_world *world, const struct conf_device *device, int channel,
	struct lab_error *error)
{
	int result = 0;
	if (world->programs != NULL)
		result = bind_at(
			error, world->programs, &LAB_DEVICE_PROGRAMS[1], MS_RDONLY | MS_NOSUID | MS_NODEV);
	if (result == 0)
		result = bind_shared(world, error);
	for (size_t i = 0; i < device->volume_count && result == 0; i++)
		result = bind_volume(world->conf, &device->volumes[i], channel, error);
	return result;
}

int device_build_root(const struct device_world *world, const struct conf_device *device, int channel,
	struct lab_error *error)
{
	char *root = must_print("%s/root", world->mount_point);
	char *changes = must_print("%s/root", world->mount_point);
	char *lower = must_print("%s:/", world->layer);
	int result = mount_at(error, "none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
	if (result == 0)
		result = mount_at(error, "changes", world->mount_point, "tmpfs", MS_NODEV, "mode=755");
	if (result == 0 && mkdir(root, 0755) < 0)
		result = lab_fail(error, -errno, "%s: %s", root, strerror(errno));
	if (result == 0)
		result = overlay_at(lower, changes, root, error);
	if (result == 0)
		result = overlay_separate_mounts(world->layer, world->mount_point, root, error);
	if (result == 0 && chdir(root) < 0)
		result = lab_fail(error, -errno, "%s: %s", root, strerror(errno));
	if (result == 0)
		result = mount_kernel_file_systems(error);
	if (result == 0)
		result = bind_places(world, device, channel, error);
	if (result == 0)
		result = enter_root(root, error);
	if (result == 0)
		result = cover_proc(error);
	free(root);
	free(changes);
	free(lower);
	return result;
}
