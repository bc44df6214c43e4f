/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tracked objects to effective priority. "reverse" turns a weight's sign, and for an object without weight, which state
 * is the failure. */
#include "core/track.h"

int track_weight(const struct tracked_object *object, bool up)
{
	bool counts = object->weight > 0 ? up : !up;

	if (!counts)
		return 0;
	return object->reverse ? -object->weight : object->weight;
}

struct track_result track_evaluate(const struct vr_config *config, const bool *up)
{
	struct track_result result = {.priority = config->priority};
	int priority = config->priority;

	for (size_t i = 0; i < config->tracked_interface_count; i++) {
		const struct tracked_object *object = &config->tracked_interfaces[i];

		if (object->weight == 0 && up[i] == object->reverse && !result.fault) {
			result.fault = true;
			result.fault_index = i;
		}
		priority += track_weight(object, up[i]);
	}
	if (config->priority == VR_PRIORITY_OWNER)
		return result;
	if (priority < 1)
		priority = 1;
	if (priority > VR_PRIORITY_OWNER - 1)
		priority = VR_PRIORITY_OWNER - 1;
	result.priority = (uint8_t)priority;
	return result;
}
