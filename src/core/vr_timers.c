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

mono_t vr_preempts_at(const struct vr *vr)
{
	return vr->state != VR_MASTER ? vr->preempt_at : MONO_NEVER;
}

mono_t vr_checks_at(const struct vr *vr)
{
	return vr->state != VR_MASTER ? vr->check_at : MONO_NEVER;
}

mono_t vr_holds_until(const struct vr *vr)
{
	return vr->state != VR_MASTER ? vr->hold_deadline : MONO_NEVER;
}

mono_t vr_stops_again_at(const struct vr *vr)
{
	return vr->state != VR_MASTER ? vr->stop_advert_at : MONO_NEVER;
}

mono_t vr_announces_again_at(const struct vr *vr)
{
	return vr->announces_again ? mono_add(vr->since, VR_ANNOUNCE_AGAIN) : MONO_NEVER;
}

mono_t vr_announces_at(const struct vr *vr)
{
	if (vr->state != VR_MASTER)
		return MONO_NEVER;
	return mono_min(vr_announces_again_at(vr), mono_min(vr->announce_delayed, vr->announce_refresh));
}

mono_t vr_deadline(const struct vr *vr)
{
	if (vr->state == VR_MASTER)
		return mono_min(mono_min(vr->timer, vr_announces_at(vr)), mono_min(vr->rival.again_at, vr->rival.gone_at));
	return mono_min(mono_min(vr->timer, mono_min(vr->preempt_at, vr->check_at)),
		mono_min(vr->hold_deadline, vr->stop_advert_at));
}
