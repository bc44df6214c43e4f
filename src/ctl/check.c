/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `vigia check`: the command line, what is read, and how it is shown. What is found: see lint.h. */
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/check_host.h"
#include "ctl/command.h"
#include "ctl/lint.h"

#define FILES_MAX 16
#define MESSAGE_SIZE 8192

/* As `vigiad -t` has them, where it has the case. */
enum check_exit {
	CHECK_FINE = 0,
	CHECK_FINDINGS = 1,
	CHECK_ERRORS = 5,
	CHECK_MISSING = 6,
};

static const char usage[] =
	"usage: vigia check [--json] [--no-host] [--config-id ID] [NAME=]FILE...\n"
	"       vigia check --print [--secrets] [--config-id ID] [NAME=]FILE\n\n"
	"Reads configurations as vigiad does and says what is wrong with them, and what will hardly do what "
	"is\n"
	"meant. One FILE is compared with this host: its interfaces, their addresses, scripts. Several are "
	"those of\n"
	"the routers of one network, and are compared with each other. NAME is what lines with '@' are "
	"compared\n"
	"with, and how the router is called.\n\n"
	"  --json         the same as JSON\n"
	"  --print        the configuration in canonical form, passwords and keys masked\n"
	"  --secrets      with them\n"
	"  --no-host      do not look at this host\n"
	"  -i, --config-id ID  NAME of files without one; else this host's name up to its first dot\n\n"
	"Exit status: 0 nothing was found, 1 there are warnings, 2 wrong arguments, 5 a configuration has "
	"errors,\n"
	"6 a file is missing.\n";

struct input {
	const char *path;
	char *id; /* NULL: none was given */
	struct conf_result result;
};

struct options {
	bool json;
	bool print;
	bool secrets;
	bool no_host;
	const char *config_id;
};

struct check_output {
	bool json;
	json_t *findings; /* of JSON */
	unsigned warnings;
	char *text; /* of the file last shown from */
	const char *text_path;
};

/* The text of the file, kept until another one is asked for; NULL: it cannot be had. */
static const char *text_of(struct check_output *output, const char *path)
{
	size_t length;

	if (output->text_path && strcmp(output->text_path, path) == 0)
		return output->text;
	free(output->text);
	output->text = conf_files_system.read(NULL, path, &length);
	output->text_path = path;
	return output->text;
}

static const char *next_line(const char *line)
{
	const char *end = strchr(line, '\n');

	return end && end[1] ? end + 1 : NULL;
}

/* Where the word stands in the line, with nothing of a word beside it; NULL: nowhere. */
static const char *find_word(const char *line, const char *word)
{
	static const char parts[] = " \t{}/\"'";
	const char *end = line + strcspn(line, "\r\n#!");
	const size_t length = strlen(word);

	for (const char *at = line; (at = memmem(at, (size_t)(end - at), word, length)); at++)
		if ((at == line || strchr(parts, at[-1])) &&
			(at + length == end || strchr(parts, at[length])))
			return at;
	return NULL;
}

static bool begins_block(const char *line)
{
	line += strspn(line, " \t");
	return strncmp(line, "vrrp_instance", 13) == 0 || strncmp(line, "vrrp_script", 11) == 0;
}

/* Moves the place to where the word stands in the block, if it does. Its line, malloc'd; NULL: it cannot be had. */
static char *find_place(struct check_output *output, struct conf_place *place, const char *word)
{
	const char *line = place->line ? text_of(output, place->file) : NULL;
	const char *found = NULL;

	for (unsigned number = 1; line && number < place->line; number++)
		line = next_line(line);

	unsigned number = place->line;

	for (const char *at = line; at && word; at = next_line(at), number++) {
		if (at != line && begins_block(at))
			break;
		/* of a conditional line nobody knows here whether it was read */
		found = at[strspn(at, " \t")] == '@' ? NULL : find_word(at, word);
		if (!found)
			continue;
		place->line = number;
		place->column = (unsigned)(found - at) + 1;
		line = at;
		break;
	}
	return line ? strndup(line, strcspn(line, "\r\n")) : NULL;
}

static void set_text(json_t *object, const char *key, const char *value)
{
	/* what stands in a file may be no UTF-8 */
	json_t *text = value ? json_string(value) : json_null();

	json_object_set_new(object, key, text ? text : json_string("(not UTF-8)"));
}

static void add_json(struct check_output *output, const struct conf_message *message, const char *instance)
{
	json_t *finding = json_object();

	set_text(finding, "code", message->code);
	set_text(finding, "severity", message->severity == CONF_ERROR ? "error" : "warning");
	set_text(finding, "file", message->place.file);
	json_object_set_new(finding, "line", json_integer(message->place.line));
	json_object_set_new(finding, "column", json_integer(message->place.column));
	set_text(finding, "name", instance);
	set_text(finding, "text", message->text);
	set_text(finding, "source_line", message->source_line);
	set_text(finding, "became", message->became);
	set_text(finding, "used_by", message->used_by);
	set_text(finding, "included_by", message->included_by);
	json_object_set_new(finding, "repeated", json_integer((json_int_t)message->repeated));
	json_array_append_new(output->findings, finding);
}

static void show(struct check_output *output, const struct conf_message *message, const char *instance)
{
	char buffer[MESSAGE_SIZE];
	struct text text;

	output->warnings += message->severity == CONF_WARNING;
	if (output->json) {
		add_json(output, message, instance);
		return;
	}
	text_init(&text, buffer, sizeof(buffer));
	conf_message_print(message, &text);
	fputs(buffer, stdout);
}

static void show_finding(void *user, const struct lint_finding *finding)
{
	struct check_output *output = user;
	struct conf_place place = finding->place;
	char *line = find_place(output, &place, finding->word);
	char *text;

	if (asprintf(&text, "'%s': %s [%s]", finding->instance, finding->text, finding->code) < 0)
		text = NULL;
	show(output,
		&(struct conf_message){.severity = CONF_WARNING,
			.place = place,
			.code = finding->code,
			.text = output->json || !text ? finding->text : text,
			.source_line = line},
		finding->instance);
	free(text);
	free(line);
}

static void show_messages(struct check_output *output, const struct conf_result *result)
{
	for (size_t i = 0; i < result->message_count; i++)
		show(output, &result->messages[i], NULL);
}

static void read_input(struct input *input, char *argument, const struct options *options)
{
	char *equals = strchr(argument, '=');
	struct conf_options how = {.config_id = options->config_id, .instance_places = true};

	/* "a=b.conf" may be a file, too, as may "./x=y" */
	if (equals && !memchr(argument, '/', (size_t)(equals - argument)) && equals > argument) {
		*equals = '\0';
		input->id = argument;
		how.config_id = argument;
	}
	input->path = input->id ? equals + 1 : argument;
	conf_load_with(input->path, NULL, 0, &conf_files_system, &how, &input->result);
}

static int exit_of(const struct input *inputs, size_t count, unsigned warnings)
{
	int status = warnings ? CHECK_FINDINGS : CHECK_FINE;

	for (size_t i = 0; i < count; i++) {
		const struct conf_result *result = &inputs[i].result;

		if (!result->conf && status < CHECK_ERRORS)
			status = CHECK_ERRORS;
		if (result->file_missing || result->include_missing)
			status = CHECK_MISSING;
	}
	return status;
}

static void compare(
	const struct input *inputs, size_t count, const struct options *options, struct check_output *output)
{
	const struct lint lint = {show_finding, output};
	struct lint_file files[FILES_MAX];

	for (size_t i = 0; i < count; i++) {
		if (!inputs[i].result.conf)
			return;
		files[i] = (struct lint_file){
			inputs[i].id ? inputs[i].id : inputs[i].path, inputs[i].result.conf};
	}
	lint_network(files, count, &lint);
	if (count == 1 && !options->no_host)
		check_with_host(files[0].conf, &lint);
}

static int print_canonical(const struct input *input, bool secrets)
{
	char *text;

	conf_messages_print(&input->result, stderr);
	if (!input->result.conf)
		return exit_of(input, 1, 0);
	text = conf_print_alloc(input->result.conf, secrets ? CONF_SECRETS_SHOWN : CONF_SECRETS_MASKED, NULL);
	if (!text || fputs(text, stdout) == EOF || fflush(stdout) == EOF) {
		fprintf(stderr, "vigia check: there is no memory, or the output could not be written\n");
		free(text);
		return COMMAND_FAILED;
	}
	free(text);
	return CHECK_FINE;
}

static void print_json(const struct input *inputs, size_t count, struct check_output *output)
{
	json_t *root = json_object();
	json_t *files = json_array();

	for (size_t i = 0; i < count; i++) {
		const struct conf_result *result = &inputs[i].result;
		json_t *file = json_object();

		set_text(file, "file", inputs[i].path);
		set_text(file, "name", inputs[i].id);
		json_object_set_new(file, "instances",
			result->conf ? json_integer((json_int_t)result->conf->instance_count) : json_null());
		json_object_set_new(file, "errors", json_integer((json_int_t)result->error_count));
		json_array_append_new(files, file);
	}
	json_object_set_new(root, "version", json_integer(1));
	json_object_set_new(root, "files", files);
	json_object_set(root, "findings", output->findings);
	json_dumpf(root, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(root);
}

static int check(char **arguments, size_t count, const struct options *options)
{
	static struct input inputs[FILES_MAX];
	struct check_output output = {.json = options->json, .findings = json_array()};
	int status;

	for (size_t i = 0; i < count; i++)
		read_input(&inputs[i], arguments[i], options);
	if (options->print) {
		status = print_canonical(&inputs[0], options->secrets);
	} else {
		for (size_t i = 0; i < count; i++)
			show_messages(&output, &inputs[i].result);
		compare(inputs, count, options, &output);
		if (options->json)
			print_json(inputs, count, &output);
		status = exit_of(inputs, count, output.warnings);
		if (status == CHECK_FINE && !options->json)
			puts("nothing was found");
	}
	for (size_t i = 0; i < count; i++)
		conf_result_free(&inputs[i].result);
	json_decref(output.findings);
	free(output.text);
	return status;
}

static bool read_options(int argc, char **argv, struct options *options, bool *help)
{
	static const struct option long_options[] = {
		{"json", no_argument, NULL, 'j'},
		{"print", no_argument, NULL, 'p'},
		{"secrets", no_argument, NULL, 's'},
		{"no-host", no_argument, NULL, 'n'},
		{"config-id", required_argument, NULL, 'i'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "i:h", long_options, NULL)) != -1) {
		switch (option) {
		case 'j':
			options->json = true;
			break;
		case 'p':
			options->print = true;
			break;
		case 's':
			options->secrets = true;
			break;
		case 'n':
			options->no_host = true;
			break;
		case 'i':
			options->config_id = optarg;
			break;
		case 'h':
			*help = true;
			return true;
		default:
			return false;
		}
	}
	return optind < argc && argc - optind <= FILES_MAX && !(options->print && argc - optind > 1) &&
	       !(options->print && options->json) && !(options->secrets && !options->print);
}

int command_check(int argc, char **argv)
{
	struct options options = {0};
	bool help = false;

	if (!read_options(argc, argv, &options, &help)) {
		fputs(usage, stderr);
		return COMMAND_USAGE;
	}
	if (help) {
		fputs(usage, stdout);
		return COMMAND_OK;
	}
	return check(argv + optind, (size_t)(argc - optind), &options);
}
