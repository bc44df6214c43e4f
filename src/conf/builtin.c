/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The references that need no definition: ${_PWD} and its like. See line.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/random.h"
#include "conf/line.h"

#define RANDOM_DEFAULT_MAX 32767
#define PATH_SIZE 4096
#define NAME_SIZE 256

enum builtin { BUILTIN_PWD, BUILTIN_INSTANCE, BUILTIN_RANDOM, BUILTIN_ENV, BUILTIN_HASH, BUILTIN_BANG };

static const char *const names[] = {
	[BUILTIN_PWD] = "_PWD",
	[BUILTIN_INSTANCE] = "_INSTANCE",
	[BUILTIN_RANDOM] = "_RANDOM",
	[BUILTIN_ENV] = "_ENV",
	[BUILTIN_HASH] = "_HASH",
	[BUILTIN_BANG] = "_BANG",
};

#define NAME_COUNT (sizeof names / sizeof *names)

static size_t find(const char *name, size_t length)
{
	size_t i = 0;
	while (i < NAME_COUNT && (strlen(names[i]) != length || memcmp(names[i], name, length) != 0))
		i++;
	return i;
}

bool builtin_is(const char *name, size_t length)
{
	return find(name, length) < NAME_COUNT;
}

/* Without a slash at its end. */
static bool write_directory(const struct source *file, char *out, size_t size)
{
	char here[PATH_SIZE] = "";
	const char *directory = file->directory;
	size_t length = strlen(directory);
	if (*directory != '/' && !getcwd(here, sizeof here))
		return false;
	if (length > 1 && directory[length - 1] == '/')
		length--;
	const char *slash = *here && length && strcmp(here, "/") != 0 ? "/" : "";
	int written = snprintf(out, size, "%s%s%.*s", here, slash, (int)length, directory);
	return written >= 0 && (size_t)written < size;
}

static bool read_unsigned(const char **at, const char *stop, uint64_t *out)
{
	uint64_t value = 0;
	const char *start = *at = skip_blank(*at, stop);
	for (; *at < stop && **at >= '0' && **at <= '9' && value <= UINT32_MAX; ++*at)
		value = value * 10 + (uint64_t)(**at - '0');
	*out = value;
	return *at > start && value <= UINT32_MAX && (*at == stop || is_blank(**at));
}

static struct random *generator(struct reader *reader)
{
	if (reader->random)
		return reader->random;
	reader->random = reader_scratch(reader, sizeof *reader->random);
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	if (reader->random)
		random_seed(reader->random, (uint64_t)now.tv_sec ^ ((uint64_t)now.tv_nsec << 20));
	return reader->random;
}

/* "[MIN [MAX]]" */
static bool write_random(struct reader *reader, struct source *source, const char *place,
	const struct name_reference *reference, char *out, size_t size)
{
	uint64_t bounds[2] = {0, RANDOM_DEFAULT_MAX};
	const char *at = reference->arguments;
	const char *stop = trim_blank(at, reference->arguments_end);
	bool good = true;
	for (size_t i = 0; i < 2 && good && at < stop; i++)
		good = read_unsigned(&at, stop, &bounds[i]);
	if (!good || at < stop || bounds[0] > bounds[1]) {
		line_error(reader, source, place,
			"this is ${_RANDOM [MIN [MAX]]}, with numbers of which MAX is not the smaller; "
			"without it, it is %d",
			RANDOM_DEFAULT_MAX);
		return false;
	}
	struct random *random = generator(reader);
	if (!random)
		return false;
	uint64_t value = bounds[0] + random_below(random, bounds[1] - bounds[0] + 1);
	snprintf(out, size, "%llu", (unsigned long long)value);
	return true;
}

static bool write_environment(struct reader *reader, struct source *source, const char *place,
	const struct name_reference *reference, char *out, size_t size)
{
	char name[NAME_SIZE];
	const char *at = skip_blank(reference->arguments, reference->arguments_end);
	const char *stop = trim_blank(at, reference->arguments_end);
	size_t length = (size_t)(stop - at);
	if (length == 0 || length >= sizeof name || memchr(at, ' ', length) || memchr(at, '\t', length)) {
		line_error(reader, source, place,
			"this is ${_ENV NAME}, with the name of one environment variable");
		return false;
	}
	memcpy(name, at, length);
	name[length] = '\0';
	const char *value = getenv(name);
	if (!value) {
		line_error(reader, source, place, "there is no environment variable '%.100s'", name);
		return false;
	}
	bool fits = strlen(value) < size;
	for (const char *c = value; *c && fits; c++)
		fits = (unsigned char)*c >= 0x20;
	if (!fits)
		line_error(reader, source, place,
			"the environment variable '%.100s' is too long, or has a control character", name);
	else
		strcpy(out, value);
	return fits;
}

enum builtin_result builtin_write(struct reader *reader, struct source *source, const char *place,
	const struct name_reference *reference, bool is_quoted, char *out, size_t size)
{
	size_t builtin = find(reference->name, reference->name_length);
	if (builtin == NAME_COUNT)
		return BUILTIN_NONE;
	bool takes = builtin == BUILTIN_RANDOM || builtin == BUILTIN_ENV;
	if (!takes && skip_blank(reference->arguments, reference->arguments_end) < reference->arguments_end) {
		line_error(reader, source, place, "'${%s}' takes no values", names[builtin]);
		return BUILTIN_WRONG;
	}
	bool good = true;
	switch ((enum builtin)builtin) {
	case BUILTIN_PWD:
		good = write_directory(source->file, out, size);
		if (!good)
			line_error(reader, source, place, "the name of the working directory is too long");
		break;
	case BUILTIN_INSTANCE:
		snprintf(out, size, "%s",
			reader->global.process.instance_name ? reader->global.process.instance_name
							     : reader->config_id);
		break;
	case BUILTIN_RANDOM:
		good = write_random(reader, source, place, reference, out, size);
		break;
	case BUILTIN_ENV:
		good = write_environment(reader, source, place, reference, out, size);
		break;
	case BUILTIN_HASH:
	case BUILTIN_BANG:
		snprintf(out, size, "%s%c", is_quoted ? "" : "\\", builtin == BUILTIN_HASH ? '#' : '!');
		break;
	}
	return good ? BUILTIN_DONE : BUILTIN_WRONG;
}

bool random_seed_line(struct reader *reader, void *owner, const struct statement *statement)
{
	const struct token *token = &statement->words[1];
	const char *at = token->text;
	uint64_t seed;
	(void)owner;
	if (statement->count > 2 || !read_unsigned(&at, token->text + token->length, &seed) || *at) {
		reader_error(reader, &token->spot, "random_seed takes one number, 0 to %u", UINT32_MAX);
		return false;
	}
	struct random *random = generator(reader);
	if (random)
		random_seed(random, seed);
	return random != NULL;
}
