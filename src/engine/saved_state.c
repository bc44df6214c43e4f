/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A running engine's state, for the engine of another process, perhaps of another version, that goes on in its place:
 * `vigia upgrade`. The successor has the same configuration and a picture of the kernel already. It reads everything before
 * it does anything, so that an archive that makes no sense changes nothing; then it takes charge of what stands in the
 * kernel, without putting it there again, and nobody outside notices: deadlines are absolute, so the next advert goes out when it
 * was due.
 *
 * Not kept, because it is soon made again: frames, announcements that waited for a least time, what a status was about to say.
 * Virtual routers that are on their way out (a reload has removed them) must have gone first.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/accept.h"
#include "engine/bfd.h"
#include "engine/firewall_watch.h"
#include "engine/state.h"
#include "engine/trace.h"

#define NUMBERS_PASSED_OVER 1000 /* more than a successor can say before it is given up */

enum section {
	SECTION_WORDS = 10,
	SECTION_ENGINE,
	SECTION_OBJECTS,
	SECTION_INTERFACES,
	SECTION_DEVICES,
	SECTION_STATICS,
	SECTION_INSTANCES,
	SECTION_GROUPS,
	SECTION_BFD,
};

void saved_name(struct archive *archive, char name[SAVED_NAME_SIZE], const char *own)
{
	struct text text;

	text_init(&text, name, SAVED_NAME_SIZE);
	if (archive->writing)
		text_str(&text, own);
	archive_text(archive, name, SAVED_NAME_SIZE);
}

static const char *record_word(unsigned value)
{
	return vr_record_name((enum vr_record_code)value);
}

static const char *drop_word(unsigned value)
{
	return drop_reason_name((enum drop_reason)value);
}

static const char *blocker_word(unsigned value)
{
	return blocker_name((enum vr_blocker)(1u << value));
}

static const char *remark_word(unsigned value)
{
	return history_remark_name((enum remark)value);
}

static unsigned blocker_count(void)
{
	unsigned count = 0;

	while (1u << count <= VR_BLOCKER_LAST)
		count++;
	return count;
}

/*
 * Numbers of an enum mean the same to both, as far as those of the one that knows fewer go. Of a newer version that is what stands at the
 * end: the hash of its first word, of the first two, and so on. A word that only it knows may then still come, and fails there.
 */
struct words {
	const char *(*name)(unsigned value);
	uint32_t count;
	uint32_t written;
};

static uint64_t hash_words(const struct words *words, uint32_t count)
{
	uint64_t hash = HASH_START;

	for (unsigned i = 0; i < count && i < words->count; i++)
		hash = hash_bytes(hash, words->name(i), strlen(words->name(i)));
	return hash;
}

static void agree(struct archive *archive, struct words *words)
{
	uint64_t own, hash;

	words->written = words->count;
	archive_u32(archive, &words->written);
	own = hash_words(words, words->written);
	hash = own;
	archive_u64(archive, &hash);
	if (words->written <= words->count && hash != own)
		archive->failed = true;
}

/* Words of a newer one, which an older one does not write. */
static void agree_with_newer(struct archive *archive, const struct words *words)
{
	bool agreed = words->written <= words->count;

	for (uint32_t i = 1; i <= words->written && (archive->writing || archive_has_more(archive)); i++) {
		const uint64_t own = i <= words->count ? hash_words(words, i) : 0;
		uint64_t hash = own;

		archive_u64(archive, &hash);
		if (i == words->count)
			agreed = agreed || hash == own;
	}
	if (!agreed)
		archive->failed = true;
}

static void archive_words(struct archive *archive, struct engine *engine)
{
	struct archive_section section = archive_begin(archive, SECTION_WORDS);
	struct words all[] = {{record_word, VR_RECORD_CODE_COUNT, 0}, {drop_word, DROP_REASON_COUNT, 0}, {blocker_word, blocker_count(), 0},
		{remark_word, REMARK_LAST + 1, 0}};
	const size_t count = sizeof(all) / sizeof(all[0]);

	(void)engine;
	for (size_t i = 0; i < count; i++)
		agree(archive, &all[i]);
	for (size_t i = 0; i < count; i++)
		agree_with_newer(archive, &all[i]);
	archive_end(archive, &section);
}

static void archive_global(struct archive *archive, struct engine *engine)
{
	struct archive_section section = archive_begin(archive, SECTION_ENGINE);

	archive_time(archive, &engine->quiet_until);
	archive_time(archive, &engine->check_groups_at);
	archive_u64_array(archive, engine->drops, DROP_REASON_COUNT);
	lateness_archive(archive, &engine->lateness);
	archive_u64(archive, &engine->firewall_watch.restored);
	overruns_archive(archive, &engine->overruns);
	archive_end(archive, &section);
}

static void archive_objects(struct archive *archive, struct engine *engine)
{
	struct archive_section section = archive_begin(archive, SECTION_OBJECTS);
	struct object *object = engine->objects.list;
	size_t count = 0;

	for (const struct object *each = object; each; each = each->next)
		count++;
	archive_size(archive, &count);
	for (size_t i = 0; i < count && !archive->failed; i++) {
		struct archive_section item = archive_begin(archive, SAVED_ITEM);
		enum track_kind kind = archive->writing ? object->kind : TRACK_SCRIPT;
		struct track_value value = archive->writing ? object->value : (struct track_value){0};
		char name[SAVED_NAME_SIZE];

		ARCHIVE_ENUM(archive, kind, TRACK_KIND_COUNT - 1);
		saved_name(archive, name, archive->writing ? object->name : "");
		ARCHIVE_ENUM(archive, value.state, TRACK_STATE_LAST);
		archive_int(archive, &value.value);
		archive_end(archive, &item);
		if (archive->writing)
			object = object->next;
		else if (!archive->failed)
			object_set(engine, kind, name, value);
	}
	archive_end(archive, &section);
}

static void archive_proof(struct archive *archive, struct link_proof *proof)
{
	ARCHIVE_ENUM(archive, proof->state, LINK_GOOD);
	ARCHIVE_ENUM(archive, proof->reason, LINK_REASON_GAVE_UP);
	archive_bool(archive, &proof->has_next_hop);
	archive_bool(archive, &proof->seen_down);
	archive_duration(archive, &proof->slow_probe);
	archive_time(archive, &proof->carrier_since);
	archive_time(archive, &proof->next_probe);
}

static void archive_interface(struct archive *archive, struct interface *interface)
{
	archive_bool(archive, &interface->running);
	archive_time(archive, &interface->turned_at);
	archive_bool(archive, &interface->proven);
	archive_proof(archive, &interface->proof);
	archive_ip(archive, &interface->next_hop);
	archive_time(archive, &interface->doubt_ends);
	archive_ip(archive, &interface->heard_peer);
}

/* One that only one of them knows is looked at anew. */
static void archive_interfaces(struct archive *archive, struct engine *engine)
{
	struct archive_section section = archive_begin(archive, SECTION_INTERFACES);
	struct interface *interface = engine->interfaces;
	size_t count = 0;

	for (const struct interface *each = interface; each; each = each->next)
		count++;
	archive_size(archive, &count);
	for (size_t i = 0; i < count && !archive->failed; i++) {
		struct archive_section item = archive_begin(archive, SAVED_ITEM);
		char name[SAVED_NAME_SIZE];

		saved_name(archive, name, archive->writing ? interface->name : "");
		if (!archive->writing)
			interface = interface_by_name(engine, name);
		if (interface != NULL)
			archive_interface(archive, interface);
		archive_end(archive, &item);
		if (archive->writing)
			interface = interface->next;
	}
	archive_end(archive, &section);
}

static struct device *device_by_name(const struct engine *engine, const char *name)
{
	for (struct device *device = engine->devices; device; device = device->next)
		if (strcmp(device->wanted.name, name) == 0)
			return device;
	return NULL;
}

static void archive_devices(struct archive *archive, struct engine *engine)
{
	struct archive_section section = archive_begin(archive, SECTION_DEVICES);
	struct device *device = engine->devices;
	size_t count = 0;

	for (const struct device *each = device; each; each = each->next)
		count++;
	archive_size(archive, &count);
	for (size_t i = 0; i < count && !archive->failed; i++) {
		struct archive_section item = archive_begin(archive, SAVED_ITEM);
		char name[SAVED_NAME_SIZE];

		saved_name(archive, name, archive->writing ? device->wanted.name : "");
		if (!archive->writing)
			device = device_by_name(engine, name);
		if (device != NULL) {
			archive_bool(archive, &device->wanted.forwards);
			archive_bool(archive, &device->may_speak);
			archive_int(archive, &device->faults);
		}
		archive_end(archive, &item);
		if (archive->writing)
			device = device->next;
	}
	archive_end(archive, &section);
}

static void archive_statics(struct archive *archive, struct engine *engine)
{
	struct archive_section section = archive_begin(archive, SECTION_STATICS);
	size_t count = engine->statics.count;

	archive_size(archive, &count);
	for (size_t i = 0; i < count && i < engine->statics.count; i++) {
		bool held = engine->statics.items[i].holding != NULL;

		archive_bool(archive, &held);
		archive_int(archive, &engine->statics.items[i].error);
		archive_u32(archive, &engine->statics.items[i].failures);
		archive_bool(archive, &engine->statics.items[i].stood);
		archive_u64(archive, &engine->statics.items[i].restored);
		if (!archive->writing && held)
			statics_adopt(engine, i);
	}
	archive_end(archive, &section);
}

static void archive_claims(struct archive *archive, struct instance *instance)
{
	size_t count = claim_count(instance->config);

	archive_size(archive, &count);
	if (count != claim_count(instance->config)) {
		archive->failed = true;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		struct claim *claim = &instance->claims[i];
		int error = claim->error;

		claim->was_held = claim->holding != NULL;
		claim->was_foreign = claim->was_held && claim->holding->foreign;
		archive_bool(archive, &claim->was_held);
		archive_bool(archive, &claim->was_foreign);
		archive_int(archive, &error);
		claim->error = (int16_t)error;
	}
}

static void archive_tracks(struct archive *archive, struct instance *instance)
{
	size_t count = instance->config->extra->tracked_count;

	archive_size(archive, &count);
	if (count != instance->config->extra->tracked_count)
		archive->failed = true;
	for (size_t i = 0; i < count && !archive->failed; i++) {
		ARCHIVE_ENUM(archive, instance->vr.track_values[i].state, TRACK_STATE_LAST);
		archive_int(archive, &instance->vr.track_values[i].value);
	}
}

static void archive_told(struct archive *archive, struct instance *instance)
{
	struct instance_told *told = &instance->told;
	struct ip_addr primary = told->has_address ? instance->vr.primary : (struct ip_addr){0};

	told->exists = archived_bool(archive, told->exists);
	told->up = archived_bool(archive, told->up);
	archive_ip(archive, &primary);
	told->has_address = ip_is_set(&primary);
	told->tentative = archived_bool(archive, told->tentative);
	told->duplicate = archived_bool(archive, told->duplicate);
	told->unproven = archived_bool(archive, told->unproven);
	told->no_device = archived_bool(archive, told->no_device);
}

/* Written with room to grow. */
static void archive_counter(struct archive *archive, uint32_t *counter)
{
	uint64_t value = *counter;

	archive_u64(archive, &value);
	*counter = (uint32_t)value;
}

static uint64_t archived(struct archive *archive, uint64_t value)
{
	archive_u64(archive, &value);
	return value;
}

static void archive_counters(struct archive *archive, struct instance_counters *counters)
{
	counters->adverts_sent = archived(archive, counters->adverts_sent) & COUNTER_MAX;
	counters->adverts_received = archived(archive, counters->adverts_received) & COUNTER_MAX;
	archive_counter(archive, &counters->priority_zero_sent);
	archive_counter(archive, &counters->priority_zero_received);
	archive_counter(archive, &counters->became_master);
	counters->announcements_sent = archived(archive, counters->announcements_sent) & COUNTER_MAX;
	counters->send_errors = archived(archive, counters->send_errors) & COUNTER_MAX;
	archive_counter(archive, &counters->restored);
}

static void archive_replay(struct archive *archive, struct instance *instance)
{
	struct anti_replay none = {0};
	struct anti_replay *replay = instance->rare->replay != NULL ? instance->rare->replay : &none;

	archive_u64(archive, &replay->sent);
	archive_u64(archive, &replay->heard);
	for (size_t i = 0; i < ANTI_REPLAY_SENDERS; i++) {
		archive_ip(archive, &replay->senders[i].address);
		archive_u64(archive, &replay->senders[i].stamp);
	}
}

static bool has_any(const struct rejected *rejected)
{
	for (size_t i = 0; i < DROP_REASON_COUNT; i++)
		if (rejected->drops[i] != 0)
			return true;
	for (size_t i = 0; i < REJECTIONS_SIZE; i++)
		if (rejected->last[i].reason != DROP_NONE)
			return true;
	return false;
}

static void archive_rejected(struct archive *archive, struct instance *instance)
{
	struct rejected rejected = {0};

	if (instance->rare->rejected != NULL)
		rejected = *instance->rare->rejected;
	archive_u64_array(archive, rejected.drops, DROP_REASON_COUNT);
	for (size_t i = 0; i < REJECTIONS_SIZE; i++) {
		struct rejection *rejection = &rejected.last[i];

		archive_ip(archive, &rejection->source);
		ARCHIVE_ENUM(archive, rejection->reason, DROP_REASON_COUNT - 1);
		archive_u8(archive, &rejection->priority);
		archive_time(archive, &rejection->at);
	}
	if (!archive->writing && has_any(&rejected) && instance_rejected(instance) != NULL)
		*instance->rare->rejected = rejected;
}

static bool has_none(const struct instance_rare *rare)
{
	return rare->extra_at.ns == MONO_NEVER.ns && rare->refused_until.ns == MONO_NEVER.ns && rare->refused_wait == 0 &&
	       rare->refused_index == 0 && rare->refused_error == 0;
}

static void archive_retries(struct archive *archive, struct instance *instance)
{
	struct instance_rare rare = *instance->rare;

	archive_time(archive, &rare.extra_at);
	archive_time(archive, &instance->retry_at);
	archive_time(archive, &rare.refused_until);
	archive_duration(archive, &rare.refused_wait);
	archive_size(archive, &rare.refused_index);
	archive_int(archive, &rare.refused_error);
	if (archive->writing || archive->failed || has_none(&rare))
		return;
	if (instance_rare(instance) == NULL)
		archive->failed = true;
	else
		*instance_rare(instance) = rare;
}

static void archive_cause(struct archive *archive, struct history *history)
{
	struct vr_record cause = {0};
	bool has_cause = history_cause(history, &cause);

	archive_bool(archive, &has_cause);
	vr_archive_record(archive, &cause);
	if (!archive->writing && has_cause)
		history_set_cause(history, &cause);
}

static void archive_entry(struct archive *archive, struct history_entry *entry)
{
	archive_time(archive, &entry->at);
	ARCHIVE_ENUM(archive, entry->remark, REMARK_LAST);
	vr_archive_record(archive, &entry->record);
	archive_prefix(archive, &entry->prefix);
	ARCHIVE_ENUM(archive, entry->kind, HELD_RULE);
	archive_u32(archive, &entry->preference);
	entry->link_reason = (uint8_t)archive_choice(archive, entry->link_reason, LINK_REASON_GAVE_UP + 1);
	archive_ip(archive, &entry->next_hop);
	archive_u32(archive, &entry->count);
	archive_text(archive, entry->device, sizeof(entry->device));
	archive_text(archive, entry->parent, sizeof(entry->parent));
}

/* Without what only a newer version has words for. */
static void archive_history(struct archive *archive, struct history *history)
{
	size_t count = history->count;

	archive_size(archive, &count);
	for (size_t i = 0; i < count && !archive->failed; i++) {
		struct archive_section item = archive_begin(archive, SAVED_ITEM);
		struct history_entry entry = {0};

		if (archive->writing)
			entry = history_at(history, i);
		if (archive->failed)
			return;
		archive_entry(archive, &entry);
		if (archive_end_optional(archive, &item) && !archive->writing)
			history_add(history, &entry);
	}
}

static void archive_instance(struct archive *archive, struct instance *instance)
{
	struct archive_section machine = archive_begin(archive, SAVED_ITEM);

	vr_archive(archive, &instance->vr);
	archive_end(archive, &machine);
	archive_tracks(archive, instance);
	archive_claims(archive, instance);
	archive_told(archive, instance);
	archive_time(archive, &instance->last_input);
	archive_retries(archive, instance);
	instance->static_refused = archived_bool(archive, instance->static_refused);
	archive_replay(archive, instance);
	instance->omission_told = archived_bool(archive, instance->omission_told);
	archive_counters(archive, &instance->counters);
	archive_rejected(archive, instance);
	ARCHIVE_ENUM(archive, instance->notified, NOTIFY_STATE_DELETED);
	archive_cause(archive, &instance->history);
	archive_history(archive, &instance->history);
	archive_counter(archive, &instance->counters.transitions);
}

/* The order is nearly always the same in both. */
static struct instance *instance_by_name(const struct engine *engine, const char *name, size_t guess)
{
	for (size_t i = 0; i < engine->instance_count; i++) {
		struct instance *instance = engine->instances[(i + guess) % engine->instance_count];

		if (strcmp(instance->config->name, name) == 0)
			return instance;
	}
	return NULL;
}

static void archive_instances(struct archive *archive, struct engine *engine)
{
	struct archive_section section = archive_begin(archive, SECTION_INSTANCES);
	size_t count = engine->instance_count;

	archive_size(archive, &count);
	if (count != engine->instance_count)
		archive->failed = true;
	for (size_t i = 0; i < count && !archive->failed; i++) {
		struct archive_section item = archive_begin(archive, SAVED_ITEM);
		struct instance *instance = engine->instances[i];
		char name[SAVED_NAME_SIZE];

		saved_name(archive, name, instance->config->name);
		if (!archive->writing)
			instance = instance_by_name(engine, name, i);
		if (instance == NULL)
			archive->failed = true;
		else
			archive_instance(archive, instance);
		archive_end(archive, &item);
	}
	archive_end(archive, &section);
}

static void archive_bfd(struct archive *archive, struct engine *engine)
{
	struct archive_section section = archive_begin(archive, SECTION_BFD);

	bfd_archive(archive, engine);
	archive_end(archive, &section);
}

static void archive_groups(struct archive *archive, struct engine *engine)
{
	struct archive_section section = archive_begin(archive, SECTION_GROUPS);

	sync_groups_archive(archive, engine);
	archive_end(archive, &section);
}

/* NULL; or what of it makes no sense to this version. */
static const char *archive_engine(struct archive *archive, struct engine *engine)
{
	static const struct {
		const char *name;
		void (*archive)(struct archive *archive, struct engine *engine);
	} parts[] = {{"the words of both differ", archive_words},
		{"what it says of the engine", archive_global},
		{"what it says of tracked objects", archive_objects},
		{"what it says of interfaces", archive_interfaces},
		{"what it says of devices", archive_devices},
		{"what it says of BFD sessions", archive_bfd},
		{"what it says of static addresses and routes", archive_statics},
		{"what it says of virtual routers", archive_instances},
		{"what it says of sync groups", archive_groups}};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		parts[i].archive(archive, engine);
		if (archive->failed)
			return parts[i].name;
	}
	return NULL;
}

/* Whoever is on the way out, or waits for an answer, comes first. */
static bool is_settled(const struct engine *engine)
{
	for (size_t i = 0; i < engine->instance_count; i++) {
		const struct instance *instance = engine->instances[i];

		if (instance->leaving || !instance->started || firewall_is_pending(instance) || instance->changing)
			return false;
	}
	/* Whoever gave an order waits for this engine; what is silent until it is gone must be spoken for. */
	return engine_kernel_is_settled(engine) && engine->started && !engine->stopping && !engine->reloading && !engine->sync_groups_stale &&
	       engine->orders == NULL && engine->readiness == NULL && engine->silences.count == 0;
}

int engine_save(struct engine *engine, uint8_t **bytes, size_t *size)
{
	struct archive archive = archive_to(NULL, 0);

	if (!is_settled(engine))
		return -EBUSY;
	backlog_finish(engine);
	archive_engine(&archive, engine);
	*size = archive.at;
	*bytes = malloc(archive.at);
	if (*bytes == NULL)
		return -ENOMEM;
	archive = archive_to(*bytes, *size);
	archive_engine(&archive, engine);
	pace_end(engine, true);
	bfd_release(engine);
	return 0;
}

/* A successor that died after it had the state may have said some numbers of AH; nobody takes them a second time. */
static void pass_over_numbers(struct engine *engine)
{
	for (size_t i = 0; i < engine->instance_count; i++) {
		struct instance *instance = engine->instances[i];

		if (config_scheme(instance->config) == VRRP_SCHEME_AH && instance->rare->replay != NULL && instance->rare->replay->sent != 0)
			instance->rare->replay->sent += NUMBERS_PASSED_OVER;
	}
}

void engine_resume(struct engine *engine, mono_t now)
{
	pass_over_numbers(engine);
	bfd_resume(engine, now);
	firewall_doubt(engine, now);
}

static void resume_interfaces(struct engine *engine, mono_t now)
{
	for (struct interface *interface = engine->interfaces; interface; interface = interface->next) {
		interface_refresh(engine, interface, now);
		tracking_hear(engine, interface);
	}
}

/* What the predecessor held. An address that stands on a device has a place only now that the device is there. */
static void resume_claims(struct engine *engine, struct instance *instance)
{
	for (size_t i = 0; i < claim_count(instance->config); i++) {
		struct claim *claim = &instance->claims[i];

		if (!claim->was_held)
			continue;
		claim_adopt(engine, instance, i);
		if (claim->holding != NULL)
			claim->holding->foreign = claim->was_foreign;
	}
}

/* An address that somebody took away just now is missed. */
static void miss_absent(struct engine *engine, struct instance *instance, mono_t now)
{
	for (size_t i = 0; i < instance->config->address_count; i++) {
		struct holding *holding = instance->claims[i].holding;
		const struct link *link =
			holding != NULL ? link_by_index(engine, holding->ifindex) : NULL;

		if (link != NULL && link_standing(link, &holding->prefix) == STANDING_NOT)
			holding_missing(engine, holding, false, now);
	}
}

static void resume_instances(struct engine *engine, mono_t now)
{
	for (size_t i = 0; i < engine->instance_count; i++) {
		struct instance *instance = engine->instances[i];

		miss_absent(engine, instance, now);
		will_write(engine, instance, false, now);
		instance_wait(engine, instance);
	}
}

const char *engine_start_saved(struct engine *engine, const uint8_t *bytes, size_t size, mono_t now)
{
	struct archive archive = archive_from(bytes, size);
	const char *not_understood = archive_engine(&archive, engine);

	if (not_understood != NULL)
		return not_understood;
	/* The rules of the predecessor stand until our first transaction, which must have all of ours. */
	engine->options.adopt = true;
	devices_start(engine, now);
	engine->started = true;
	for (size_t i = 0; i < engine->instance_count; i++) {
		engine->instances[i]->started = true;
		resume_claims(engine, engine->instances[i]);
	}
	firewall_resume(engine, now);
	devices_silence(engine);
	lifetimes_plan(engine, now);
	statics_install(engine, now);
	resume_interfaces(engine, now);
	bfd_resume(engine, now);
	sync_groups_resume(engine);
	resume_instances(engine, now);
	turn_end(engine, now);
	engine->port->firewall(engine->port->user, NULL, 0);
	if (engine->recording) {
		engine->recording = false;
		engine_record(engine, true, now);
	}
	return NULL;
}
