/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strict mode. What the RFC does not know is set aside with a warning, as keepalived does; what would then mean
 * something else than its writer thought is refused. Other than keepalived's, it still answers a lower priority in
 * version 3, because RFC 9568 6.4.3 says so (FSM-A15, AMB-17).
 */
#include <string.h>

#include "conf/draft.h"

#define DOWN_TIMER_ADVERTS 3 /* RFC 9568 6.1, RFC 3768 6.1: Master_Down_Interval */

static void warn_if_given(
	struct reader *reader, const struct draft *draft, enum instance_keyword keyword, const char *instead)
{
	if (draft_given(draft, keyword) && !draft_wrong(draft, keyword))
		reader_warning(reader, draft_spot(draft, keyword), "strict mode: '%s' is set aside: %s",
			instance_keywords.rows[keyword].word, instead);
}

static void settle_protocol(struct reader *reader, struct draft *draft)
{
	struct vr_config *vr = &draft->vr;
	if (vr->down_timer_adverts != DOWN_TIMER_ADVERTS)
		warn_if_given(reader, draft, INSTANCE_DOWN_TIMER_ADVERTS, "the RFCs say 3");
	vr->down_timer_adverts = DOWN_TIMER_ADVERTS;
	if (draft->extra.preempt_delay)
		warn_if_given(reader, draft, INSTANCE_PREEMPT_DELAY, "the RFCs preempt at once");
	draft->extra.preempt_delay = 0;
	if (vr->checksum_form == V3_CHECKSUM_PSEUDO_HEADER)
		warn_if_given(reader, draft, INSTANCE_V3_CHECKSUM_AS_V2,
			"RFC 9568 5.2.8 leaves the pseudo-header out over IPv4");
	vr->checksum_form = V3_CHECKSUM_MESSAGE_ONLY;
	if (vr->start_as_master && vr->priority != VR_PRIORITY_OWNER) {
		warn_if_given(reader, draft, INSTANCE_STATE,
			"only the owner of the addresses (priority 255) starts as master");
		vr->start_as_master = false;
	}
}

static void settle_mac(struct reader *reader, struct draft *draft)
{
	static const struct mac_addr standard;
	if (memcmp(&draft->extra.vmac.mac, &standard, sizeof standard) == 0)
		return;
	reader_warning(reader,
		draft_spot(draft,
			draft->extra.vmac.mode == VMAC_RULES ? INSTANCE_USE_VMAC_RULES : INSTANCE_USE_VMAC),
		"strict mode: the MAC is set aside: RFC 9568 7.3 says which one it is");
	draft->extra.vmac.mac = standard;
}

/* What a master does about others. */
static void settle_answers(struct reader *reader, struct draft *draft)
{
	struct vr_config *vr = &draft->vr;
	bool silent = vr->version == 2; /* RFC 3768 6.4.3 discards a lower priority */
	if (!vr->yield_silent)
		warn_if_given(reader, draft, INSTANCE_HIGHER_PRIO_SEND_ADVERT,
			"a master that hears a better one says nothing more");
	vr->yield_silent = true;
	if (vr->lower_priority_silent != silent)
		warn_if_given(reader, draft, INSTANCE_LOWER_PRIO_NO_ADVERT,
			vr->version == 2 ? "RFC 3768 6.4.3 does not answer a lower priority"
					 : "RFC 9568 6.4.3 answers a lower priority");
	vr->lower_priority_silent = silent;
	if (draft->extra.announce.rival_delay)
		warn_if_given(
			reader, draft, INSTANCE_GARP_LOWER_PRIO_DELAY, "the RFCs announce nothing then");
	if (draft->extra.announce.rival_repeat)
		warn_if_given(
			reader, draft, INSTANCE_GARP_LOWER_PRIO_REPEAT, "the RFCs announce nothing then");
	draft->extra.announce.rival_delay = 0;
	draft->extra.announce.rival_repeat = 0;
}

void settle_strict(struct reader *reader, struct draft *draft)
{
	settle_protocol(reader, draft);
	settle_mac(reader, draft);
	settle_answers(reader, draft);
	if (draft->extra.unicast.enabled)
		reader_error(reader,
			draft_spot(draft, draft_given(draft, INSTANCE_UNICAST_PEER)
						  ? INSTANCE_UNICAST_PEER
						  : INSTANCE_UNICAST_SRC_IP),
			"strict mode has no unicast: the RFCs send to the group; remove strict_mode, or the "
			"unicast settings");
}
