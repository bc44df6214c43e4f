/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a fuzz target without libFuzzer, so that every compiler and every machine can: first all seeds, then mutations of
 * them, drawn from a seeded generator. A target is one file with LLVMFuzzerTestOneInput() and a folder of seeds.
 *
 *	fuzz_NAME [--runs N] FILE-OR-FOLDER...		VIGIA_TEST_SEED=N chooses other mutations
 *
 * A file NAME.hex is hexadecimal text with comments after '#'; any other file is taken as it is. Inputs end at the edge
 * of a page nobody may touch: a step beyond them dies at once, with or without a sanitizer. The input that did it is
 * then written to fuzz_NAME.crash in the current folder.
 */
#include <dirent.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/random.h"

#define INPUT_MAX 65536
#define SEEDS_MAX 1024
#define MUTATIONS_MAX 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

struct input {
	uint8_t *bytes;
	size_t size;
};

static struct input seeds[SEEDS_MAX];
static size_t seed_count;
static uint8_t *guarded_end; /* one past the last byte an input may have */
static size_t running_size;
static char crash_path[256];

/* Async-signal-safe. */
static void save_running_input(void)
{
	static const char message[] = "the input that did it was written to the .crash file in this folder\n";
	int fd = open(crash_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0)
		return;
	if (write(fd, guarded_end - running_size, running_size) == (ssize_t)running_size)
		(void)!write(STDERR_FILENO, message, sizeof(message) - 1);
	close(fd);
}

static void on_signal(int number)
{
	save_running_input();
	signal(number, SIG_DFL);
	raise(number);
}

static void catch_crashes(const char *program)
{
	static const int numbers[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGALRM};
	const char *name = strrchr(program, '/');

	snprintf(crash_path, sizeof(crash_path), "%s.crash", name != NULL ? name + 1 : program);
	/* A sanitizer tells about memory errors itself, and better: leave it its signals. */
	if (__sanitizer_set_death_callback != NULL) {
		__sanitizer_set_death_callback(save_running_input);
		signal(SIGABRT, on_signal);
		signal(SIGALRM, on_signal);
		return;
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		signal(numbers[i], on_signal);
}

static void make_guarded_memory(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), size = (INPUT_MAX + page - 1) / page * page;
	uint8_t *memory = mmap(NULL, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED || mprotect(memory + size, page, PROT_NONE) != 0) {
		perror("guarded memory");
		exit(2);
	}
	guarded_end = memory + size;
}

static void run_input(const uint8_t *bytes, size_t size)
{
	running_size = size;
	if (size > 0)
		memcpy(guarded_end - size, bytes, size);
	/* An input that hangs is a finding too. */
	alarm(20);
	LLVMFuzzerTestOneInput(guarded_end - size, size);
	alarm(0);
}

static size_t hex_to_bytes(const char *path, const uint8_t *text, size_t size, uint8_t *out)
{
	unsigned digits = 0, value = 0;
	bool comment = false;
	size_t length = 0;

	for (size_t i = 0; i < size; i++) {
		char c = (char)text[i];
		const char *found;

		comment = c == '\n' ? false : comment || c == '#';
		if (comment || strchr(" \t\r\n", c) != NULL)
			continue;
		found = c != '\0' ? strchr("0123456789abcdef", c) : NULL;
		if (found == NULL) {
			fprintf(stderr, "%s: byte %zu is no hexadecimal digit (0-9, a-f)\n", path, i);
			exit(2);
		}
		value = value << 4 | (unsigned)(found - "0123456789abcdef");
		if (++digits % 2 == 0)
			out[length++] = (uint8_t)value;
	}
	if (digits % 2 != 0) {
		fprintf(stderr, "%s: a digit is missing: %u of them\n", path, digits);
		exit(2);
	}
	return length;
}

static void load_file(const char *path)
{
	static uint8_t buffer[INPUT_MAX], decoded[INPUT_MAX];
	const char *ending = strrchr(path, '.');
	const uint8_t *bytes = buffer;
	FILE *file = fopen(path, "rb");
	size_t size;

	if (file == NULL) {
		perror(path);
		exit(2);
	}
	size = fread(buffer, 1, sizeof(buffer), file);
	fclose(file);
	if (ending != NULL && strcmp(ending, ".hex") == 0) {
		size = hex_to_bytes(path, buffer, size, decoded);
		bytes = decoded;
	}
	if (seed_count == SEEDS_MAX) {
		fprintf(stderr, "more than %d seeds\n", SEEDS_MAX);
		exit(2);
	}
	seeds[seed_count].bytes = malloc(size + 1);
	memcpy(seeds[seed_count].bytes, bytes, size);
	seeds[seed_count++].size = size;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void load(const char *path)
{
	struct dirent **entries;
	struct stat status;
	int count;

	if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode)) {
		load_file(path);
		return;
	}
	/* Sorted: the same seed of the generator must mean the same run everywhere. */
	count = scandir(path, &entries, is_visible, alphasort);
	for (int i = 0; i < count; i++) {
		char file[4096];

		snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
		load_file(file);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

static void overwrite_from_other(struct random *random, uint8_t *bytes, size_t *size)
{
	const struct input *other = &seeds[random_below(random, seed_count)];
	size_t from = random_below(random, other->size + 1), at = random_below(random, *size + 1);
	size_t length = random_below(random, other->size - from + 1);

	if (at + length > INPUT_MAX)
		return;
	memcpy(bytes + at, other->bytes + from, length);
	if (at + length > *size)
		*size = at + length;
}

static void move_tail(struct random *random, uint8_t *bytes, size_t *size, bool insert)
{
	size_t at = random_below(random, *size + 1), length = 1 + random_below(random, 8);

	if (insert && *size + length <= INPUT_MAX) {
		memmove(bytes + at + length, bytes + at, *size - at);
		*size += length;
	} else if (!insert && at + length <= *size) {
		memmove(bytes + at, bytes + at + length, *size - at - length);
		*size -= length;
	}
}

static void mutate(struct random *random, uint8_t *bytes, size_t *size)
{
	static const uint8_t edges[] = {0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff, ' ', '\n', '"', '{', '}', '/'};
	size_t at = *size > 0 ? random_below(random, *size) : 0;

	switch (random_below(random, 8)) {
	case 0:
		overwrite_from_other(random, bytes, size);
		break;
	case 1:
		move_tail(random, bytes, size, true);
		break;
	case 2:
		move_tail(random, bytes, size, false);
		break;
	case 3:
		*size = random_below(random, *size + 1);
		break;
	case 4:
		bytes[at] = edges[random_below(random, sizeof(edges))];
		break;
	case 5:
		bytes[at] = (uint8_t)(bytes[at] + random_below(random, 9) - 4);
		break;
	case 6:
		bytes[at] = (uint8_t)random_u64(random);
		break;
	default:
		bytes[at] ^= (uint8_t)(1u << random_below(random, 8));
		break;
	}
}

static void run_mutations(unsigned long runs)
{
	static uint8_t bytes[INPUT_MAX];
	const char *chosen = getenv("VIGIA_TEST_SEED");
	uint64_t number = chosen != NULL ? strtoull(chosen, NULL, 0) : 1;
	struct random random;

	printf("VIGIA_TEST_SEED=%llu, %lu mutations of %zu seeds\n", (unsigned long long)number, runs,
		seed_count);
	fflush(stdout);
	random_seed(&random, number);
	for (unsigned long i = 0; i < runs; i++) {
		const struct input *seed = &seeds[random_below(&random, seed_count)];
		size_t size = seed->size;

		memcpy(bytes, seed->bytes, size);
		for (uint64_t left = 1 + random_below(&random, MUTATIONS_MAX); left > 0; left--)
			mutate(&random, bytes, &size);
		run_input(bytes, size);
	}
}

static unsigned long parse_runs(int argc, char **argv)
{
	static const struct option options[] = {{"runs", required_argument, NULL, 'r'}, {0}};
	unsigned long runs = 0;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option != 'r')
			exit(2);
		runs = strtoul(optarg, NULL, 10);
	}
	return runs;
}

int main(int argc, char **argv)
{
	unsigned long runs = parse_runs(argc, argv);

	for (int i = optind; i < argc; i++)
		load(argv[i]);
	if (seed_count == 0) {
		fprintf(stderr, "usage: %s [--runs N] FILE-OR-FOLDER...\n", argv[0]);
		return 2;
	}
	make_guarded_memory();
	catch_crashes(argv[0]);
	for (size_t i = 0; i < seed_count; i++)
		run_input(seeds[i].bytes, seeds[i].size);
	run_mutations(runs);
	for (size_t i = 0; i < seed_count; i++)
		free(seeds[i].bytes);
	return 0;
}
