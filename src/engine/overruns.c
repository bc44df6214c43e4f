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

static void look_beside(struct overruns *overruns, const struct port *port, mono_t now)
{
	uint64_t bfd = 0, neighbours = 0;

	if (port->lost_beside != NULL)
		port->lost_beside(port->user, &bfd, &neighbours);
	overruns->bfd += bfd;
	if (bfd > 0)
		overruns->bfd_at = now;
	overruns->neighbours += neighbours;
	if (neighbours > 0)
		overruns->neighbours_at = now;
}

void overruns_look_at_all(struct overruns *overruns, const struct port *port, mono_t now)
{
	overruns_look(overruns, port, now);
	look_beside(overruns, port, now);
}

void overruns_tick(struct overruns *overruns, const struct port *port, mono_t now)
{
	if (mono_due(overruns->look_at, now))
		overruns_look_at_all(overruns, port, now);
}

void overruns_events_lost(struct overruns *overruns, mono_t now)
{
	overruns->events++;
	overruns->events_at = now;
}

void overruns_clear(struct overruns *overruns)
{
	overruns->packets = overruns->events = overruns->bfd = overruns->neighbours = 0;
}

void overruns_archive(struct archive *archive, struct overruns *overruns)
{
	archive_u64(archive, &overruns->packets);
	archive_time(archive, &overruns->packets_at);
	archive_u64(archive, &overruns->events);
	archive_time(archive, &overruns->events_at);
	archive_u64(archive, &overruns->bfd);
	archive_time(archive, &overruns->bfd_at);
	archive_u64(archive, &overruns->neighbours);
	archive_time(archive, &overruns->neighbours_at);
}

void overruns_write(struct json_out *json, const struct overruns *overruns)
{
	json_out_object(json, "overruns");
	json_out_u64(json, "packets", overruns->packets);
	json_out_mono(json, "packets_at", overruns->packets > 0 ? overruns->packets_at : MONO_NEVER);
	json_out_u64(json, "netlink", overruns->events);
	json_out_mono(json, "netlink_at", overruns->events > 0 ? overruns->events_at : MONO_NEVER);
	json_out_u64(json, "bfd", overruns->bfd);
	json_out_mono(json, "bfd_at", overruns->bfd > 0 ? overruns->bfd_at : MONO_NEVER);
	json_out_u64(json, "neighbours", overruns->neighbours);
	json_out_mono(json, "neighbours_at", overruns->neighbours > 0 ? overruns->neighbours_at : MONO_NEVER);
	json_out_end(json);
}
