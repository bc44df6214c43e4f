/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/memory.h"

int lab_fail(struct lab_error *error, int code, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(error->text, sizeof error->text, format, arguments);
	va_end(arguments);
	return code;
}

void lab_name(struct lab *lab, const char *real_directory)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a: stable, and labs on one machine are few */
	for (const char *at = real_directory; *at != '\0'; at++)
		hash = (hash ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
	const char *slash = strrchr(real_directory, '/');
	*lab = (struct lab){
		.directory = must_dup(real_directory),
		.name = must_dup(slash == NULL || slash[1] == '\0' ? real_directory : slash + 1),
	};
	snprintf(lab->hash, sizeof lab->hash, "%016llx", (unsigned long long)hash);
	lab->state_dir = must_print(LAB_STATE_ROOT "/%s", lab->hash);
}

char *lab_state_path(const struct lab *lab, const char *file)
{
	return must_print("%s/%s", lab->state_dir, file);
}

uint64_t process_start_time(pid_t pid)
{
	char path[64], *text;
	size_t length;
	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	if (pid <= 0 || read_whole_file(AT_FDCWD, path, 4096, &text, &length) < 0)
		return 0;
	const char *at = strrchr(text, ')'); /* the name before it may hold anything */
	for (unsigned field = 2; at != NULL && field < 22; field++)
		at = strchr(at + 1, ' ');
	uint64_t result = at == NULL ? 0 : strtoull(at + 1, NULL, 10);
	free(text);
	return result;
}

/* ------------------------------------------------------------------------------------------------ lock */

static int make_state_directory(const struct lab *lab, struct lab_error *error)
{
	static const char *const parents[] = {"/run/vigia", LAB_STATE_ROOT};
	for (size_t i = 0; i < 2; i++) {
		if (mkdir(parents[i], 0755) < 0 && errno != EEXIST)
			return lab_fail(error, -errno, "%s: %s%s", parents[i], strerror(errno),
				errno == EACCES ? " (labs need root)" : "");
	}
	if (mkdir(lab->state_dir, 0700) < 0 && errno != EEXIST)
		return lab_fail(error, -errno, "%s: %s%s", lab->state_dir, strerror(errno),
			errno == EACCES ? " (labs need root)" : "");
	return 0;
}

/* 1: path still names the file that fd has open; 0: somebody cleaned up between our opening and our locking
 * it. */
static bool is_still(const char *path, int fd)
{
	struct stat by_name, by_descriptor;
	return stat(path, &by_name) == 0 && fstat(fd, &by_descriptor) == 0 &&
	       by_name.st_ino == by_descriptor.st_ino && by_name.st_dev == by_descriptor.st_dev;
}

int lab_lock(const struct lab *lab, struct lab_error *error)
{
	char *path = lab_state_path(lab, "lock");
	int result, fd = -1;
	for (;;) {
		result = make_state_directory(lab, error);
		if (result < 0)
			break;
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (fd < 0 && errno == ENOENT)
			continue; /* cleaned up under our hands */
		if (fd < 0)
			result = lab_fail(error, -errno, "%s: %s", path, strerror(errno));
		else if (flock(fd, LOCK_EX | LOCK_NB) < 0)
			result = lab_fail(error, -errno, "%s is running", lab->directory);
		if (result < 0 || is_still(path, fd))
			break;
		close(fd);
	}
	free(path);
	if (result < 0 && fd >= 0)
		close(fd);
	return result < 0 ? result : fd;
}

bool lab_clean(const struct lab *lab)
{
	char *path = lab_state_path(lab, "lock");
	int fd = open(path, O_RDWR | O_CLOEXEC);
	free(path);
	if (fd < 0 && access(lab->state_dir, F_OK) < 0)
		return false;
	bool dead = fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0;
	if (dead)
		lab_remove_state(lab);
	if (fd >= 0)
		close(fd);
	return dead;
}

bool lab_is_running(const struct lab *lab)
{
	char *path = lab_state_path(lab, "lock");
	int fd = open(path, O_RDWR | O_CLOEXEC);
	free(path);
	if (fd < 0)
		return false;
	bool held = flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
	close(fd);
	return held;
}

void lab_remove_state(const struct lab *lab)
{
	static const char *const files[] = {"lab.json", "lab.json.new", "control", "supervisor.log", "lock"};
	static const char *const directories[] = {"tree"};
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		char *path = lab_state_path(lab, files[i]);
		unlink(path);
		free(path);
	}
	for (size_t i = 0; i < sizeof directories / sizeof *directories; i++) {
		char *path = lab_state_path(lab, directories[i]);
		rmdir(path);
		free(path);
	}
	rmdir(lab->state_dir);
}

/* -------------------------------------------------------------------------------------------- lab.json */

static json_t *interface_to_json(const struct lab_interface *interface)
{
	char mac[MAC_ADDR_TEXT_SIZE];
	return json_pack("{s:i, s:s, s:i, s:s, s:s, s:s, s:i, s:s, s:i}", "number", (int)interface->number,
		"name", interface->name, "index", interface->index, "mac", mac_format(&interface->mac, mac),
		"domain", interface->domain, "bridge", interface->bridge, "bridge_index",
		interface->bridge_index, "port", interface->port, "port_index", interface->port_index);
}

static json_t *device_to_json(const struct lab_device *device)
{
	json_t *interfaces = json_array(), *env = json_array();
	for (size_t i = 0; i < device->interface_count; i++)
		json_array_append_new(interfaces, interface_to_json(&device->interfaces[i]));
	for (size_t i = 0; device->env[i] != NULL; i++)
		json_array_append_new(env, json_string_nocheck(device->env[i]));
	return json_pack("{s:s, s:i, s:I, s:b, s:s, s:o, s:o}", "name", device->name, "pid", (int)device->pid,
		"start_time", (json_int_t)device->start_time, "ready", device->ready, "shell", device->shell,
		"env", env, "interfaces", interfaces);
}

int lab_write_state(const struct lab *lab, struct lab_error *error)
{
	json_t *devices = json_array();
	for (size_t i = 0; i < lab->device_count; i++)
		json_array_append_new(devices, device_to_json(&lab->devices[i]));
	json_t *root = json_pack("{s:o, s:i, s:I, s:o}", "directory", json_string_nocheck(lab->directory),
		"supervisor", (int)lab->supervisor, "started", (json_int_t)lab->started, "devices", devices);
	char *text = root == NULL ? NULL : json_dumps(root, JSON_INDENT(1));
	char *path = lab_state_path(lab, "lab.json"), *fresh = lab_state_path(lab, "lab.json.new");
	int result = text == NULL ? -EINVAL : write_whole_file(AT_FDCWD, fresh, text, strlen(text));
	if (result == 0 && rename(fresh, path) < 0)
		result = -errno;
	if (result < 0)
		lab_fail(error, result, "%s: %s", path, strerror(-result));
	free(text);
	free(path);
	free(fresh);
	json_decref(root);
	return result;
}

static bool copy_name(char *out, size_t size, const char *name)
{
	if (strlen(name) >= size)
		return false;
	memcpy(out, name, strlen(name) + 1);
	return true;
}

static bool interface_from_json(json_t *json, struct lab_interface *out)
{
	const char *name, *mac, *domain, *bridge, *port;
	int number;
	if (json_unpack(json, "{s:i, s:s, s:i, s:s, s:s, s:s, s:i, s:s, s:i}", "number", &number, "name",
		    &name, "index", &out->index, "mac", &mac, "domain", &domain, "bridge", &bridge,
		    "bridge_index", &out->bridge_index, "port", &port, "port_index", &out->port_index) < 0)
		return false;
	out->number = (unsigned)number;
	out->domain = must_dup(domain);
	return mac_parse(mac, strlen(mac), &out->mac) && copy_name(out->name, sizeof out->name, name) &&
	       copy_name(out->bridge, sizeof out->bridge, bridge) &&
	       copy_name(out->port, sizeof out->port, port);
}

static bool device_from_json(json_t *json, struct lab_device *out)
{
	const char *name, *shell;
	json_t *env, *interfaces;
	json_int_t start_time;
	int ready, pid;
	if (json_unpack(json, "{s:s, s:i, s:I, s:b, s:s, s:o, s:o}", "name", &name, "pid", &pid, "start_time",
		    &start_time, "ready", &ready, "shell", &shell, "env", &env, "interfaces",
		    &interfaces) < 0)
		return false;
	*out = (struct lab_device){.pid = pid,
		.start_time = (uint64_t)start_time,
		.ready = ready != 0,
		.shell = must_dup(shell)};
	out->env = must_alloc((json_array_size(env) + 1) * sizeof *out->env);
	for (size_t i = 0; i < json_array_size(env); i++) {
		const char *text = json_string_value(json_array_get(env, i));
		out->env[i] = must_dup(text == NULL ? "" : text);
	}
	out->interfaces = must_alloc(json_array_size(interfaces) * sizeof *out->interfaces);
	for (size_t i = 0; i < json_array_size(interfaces); i++, out->interface_count++) {
		if (!interface_from_json(json_array_get(interfaces, i), &out->interfaces[i]))
			return false;
	}
	return copy_name(out->name, sizeof out->name, name);
}

int lab_read_state(const char *state_dir, struct lab *lab, struct lab_error *error)
{
	char *path = must_print("%s/lab.json", state_dir);
	json_error_t reason;
	json_t *root = json_load_file(path, 0, &reason), *devices;
	const char *directory;
	int supervisor;
	json_int_t started;
	*lab = (struct lab){0};
	bool good = root != NULL &&
		    json_unpack(root, "{s:s, s:i, s:I, s:o}", "directory", &directory, "supervisor",
			    &supervisor, "started", &started, "devices", &devices) == 0;
	if (good) {
		lab_name(lab, directory);
		lab->supervisor = supervisor;
		lab->started = started;
		lab->devices = must_alloc(json_array_size(devices) * sizeof *lab->devices);
		for (size_t i = 0; i < json_array_size(devices) && good; i++, lab->device_count++)
			good = device_from_json(json_array_get(devices, i), &lab->devices[i]);
	}
	json_decref(root);
	if (!good) {
		lab_fail(error, -ENOENT, "%s cannot be read: stop the lab and start it again", path);
		lab_free(lab);
	}
	free(path);
	return good ? 0 : -ENOENT;
}

static void free_device(struct lab_device *device)
{
	for (size_t i = 0; i < device->interface_count; i++)
		free(device->interfaces[i].domain);
	for (size_t i = 0; device->env != NULL && device->env[i] != NULL; i++)
		free(device->env[i]);
	free(device->interfaces);
	free(device->env);
	free(device->shell);
}

void lab_free(struct lab *lab)
{
	for (size_t i = 0; i < lab->device_count; i++)
		free_device(&lab->devices[i]);
	free(lab->devices);
	free(lab->directory);
	free(lab->name);
	free(lab->state_dir);
	*lab = (struct lab){0};
}

/* ------------------------------------------------------------------------------------------- which lab */

int lab_each(int (*visit)(struct lab *lab, void *user), void *user)
{
	DIR *root = opendir(LAB_STATE_ROOT);
	int result = 0;
	if (root == NULL)
		return 0;
	for (struct dirent *entry; result == 0 && (entry = readdir(root)) != NULL;) {
		if (strlen(entry->d_name) != LAB_HASH_SIZE - 1)
			continue;
		struct lab_error ignored;
		char *path = must_print(LAB_STATE_ROOT "/%s", entry->d_name);
		struct lab lab = {.state_dir = path};
		if (lab_is_running(&lab)) {
			struct lab full;
			if (lab_read_state(path, &full, &ignored) == 0) {
				result = visit(&full, user);
				lab_free(&full);
			}
		} else {
			lab_clean(&lab);
		}
		free(path);
	}
	closedir(root);
	return result;
}

bool names_lab_directory(const char *argument)
{
	char *conf = must_print("%s/lab.conf", argument);
	bool found = strchr(argument, '/') != NULL || strcmp(argument, ".") == 0 ||
		     strcmp(argument, "..") == 0 || access(conf, F_OK) == 0;
	free(conf);
	return found;
}

struct search {
	unsigned found;
	char *names;
	char *state_dir;
};

static int note_lab(struct lab *lab, void *user)
{
	struct search *search = user;
	char *names = search->found++ == 0 ? must_print("  %s", lab->directory)
					   : must_print("%s\n  %s", search->names, lab->directory);
	free(search->names);
	free(search->state_dir);
	search->names = names;
	search->state_dir = must_dup(lab->state_dir);
	return 0;
}

static int find_only_lab(struct lab *out, struct lab_error *error)
{
	struct search search = {0, NULL, NULL};
	lab_each(note_lab, &search);
	int result;
	if (search.found == 0)
		result = lab_fail(error, -ENOENT, "no lab is running");
	else if (search.found > 1)
		result = lab_fail(error, -EEXIST, "%u labs are running, say which with -d:\n%s", search.found,
			search.names);
	else
		result = lab_read_state(search.state_dir, out, error);
	free(search.names);
	free(search.state_dir);
	return result;
}

int lab_find(const char *directory, struct lab *out, struct lab_error *error)
{
	char *real = realpath(directory == NULL ? "." : directory, NULL);
	*out = (struct lab){0};
	if (real == NULL && directory != NULL)
		return lab_fail(error, -errno, "%s: %s", directory, strerror(errno));
	if (real != NULL) {
		struct lab lab;
		lab_name(&lab, real);
		bool running = lab_is_running(&lab);
		int result =
			running ? lab_read_state(lab.state_dir, out, error)
				: lab_fail(error, -ENOENT,
					  "the lab %s is not running: start it with vigia lab start", real);
		lab_free(&lab);
		free(real);
		if (running || directory != NULL)
			return result;
	}
	return find_only_lab(out, error);
}

int lab_refresh(struct lab *lab, struct lab_error *error)
{
	struct lab fresh;
	if (!lab_is_running(lab))
		return lab_fail(error, -ENOENT, "the lab %s is not running any more", lab->directory);
	int result = lab_read_state(lab->state_dir, &fresh, error);
	if (result < 0)
		return result;
	lab_free(lab);
	*lab = fresh;
	return 0;
}

struct lab_device *lab_device(struct lab *lab, const char *name, struct lab_error *error)
{
	char names[512] = "";
	size_t used = 0;
	for (size_t i = 0; i < lab->device_count; i++) {
		if (strcmp(lab->devices[i].name, name) == 0)
			return &lab->devices[i];
		if (used + LAB_DEVICE_NAME_SIZE + 2 < sizeof names)
			used += (size_t)snprintf(names + used, sizeof names - used, "%s%s",
				i == 0 ? "" : ", ", lab->devices[i].name);
	}
	lab_fail(error, -ENODEV, "there is no device '%s' in this lab: it has %s", name, names);
	return NULL;
}

int lab_parse_port(struct lab *lab, const char *text, struct lab_device **device,
	struct lab_interface **interface, struct lab_error *error)
{
	const char *colon = strchr(text, ':');
	char *name = must_dup_bytes(text, colon == NULL ? strlen(text) : (size_t)(colon - text));
	*device = lab_device(lab, name, error);
	free(name);
	if (*device == NULL)
		return -ENODEV;
	if (colon == NULL) {
		if ((*device)->interface_count != 1)
			return lab_fail(error, -EINVAL, "%s has %zu interfaces: write %s:ethN", text,
				(*device)->interface_count, text);
		*interface = &(*device)->interfaces[0];
		return 0;
	}
	for (size_t i = 0; i < (*device)->interface_count; i++) {
		*interface = &(*device)->interfaces[i];
		if (strcmp((*interface)->name, colon + 1) == 0)
			return 0;
	}
	return lab_fail(error, -ENODEV, "%s has no interface '%s' (it has eth0 to eth%zu)", (*device)->name,
		colon + 1, (*device)->interface_count - 1);
}
