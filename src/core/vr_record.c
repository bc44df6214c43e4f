/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making actions and records. The list is bounded; tests/property shows that no input comes near the bound. */
#include "core/vr_internal.h"

#include <string.h>

static struct vr_action *next_action(struct actions *out, enum vr_action_type type)
{
	struct vr_action *action;

	if (out->count == VR_ACTIONS_MAX)
		return NULL;
	action = &out->list[out->count++];
	*action = (struct vr_action){.type = type};
	return action;
}

void vr_act(struct actions *out, enum vr_action_type type)
{
	next_action(out, type);
}

void vr_act_advert(struct actions *out, uint8_t priority, dur_t interval)
{
	struct vr_action *action = next_action(out, VR_ACTION_SEND_ADVERT);

	if (action == NULL)
		return;
	action->priority = priority;
	action->interval = interval;
}

void vr_act_announce(struct actions *out, uint16_t count)
{
	struct vr_action *action = next_action(out, VR_ACTION_ANNOUNCE);

	if (action != NULL)
		action->count = count;
}

struct track_value vr_track_value(const struct vr *vr, size_t index)
{
	return index < vr->config->extra->tracked_count ? vr->track_values[index] : (struct track_value){TRACK_UNKNOWN, 0};
}

struct vr_record vr_record_make(const struct vr *vr, enum vr_record_code code)
{
	return (struct vr_record){
		.code = code,
		.from = vr->state,
		.to = vr->state,
		.own_priority = vr->priority,
		.blockers = vr->blockers,
		.track_index = vr->blocking_track,
		.track_value = vr_track_value(vr, vr->blocking_track),
		.sibling = *vr_blocking_sibling(vr),
	};
}

struct vr_record vr_record_make_peer(const struct vr *vr, enum vr_record_code code, dur_t duration)
{
	struct vr_record record = vr_record_make(vr, code);

	record.peer = vr->peer.address;
	record.peer_priority = vr->peer.priority;
	record.duration = duration;
	return record;
}

void vr_record_push(struct actions *out, const struct vr_record *record)
{
	struct vr_action *action = next_action(out, VR_ACTION_RECORD);

	if (action != NULL)
		action->record = *record;
}

void vr_remark(const struct vr *vr, enum vr_record_code code, struct actions *out)
{
	struct vr_record record = vr_record_make(vr, code);

	vr_record_push(out, &record);
}

void vr_remark_peer(const struct vr *vr, enum vr_record_code code, dur_t duration, struct actions *out)
{
	struct vr_record record = vr_record_make_peer(vr, code, duration);

	vr_record_push(out, &record);
}

/* Up to the first record, which is most often the end. */
static size_t count_acting(const struct actions *out)
{
	size_t count = 0;

	while (count < out->count && out->list[count].type != VR_ACTION_RECORD)
		count++;
	return count;
}

void vr_records_last(struct actions *out)
{
	struct actions records;
	size_t acting = count_acting(out);

	records.count = 0;
	for (size_t i = acting; i < out->count; i++) {
		if (out->list[i].type == VR_ACTION_RECORD)
			records.list[records.count++] = out->list[i];
		else
			out->list[acting++] = out->list[i];
	}
	memcpy(&out->list[acting], records.list, records.count * sizeof(records.list[0]));
}
