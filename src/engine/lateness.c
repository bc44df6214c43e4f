/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/lateness.h"

#include "engine/hash.h"

/* A turn counts in the first one that it does not exceed. */
static const dur_t bounds[LATENESS_BOUNDS] = {100 * DUR_US, 500 * DUR_US, 1 * DUR_MS, 2 * DUR_MS, 5 * DUR_MS, 10 * DUR_MS,
	20 * DUR_MS, 50 * DUR_MS, 100 * DUR_MS, 500 * DUR_MS, 1 * DUR_S, 10 * DUR_S};

static void count(struct lateness *lateness, dur_t late, mono_t now)
{
	size_t bucket = 0;

	while (bucket < LATENESS_BOUNDS && late > bounds[bucket])
		bucket++;
	lateness->counts[bucket]++;
	lateness->sum += late;
	lateness->last = late;
	if (late > lateness->longest) {
		lateness->longest = late;
		lateness->longest_at = now;
	}
	if (late > LATENESS_STALL) {
		lateness->stalls++;
		lateness->last_stall = late;
		lateness->last_stall_at = now;
	}
}

dur_t lateness_measure(struct lateness *lateness, mono_t now)
{
	dur_t late;

	if (!mono_due(lateness->due, now))
		return 0;
	late = mono_sub(now, lateness->due);
	count(lateness, late, now);
	lateness->due = MONO_NEVER;
	return late;
}

void lateness_clear(struct lateness *lateness)
{
	*lateness = (struct lateness){.due = lateness->due};
}

static void write_counts(struct json_out *json, const struct lateness *lateness)
{
	uint64_t turns = 0;

	json_out_array(json, "histogram");
	for (size_t i = 0; i <= LATENESS_BOUNDS; i++) {
		turns += lateness->counts[i];
		json_out_object(json, NULL);
		if (i < LATENESS_BOUNDS)
			json_out_seconds(json, "at_most", bounds[i]);
		else
			json_out_null(json, "at_most");
		json_out_u64(json, "turns", turns);
		json_out_end(json);
	}
	json_out_end(json);
}

void lateness_write(struct json_out *json, const struct lateness *lateness)
{
	json_out_object(json, "lateness");
	json_out_seconds(json, "last", lateness->last);
	json_out_seconds(json, "longest", lateness->longest);
	json_out_mono(json, "longest_at", lateness->longest > 0 ? lateness->longest_at : MONO_NEVER);
	json_out_seconds(json, "sum", lateness->sum);
	write_counts(json, lateness);
	json_out_seconds(json, "stall_limit", LATENESS_STALL);
	json_out_u64(json, "stalls", lateness->stalls);
	if (lateness->stalls > 0) {
		json_out_object(json, "last_stall");
		json_out_mono(json, "at", lateness->last_stall_at);
		json_out_seconds(json, "late", lateness->last_stall);
		json_out_end(json);
	} else {
		json_out_null(json, "last_stall");
	}
	json_out_end(json);
}

/* A writer with other bounds has counted something else, which is passed over. */
static void archive_counts(struct archive *archive, struct lateness *lateness)
{
	struct archive_section section = archive_begin(archive, 1);
	struct lateness found = *lateness;
	const uint64_t own = hash_bytes(HASH_START, bounds, sizeof(bounds));
	uint64_t written = own;

	archive_u64(archive, &written);
	archive_duration(archive, &found.sum);
	for (size_t i = 0; i <= LATENESS_BOUNDS; i++)
		archive_u64(archive, &found.counts[i]);
	archive_end(archive, &section);
	if (written == own)
		*lateness = found;
}

void lateness_archive(struct archive *archive, struct lateness *lateness)
{
	archive_counts(archive, lateness);
	archive_duration(archive, &lateness->last);
	archive_duration(archive, &lateness->longest);
	archive_time(archive, &lateness->longest_at);
	archive_u64(archive, &lateness->stalls);
	archive_duration(archive, &lateness->last_stall);
	archive_time(archive, &lateness->last_stall_at);
}
