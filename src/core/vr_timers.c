/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The arithmetic of RFC 3768 6.1 and RFC 9568 6.1 in whole nanoseconds, and the earliest of all deadlines. */
#include "core/vr_internal.h"

dur_t vr_skew_time(uint8_t version, uint8_t priority, dur_t interval)
{
	return (256 - priority) * (version == 2 ? DUR_S : interval) / 256;
}

dur_t vr_down_interval(uint8_t version, uint8_t priority, dur_t interval, unsigned adverts)
{
	return adverts * interval + vr_skew_time(version, priority, interval);
}

dur_t vr_version_2_interval(dur_t interval)
{
	return (interval + DUR_S - 1) / DUR_S * DUR_S;
}

dur_t vr_present_skew_time(const struct vr *vr)
{
	return vr_skew_time(vr->config->version, vr->priority, vr->active_adver_interval);
}

dur_t vr_present_down_interval(const struct vr *vr)
{
	return vr_down_interval(
		vr->config->version, vr->priority, vr->active_adver_interval, vr->config->down_timer_adverts);
}

dur_t vr_elapsed(mono_t since, mono_t now)
{
	return mono_before(now, since) ? 0 : mono_sub(now, since);
}

mono_t vr_next_period(mono_t deadline, dur_t period, mono_t now)
{
	mono_t next = mono_add(deadline, period);

	return mono_due(next, now) ? mono_add(now, period) : next;
}

mono_t vr_deadline(const struct vr *vr)
{
	mono_t deadline = mono_min(vr->timer, vr->preempt_at);

	deadline = mono_min(deadline, vr->check_at);
	deadline = mono_min(deadline, vr->hold_deadline);
	deadline = mono_min(deadline, vr->stop_advert_at);
	deadline = mono_min(deadline, vr->announce_again);
	deadline = mono_min(deadline, vr->announce_delayed);
	deadline = mono_min(deadline, vr->announce_refresh);
	deadline = mono_min(deadline, vr->rival.again_at);
	return mono_min(deadline, vr->rival.gone_at);
}
