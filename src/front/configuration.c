/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading and handing on a configuration: see configuration.h. */
#include "front/configuration.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/memory.h"
#include "front/log.h"
#include "front/memory_file.h"

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

void configuration_copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from ? from : "");
}

void configuration_describe(const struct conf *conf, struct message_config *about)
{
	const struct conf_process *process = &conf->global.process;

	memset(about, 0, sizeof(*about));
	about->needs_runner = conf_needs_runner(conf);
	about->quiet_igmp = conf->global.quiet_igmp;
	about->runs_first = conf->global.run.startup.line != NULL;
	about->child_wait = process->child_wait;
	configuration_copy(about->name, sizeof(about->name),
		process->name ? process->name : process->process_names ? "keepalived" : NULL);
	configuration_copy(about->firewall, sizeof(about->firewall), conf->global.firewall.table);
}

/* tmp_config_directory: a file without a name there. What it holds can be read, and not written, by the descriptor that is
 * returned. -errno: there is none. */
static int write_in_folder(const char *folder, const char *text, size_t length)
{
	char name[32];
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	int error = fd < 0 ? -errno : memory_append(fd, text, length);
	int result = -1;

	if (!error) {
		snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
		result = open(name, O_RDONLY | O_CLOEXEC);
		error = result < 0 ? -errno : 0;
	}
	if (fd >= 0)
		close(fd);
	return error ? error : result;
}

int configuration_memfd(const struct conf *conf, char *warning, size_t size)
{
	const char *folder = conf->global.process.tmp_folder;
	size_t length;
	char *text = conf_print_alloc(conf, CONF_SECRETS_SHOWN, &length);
	int error = -ENOMEM;
	int fd;

	warning[0] = '\0';
	if (!text)
		return error;
	fd = folder ? write_in_folder(folder, text, length) : -1;
	if (folder && fd < 0)
		snprintf(warning, size, "tmp_config_directory: %s takes no file: %s; the configuration is kept in memory", folder,
			strerror(-fd));
	if (fd >= 0) {
		free(text);
		return fd;
	}
	fd = error = memory_write("vigia-config", text, length);
	free(text);
	if (fd < 0)
		return error;
	/* Without the right to execute it, which a configuration file must not have: an upgrade tests it. */
	if (fchmod(fd, S_IRUSR) == 0 &&
		fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) == 0)
		return fd;
	error = -errno;
	close(fd);
	return error;
}

/* Mail is sent for some of them, copies are saved of all, and a runner is told of their commands. */
static bool needs_instances(const struct conf *conf)
{
	return conf->global.mail.server || conf->global.process.save_folder || conf_needs_runner(conf);
}

void configuration_rest(struct conf_result *result, int fd)
{
	if (fd >= 0 && !needs_instances(result->conf))
		conf_result_forget_instances(result);
	/* What reading has left behind, too. */
	malloc_trim(0);
}

bool configuration_whole(int fd, struct conf_result *result)
{
	if (conf_load_memory(fd, "configuration", result) == 0 && result->conf)
		return true;
	log_line(LOG_LEVEL_ERROR, "the configuration in force cannot be read again");
	conf_result_free(result);
	return false;
}
