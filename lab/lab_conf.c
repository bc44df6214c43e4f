/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lab.conf, line by line. The grammar is Kathará's (one regular expression there):
 *
 *	key[argument]=value		unquoted: the value is the rest of the line, comment signs included
 *	key[argument]="value" # comment	quoted by ' or ": no quote of either kind inside
 */
#include "lab/lab_conf.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/conf_internal.h"
#include "lab/memory.h"

#define CONF_SIZE_LIMIT (4u << 20)

static const char *const metadata_names[] = {
	"LAB_NAME", "LAB_DESCRIPTION", "LAB_VERSION", "LAB_AUTHOR", "LAB_EMAIL", "LAB_WEB"};

void conf_report(struct lab_conf *conf, enum conf_severity severity, const char *file, unsigned line,
	unsigned column, const char *format, ...)
{
	char *text = NULL;
	va_list arguments;
	va_start(arguments, format);
	int length = vasprintf(&text, format, arguments);
	va_end(arguments);
	struct conf_diagnostic *diagnostic = MUST_APPEND(conf->diagnostics, conf->diagnostic_count);
	*diagnostic = (struct conf_diagnostic){
		severity, must_dup(file), line, column, length < 0 ? must_dup("") : text};
	if (severity == CONF_ERROR)
		conf->has_error = true;
}

char *conf_diagnostic_text(const struct conf_diagnostic *diagnostic)
{
	static const char *const words[] = {"notice", "warning", "error"};
	const char *word = words[diagnostic->severity];
	char *text;
	if (diagnostic->line == 0)
		text = must_print("%s: %s: %s", diagnostic->file, word, diagnostic->text);
	else if (diagnostic->column == 0)
		text = must_print(
			"%s:%u: %s: %s", diagnostic->file, diagnostic->line, word, diagnostic->text);
	else
		text = must_print("%s:%u:%u: %s: %s", diagnostic->file, diagnostic->line, diagnostic->column,
			word, diagnostic->text);
	return make_printable(text);
}

bool conf_is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
	       (c & 0x80);
}

bool conf_is_word(const char *text)
{
	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (!conf_is_word_char(*text))
			return false;
	}
	return true;
}

bool conf_is_device_name(const char *text)
{
	size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");
	return length > 0 && length < LAB_DEVICE_NAME_SIZE && text[length] == '\0';
}

bool conf_parse_int(const char *text, unsigned *out)
{
	unsigned value = 0;
	bool digit_before = false;
	for (const char *at = text; *at != '\0'; at++) {
		if (*at == '_' && digit_before) {
			digit_before = false;
			continue;
		}
		if (*at < '0' || *at > '9')
			return false;
		if (value < 1000000)
			value = 10 * value + (unsigned)(*at - '0');
		digit_before = true;
	}
	*out = value;
	return digit_before;
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* -------------------------------------------------------------------------------------------- one line */

static struct conf_device *device_of(struct lab_conf *conf, const char *name, unsigned line)
{
	for (size_t i = 0; i < conf->device_count; i++) {
		if (strcmp(conf->devices[i].name, name) == 0)
			return &conf->devices[i];
	}
	if (conf->device_count == LAB_MAX_DEVICES)
		return NULL;
	struct conf_device *device = MUST_APPEND(conf->devices, conf->device_count);
	memcpy(device->name, name, strlen(name) + 1);
	device->line = line;
	return device;
}

static void read_metadata(struct lab_conf *conf, const char *text, unsigned line, unsigned column)
{
	const char *equals = strchr(text, '=');
	size_t length = (size_t)(equals - text);
	for (size_t i = 0; i < sizeof metadata_names / sizeof *metadata_names; i++) {
		if (strlen(metadata_names[i]) != length || strncmp(text, metadata_names[i], length) != 0)
			continue;
		if (strchr(equals + 1, '=') != NULL)
			conf_report(conf, CONF_WARNING, "lab.conf", line, column + (unsigned)length + 1,
				"Kathará cannot read a second '=' in %s", metadata_names[i]);
		char *value = must_alloc(strlen(equals));
		char *end = value;
		for (const char *at = equals + 1; *at != '\0'; at++) {
			if (*at != '"' && *at != '\'')
				*end++ = *at;
		}
		char **slot = i == 0 ? &conf->lab_name : i == 1 ? &conf->description : NULL;
		if (slot == NULL) {
			free(value);
			return;
		}
		free(*slot);
		*slot = value;
		return;
	}
	conf_report(conf, CONF_ERROR, "lab.conf", line, column,
		"unknown name %.*s: there are LAB_NAME, LAB_DESCRIPTION, LAB_VERSION, LAB_AUTHOR, LAB_EMAIL "
		"and LAB_WEB",
		(int)length, text);
}

/* Says why a line is neither a comment, nor metadata, nor an assignment. */
static void explain_bad_line(struct lab_conf *conf, const char *text, unsigned line, unsigned column)
{
	const char *bracket = strchr(text, '[');
	const char *close = bracket == NULL ? NULL : strchr(bracket, ']');
	if (bracket == NULL || close == NULL) {
		conf_report(conf, CONF_ERROR, "lab.conf", line, column,
			"expected device[N]=\"DOMAIN\", device[option]=\"value\" or a comment that begins "
			"with #");
		return;
	}
	char *key = must_dup_bytes(text, (size_t)(bracket - text));
	if (!conf_is_device_name(key))
		conf_report(conf, CONF_ERROR, "lab.conf", line, column,
			"bad device name '%s': use 1 to 30 lower case letters, digits and _", key);
	else if (close == bracket + 1 || strspn(bracket + 1, " \t") > 0)
		conf_report(conf, CONF_ERROR, "lab.conf", line, column + (unsigned)(bracket - text) + 1,
			"expected an interface number or an option's name between [ and ], without blanks");
	else if (close[1] != '=' && close[1 + strspn(close + 1, " \t")] == '=')
		conf_report(conf, CONF_ERROR, "lab.conf", line, column + (unsigned)(close - text) + 1,
			"no blank may stand before or after '='");
	else if (close[1] != '=')
		conf_report(conf, CONF_ERROR, "lab.conf", line, column + (unsigned)(close - text) + 1,
			"expected '=' after ']'");
	else
		conf_report(conf, CONF_ERROR, "lab.conf", line, column + (unsigned)(bracket - text) + 1,
			"bad option name '%.*s': use letters, digits and _", (int)(close - bracket - 1),
			bracket + 1);
	free(key);
}

/* Whether text is blanks and then a comment, or nothing at all. */
static bool is_comment_tail(const char *text)
{
	size_t blanks = strspn(text, " \t\v\f\r");
	return text[0] == '\0' || (blanks > 0 && text[blanks] == '#');
}

/* Cuts the value of an assignment out of what stands behind '='. NULL after a reported error. */
static char *cut_value(struct lab_conf *conf, const char *text, unsigned line, unsigned *column)
{
	if (*text == ' ' || *text == '\t') {
		conf_report(conf, CONF_ERROR, "lab.conf", line, *column,
			"no blank may stand before or after '='");
		return NULL;
	}
	if (*text != '"' && *text != '\'') {
		size_t quote = strcspn(text, "\"'");
		if (quote == 0 || text[quote] == '\0') {
			if (*text == '\0')
				conf_report(conf, CONF_ERROR, "lab.conf", line, *column,
					"a value is missing after '='");
			return *text == '\0' ? NULL : must_dup(text);
		}
		for (size_t length = quote; length > 0; length--) {
			if (is_comment_tail(text + length))
				return must_dup_bytes(text, length);
		}
		conf_report(conf, CONF_ERROR, "lab.conf", line, *column + (unsigned)quote,
			"a value cannot contain a quote");
		return NULL;
	}
	size_t length = strcspn(text + 1, "\"'");
	const char *close = text + 1 + length;
	*column += 1;
	if (*close == '\0')
		conf_report(conf, CONF_ERROR, "lab.conf", line, *column - 1, "the quote %c is never closed",
			*text);
	else if (*close != *text || !is_comment_tail(close + 1))
		conf_report(conf, CONF_ERROR, "lab.conf", line, *column + (unsigned)length,
			*close != *text ? "a value cannot contain a quote of either kind"
					: "only a comment may follow the closing quote");
	else if (length == 0)
		conf_report(conf, CONF_ERROR, "lab.conf", line, *column, "a value cannot be empty");
	else
		return must_dup_bytes(text + 1, length);
	return NULL;
}

static void read_assignment(struct lab_conf *conf, const char *text, unsigned line, unsigned column)
{
	size_t key_length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");
	const char *argument = text + key_length + 1;
	size_t argument_length = 0;
	if (text[key_length] == '[') {
		while (conf_is_word_char(argument[argument_length]) && argument[argument_length] != '\0')
			argument_length++;
	}
	if (key_length == 0 || key_length >= LAB_DEVICE_NAME_SIZE || argument_length == 0 ||
		strncmp(argument + argument_length, "]=", 2) != 0) {
		explain_bad_line(conf, text, line, column);
		return;
	}
	char name[LAB_DEVICE_NAME_SIZE];
	memcpy(name, text, key_length);
	name[key_length] = '\0';
	if (strcmp(name, "shared") == 0 || strcmp(name, "_test") == 0) {
		conf_report(conf, CONF_ERROR, "lab.conf", line, column, "'%s' is a reserved name", name);
		return;
	}
	struct conf_assignment assignment = {
		.line = line,
		.argument_column = column + (unsigned)key_length + 1,
		.value_column = column + (unsigned)(key_length + argument_length) + 3,
	};
	assignment.value = cut_value(conf, argument + argument_length + 2, line, &assignment.value_column);
	if (assignment.value == NULL)
		return;
	assignment.argument = must_dup_bytes(argument, argument_length);
	struct conf_device *device = device_of(conf, name, line);
	unsigned number;
	if (device == NULL)
		conf_report(conf, CONF_ERROR, "lab.conf", line, column, "too many devices: at most %d",
			LAB_MAX_DEVICES);
	else if (conf_parse_int(assignment.argument, &number))
		conf_set_interface(conf, device, number, &assignment);
	else
		conf_set_option(conf, device, &assignment);
	free(assignment.argument);
	free(assignment.value);
}

/* ------------------------------------------------------------------------------------------ interfaces */

void conf_set_interface(struct lab_conf *conf, struct conf_device *device, unsigned number,
	const struct conf_assignment *assignment)
{
	char *slash = strchr(assignment->value, '/');
	struct mac_addr mac = {{0}};
	if (slash != NULL) {
		*slash = '\0';
		if (!mac_parse(slash + 1, strlen(slash + 1), &mac)) {
			conf_report(conf, CONF_ERROR, "lab.conf", assignment->line,
				assignment->value_column + (unsigned)(slash + 1 - assignment->value),
				"'%s' is not a MAC address: expected XX:XX:XX:XX:XX:XX", slash + 1);
			return;
		}
	}
	if (!conf_is_word(assignment->value)) {
		const char *hash = strchr(assignment->value, '#');
		conf_report(conf, CONF_ERROR, "lab.conf", assignment->line, assignment->value_column,
			hash != NULL
				? "'%s' is not a collision domain: a comment may only follow a quoted value"
				: "'%s' is not a collision domain: use letters, digits and _",
			assignment->value);
		return;
	}
	if (number >= LAB_MAX_INTERFACES) {
		conf_report(conf, CONF_ERROR, "lab.conf", assignment->line, assignment->argument_column,
			"interface number %s is too high: at most %d", assignment->argument,
			LAB_MAX_INTERFACES - 1);
		return;
	}
	for (size_t i = 0; i < device->interface_count; i++) {
		const struct conf_interface *other = &device->interfaces[i];
		const char *what = other->number == number ? "the interface" : "the collision domain";
		if (other->number != number && strcmp(other->domain, assignment->value) != 0)
			continue;
		conf_report(conf, CONF_ERROR, "lab.conf", assignment->line,
			other->number == number ? assignment->argument_column : assignment->value_column,
			"%s has %s %s already (line %u)", device->name, what,
			other->number == number ? assignment->argument : assignment->value, other->line);
		return;
	}
	struct conf_interface *interface = MUST_APPEND(device->interfaces, device->interface_count);
	*interface = (struct conf_interface){
		.number = number,
		.domain = must_dup(assignment->value),
		.has_mac = slash != NULL,
		.mac = mac,
		.line = assignment->line,
		.column = assignment->argument_column,
	};
}

static int by_number(const void *a, const void *b)
{
	const struct conf_interface *left = a, *right = b;
	return left->number < right->number ? -1 : left->number > right->number;
}

static void check_interface_numbers(struct lab_conf *conf)
{
	for (size_t i = 0; i < conf->device_count; i++) {
		struct conf_device *device = &conf->devices[i];
		if (device->interface_count > 1)
			qsort(device->interfaces, device->interface_count, sizeof *device->interfaces,
				by_number);
		for (unsigned n = 0; n < device->interface_count; n++) {
			const struct conf_interface *interface = &device->interfaces[n];
			if (interface->number == n)
				continue;
			conf_report(conf, CONF_ERROR, "lab.conf", interface->line, interface->column,
				"%s has an interface %u but none with number %u: numbers must follow each "
				"other from 0",
				device->name, interface->number, n);
			break;
		}
	}
}

static void check_domain_count(struct lab_conf *conf)
{
	size_t count = 0;
	const char **seen = NULL;
	for (size_t i = 0; i < conf->device_count; i++) {
		for (size_t n = 0; n < conf->devices[i].interface_count; n++) {
			const char *domain = conf->devices[i].interfaces[n].domain;
			size_t at = 0;
			while (at < count && strcmp(seen[at], domain) != 0)
				at++;
			if (at == count)
				*MUST_APPEND(seen, count) = domain;
		}
	}
	if (count > LAB_MAX_DOMAINS)
		conf_report(conf, CONF_ERROR, "lab.conf", 0, 0, "%zu collision domains: at most %d", count,
			LAB_MAX_DOMAINS);
	free(seen);
}

/* ----------------------------------------------------------------------------------------- whole files */

static void read_line(struct lab_conf *conf, char *raw, unsigned line)
{
	char *text = raw;
	while (is_blank(*text))
		text++;
	size_t length = strlen(text);
	while (length > 0 && is_blank(text[length - 1]))
		text[--length] = '\0';
	unsigned column = (unsigned)(text - raw) + 1;
	if (length == 0 || raw[0] == '#')
		return;
	if (text[0] == '#') {
		conf_report(conf, CONF_WARNING, "lab.conf", line, column,
			"Kathará refuses a comment that does not begin in the first column");
		return;
	}
	size_t name = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
	if (strncmp(text, "LAB_", 4) == 0 && text[name] == '=')
		read_metadata(conf, text, line, column);
	else
		read_assignment(conf, text, line, column);
}

static void read_lab_conf(struct lab_conf *conf, const char *text, size_t length)
{
	if (memchr(text, '\0', length) != NULL) {
		conf_report(conf, CONF_ERROR, "lab.conf", 0, 0, "is not a text file (it holds a NUL byte)");
		return;
	}
	if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		conf_report(conf, CONF_WARNING, "lab.conf", 1, 1,
			"Kathará refuses a byte order mark: save the file as UTF-8 without one");
		text += 3;
		length -= 3;
	}
	unsigned line = 1;
	size_t at = 0;
	while (at < length) {
		const char *end = memchr(text + at, '\n', length - at);
		size_t size = end == NULL ? length - at : (size_t)(end - text) - at;
		char *copy = must_dup_bytes(text + at, size);
		read_line(conf, copy, line++);
		free(copy);
		at += size + 1;
	}
	if (conf->device_count == 0 && !conf->has_error)
		conf_report(conf, CONF_ERROR, "lab.conf", 0, 0, "names no device");
}

void lab_conf_parse(const char *text, size_t length, const char *dep, const char *ext, struct lab_conf *conf)
{
	read_lab_conf(conf, text, length);
	check_interface_numbers(conf);
	check_domain_count(conf);
	conf_read_dependencies(conf, dep);
	if (ext != NULL && ext[strspn(ext, " \t\r\n")] != '\0')
		conf_report(conf, CONF_NOTICE, "lab.ext", 0, 0,
			"left out: collision domains are not joined to this machine's interfaces");
	conf_report_left_out(conf);
}

int lab_conf_load(const char *directory, struct lab_conf *conf, struct lab_error *error)
{
	*conf = (struct lab_conf){0};
	conf->directory = realpath(directory, NULL);
	if (conf->directory == NULL)
		return lab_fail(error, -errno, "%s: %s", directory, strerror(errno));
	int fd = open(conf->directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return lab_fail(error, -errno, "%s: %s", conf->directory, strerror(errno));
	char *text = NULL, *dep = NULL, *ext = NULL;
	size_t length, ignored;
	int result = read_whole_file(fd, "lab.conf", CONF_SIZE_LIMIT, &text, &length);
	if (result == -ENOENT) {
		lab_fail(error, result, "%s: there is no lab.conf here: name the lab's directory with -d",
			conf->directory);
	} else if (result < 0) {
		lab_fail(error, result, "%s/lab.conf: %s", conf->directory, strerror(-result));
	} else {
		if (read_whole_file(fd, "lab.dep", CONF_SIZE_LIMIT, &dep, &ignored) < 0)
			dep = NULL;
		if (read_whole_file(fd, "lab.ext", CONF_SIZE_LIMIT, &ext, &ignored) < 0)
			ext = NULL;
		lab_conf_parse(text, length, dep, ext, conf);
	}
	free(text);
	free(dep);
	free(ext);
	close(fd);
	return result < 0 ? result : 0;
}

const struct conf_device *lab_conf_device(const struct lab_conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->device_count; i++) {
		if (strcmp(conf->devices[i].name, name) == 0)
			return &conf->devices[i];
	}
	return NULL;
}

static void free_device(struct conf_device *device)
{
	for (size_t i = 0; i < device->interface_count; i++)
		free(device->interfaces[i].domain);
	for (size_t i = 0; i < device->exec_count; i++)
		free(device->exec[i]);
	for (size_t i = 0; i < device->sysctl_count; i++) {
		free(device->sysctls[i].name);
		free(device->sysctls[i].value);
	}
	for (size_t i = 0; i < device->env_count; i++)
		free(device->env[i]);
	for (size_t i = 0; i < device->volume_count; i++) {
		free(device->volumes[i].host);
		free(device->volumes[i].guest);
	}
	free(device->interfaces);
	free(device->exec);
	free(device->sysctls);
	free(device->env);
	free(device->ulimits);
	free(device->volumes);
	free(device->shell);
}

void lab_conf_free(struct lab_conf *conf)
{
	for (size_t i = 0; i < conf->device_count; i++)
		free_device(&conf->devices[i]);
	for (size_t i = 0; i < conf->diagnostic_count; i++) {
		free(conf->diagnostics[i].file);
		free(conf->diagnostics[i].text);
	}
	free(conf->devices);
	free(conf->diagnostics);
	free(conf->start_order);
	free(conf->lab_name);
	free(conf->description);
	free(conf->directory);
	*conf = (struct lab_conf){0};
}
