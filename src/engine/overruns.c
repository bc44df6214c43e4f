/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was lost before it was read: see overruns.h. */
#include "engine/overruns.h"

#define LOOK_SPACING (1 * DUR_S)

void overruns_look(struct overruns *overruns, const struct port *port, mono_t now)
{
	const uint64_t lost = port->lost != NULL ? port->lost(port->user) : 0;

	overruns->look_at = mono_add(now, LOOK_SPACING);
	if (lost == 0)
		return;
	overruns->packets += lost;
	overruns->packets_at = now;
}

void overruns_tick(struct overruns *overruns, const struct port *port, mono_t now)
{
	if (mono_due(overruns->look_at, now))
		overruns_look(overruns, port, now);
}

void overruns_events_lost(struct overruns *overruns, mono_t now)
{
	overruns->events++;
	overruns->events_at = now;
}

void overruns_clear(struct overruns *overruns)
{
	overruns->packets = overruns->events = 0;
}

void overruns_archive(struct archive *archive, struct overruns *overruns)
{
	archive_u64(archive, &overruns->packets);
	archive_time(archive, &overruns->packets_at);
	archive_u64(archive, &overruns->events);
	archive_time(archive, &overruns->events_at);
}

void overruns_write(struct json_out *json, const struct overruns *overruns)
{
	json_out_object(json, "overruns");
	json_out_u64(json, "packets", overruns->packets);
	json_out_mono(json, "packets_at", overruns->packets > 0 ? overruns->packets_at : MONO_NEVER);
	json_out_u64(json, "netlink", overruns->events);
	json_out_mono(json, "netlink_at", overruns->events > 0 ? overruns->events_at : MONO_NEVER);
	json_out_end(json);
}
