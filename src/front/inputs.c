/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a configuration was made of: see inputs.h. */
#include "front/inputs.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front/memory_file.h"

enum input_kind {
	INPUT_READ,
	INPUT_GLOB,
	INPUT_CHECK,
};

struct input {
	enum input_kind kind;
	char *path;
	uint64_t answer;
};

#define PRIME UINT64_C(0x9e3779b97f4a7c15)

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * PRIME;
	return hash ^ hash >> 29;
}

/* Nobody chooses files so that they collide: whoever may write them has easier ways. */
static uint64_t hash_of(uint64_t hash, const char *bytes, size_t length)
{
	uint64_t word;

	hash = mix(hash, length);
	for (; length >= sizeof(word); bytes += sizeof(word), length -= sizeof(word)) {
		memcpy(&word, bytes, sizeof(word));
		hash = mix(hash, word);
	}
	word = 0;
	memcpy(&word, bytes, length);
	return mix(hash, word);
}

static uint64_t answer_of_read(const char *bytes, size_t length)
{
	return bytes ? hash_of(PRIME, bytes, length) : mix(1, (uint64_t)errno);
}

static void note(struct inputs *inputs, enum input_kind kind, const char *path, uint64_t answer)
{
	const size_t capacity = inputs->capacity ? 2 * inputs->capacity : 8;
	struct input *list = inputs->list;

	if (inputs->count == inputs->capacity) {
		list = realloc(list, capacity * sizeof(*list));
		if (!list) {
			inputs->incomplete = true;
			return;
		}
		inputs->list = list;
		inputs->capacity = capacity;
	}
	list[inputs->count] = (struct input){kind, strdup(path), answer};
	inputs->incomplete |= !list[inputs->count].path;
	inputs->count++;
}

static char *noting_read(void *user, const char *path, size_t *length)
{
	char *bytes = conf_files_system.read(NULL, path, length);
	const int error = errno;

	note(user, INPUT_READ, path, answer_of_read(bytes, bytes ? *length : 0));
	errno = error;
	return bytes;
}

struct listing {
	int (*each)(void *user, const char *path); /* NULL: nobody wants to know */
	void *user;
	uint64_t answer;
};

static int noting_each(void *user, const char *path)
{
	struct listing *listing = user;

	listing->answer = hash_of(listing->answer, path, strlen(path));
	return listing->each ? listing->each(listing->user, path) : 0;
}

static int noting_glob(void *user, const char *pattern, int (*each)(void *each_user, const char *path), void *each_user)
{
	struct listing listing = {each, each_user, PRIME};
	const int count = conf_files_system.glob(NULL, pattern, noting_each, &listing);

	note(user, INPUT_GLOB, pattern, listing.answer);
	return count;
}

static int noting_check(void *user, const char *path)
{
	const int error = conf_files_system.check(NULL, path);

	note(user, INPUT_CHECK, path, (uint64_t)error);
	return error;
}

struct conf_files inputs_files(struct inputs *inputs)
{
	return (struct conf_files){
		.read = noting_read, .glob = noting_glob, .check = noting_check, .user = inputs};
}

static uint64_t ask_again(const struct input *input)
{
	struct listing listing = {NULL, NULL, PRIME};
	uint64_t answer = 0;
	size_t length = 0;
	char *bytes;

	switch (input->kind) {
	case INPUT_READ:
		bytes = conf_files_system.read(NULL, input->path, &length);
		answer = answer_of_read(bytes, length);
		free(bytes);
		break;
	case INPUT_GLOB:
		conf_files_system.glob(NULL, input->path, noting_each, &listing);
		answer = listing.answer;
		break;
	case INPUT_CHECK:
		answer = (uint64_t)conf_files_system.check(NULL, input->path);
		break;
	}
	return answer;
}

bool inputs_unchanged(const struct inputs *inputs)
{
	if (inputs->count == 0 || inputs->incomplete)
		return false;
	for (size_t i = 0; i < inputs->count; i++)
		if (ask_again(&inputs->list[i]) != inputs->list[i].answer)
			return false;
	return true;
}

/* "KIND ANSWER PATH", a NUL behind each, for a path may hold anything else. */
int inputs_write(const struct inputs *inputs, int fd)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	int error = 0;

	if (!out)
		return -ENOMEM;
	for (size_t i = 0; i < inputs->count && !inputs->incomplete; i++)
		fprintf(out, "%d %llx %s%c", (int)inputs->list[i].kind, (unsigned long long)inputs->list[i].answer,
			inputs->list[i].path, 0);
	if (fclose(out) != 0)
		error = -ENOMEM;
	if (!error)
		error = memory_append(fd, text, length);
	free(text);
	return error;
}

bool inputs_read(struct inputs *inputs, int fd)
{
	size_t length;
	char *text = memory_read(fd, &length);
	unsigned long long answer;
	bool fine = text != NULL;
	int kind, before;

	for (const char *at = text; fine && at < text + length; at += strlen(at) + 1) {
		fine = sscanf(at, "%d %llx %n", &kind, &answer, &before) == 2 && kind >= INPUT_READ && kind <= INPUT_CHECK;
		if (fine)
			note(inputs, (enum input_kind)kind, at + before, answer);
	}
	free(text);
	return fine;
}

void inputs_free(struct inputs *inputs)
{
	for (size_t i = 0; i < inputs->count; i++)
		free(inputs->list[i].path);
	free(inputs->list);
	*inputs = (struct inputs){0};
}
