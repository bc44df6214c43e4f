/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading and handing on a configuration: see configuration.h. */
#include "front/configuration.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "front/log.h"

#define MESSAGE_TEXT_SIZE 4096

static void print_without_bfd(const struct conf *conf, FILE *out)
{
	for (size_t i = 0; i < conf->bfd_count; i++)
		fprintf(out,
			"warning: --no_bfd: the BFD session '%s' does not run, and counts as down for what tracks it\n",
			conf->bfd[i].name);
}

static char *print_messages(const struct conf_result *result, bool errors_only, bool no_bfd)
{
	char *all = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&all, &length);

	if (!out)
		return NULL;
	for (size_t i = 0; i < result->message_count; i++) {
		char buffer[MESSAGE_TEXT_SIZE];
		struct text text;

		if (errors_only && result->messages[i].severity != CONF_ERROR)
			continue;
		text_init(&text, buffer, sizeof(buffer));
		conf_message_print(&result->messages[i], &text);
		fputs(buffer, out);
		if (text.length > 0 && buffer[text.length - 1] != '\n')
			fputc('\n', out);
	}
	if (no_bfd && result->conf)
		print_without_bfd(result->conf, out);
	if (fclose(out) != 0) {
		free(all);
		return NULL;
	}
	return all;
}

void configuration_read(const struct front_options *options, struct inputs *inputs, struct conf_result *result)
{
	const struct conf_files files = inputs_files(inputs);
	const struct conf_options how = {
		.config_id = options->config_id, .all_includes = options->all_includes};

	conf_load_with(options->config, NULL, 0, &files, &how, result);
}

char *configuration_messages(const struct front_options *options, const struct conf_result *result)
{
	return print_messages(result, false, options->no_bfd);
}

char *configuration_errors(const struct conf_result *result)
{
	return print_messages(result, true, false);
}

/* pwrite, so that the offset, which every holder of the descriptor shares, stays at the start. */
static int write_all(int fd, const char *bytes, size_t length)
{
	for (size_t done = 0; done < length;) {
		ssize_t written = pwrite(fd, bytes + done, length - done, (off_t)done);

		if (written < 0 && errno != EINTR)
			return -errno;
		if (written > 0)
			done += (size_t)written;
	}
	return 0;
}

/* tmp_config_directory: a file without a name there. What it holds can be read, and not written, by the descriptor that is
 * returned. -1: there is none. */
static int write_in_folder(const char *folder, const char *text, size_t length)
{
	char name[32];
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	int error = fd < 0 ? -errno : write_all(fd, text, length);
	int result = -1;

	if (!error) {
		snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
		result = open(name, O_RDONLY | O_CLOEXEC);
		error = result < 0 ? -errno : 0;
	}
	if (fd >= 0)
		close(fd);
	if (error)
		log_line(LOG_LEVEL_WARNING,
			"tmp_config_directory: %s takes no file: %s; the configuration is kept in memory", folder,
			strerror(-error));
	return result;
}

int configuration_memfd(const struct conf *conf)
{
	const char *folder = conf->global.process.tmp_folder;
	size_t length;
	char *text = conf_print_alloc(conf, CONF_SECRETS_SHOWN, &length);
	int error = -ENOMEM;

	if (!text)
		return error;

	int fd = folder ? write_in_folder(folder, text, length) : -1;

	if (fd >= 0) {
		free(text);
		return fd;
	}
	fd = memfd_create("vigia-config", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	error = fd < 0 ? -errno : write_all(fd, text, length);
	free(text);
	/* Without the right to execute it, which a configuration file must not have: an upgrade tests it. */
	if (error == 0 && fchmod(fd, S_IRUSR) < 0)
		error = -errno;
	if (error == 0 &&
		fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0)
		error = -errno;
	if (error == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return error;
}
