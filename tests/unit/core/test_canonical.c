/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * States made comparable: the same life at another time of day leaves the same bytes, event by event. A time in struct vr
 * that vr_canonical does not know makes this fail.
 */
#include "fixture.h"

#include <string.h>

#include "base/random.h"

#define LIVES 40
#define EVENTS 300

static void hear_something(struct fixture *f, struct random *random)
{
	static const uint8_t priorities[] = {0, 50, 100, 200, 255};
	uint8_t host = (uint8_t)(1 + random_below(random, 30));

	hear(f, host, priorities[random_below(random, 5)], DUR_S);
}

static void live(struct fixture *f, struct random *random)
{
	switch (random_below(random, 8)) {
	case 0:
		hear_something(f, random);
		break;
	case 1:
		pass(f, (dur_t)random_below(random, DUR_S / 2));
		tick(f);
		break;
	case 2:
		input_track(f, random_below(random, 2), random_chance(random, 2, 3));
		break;
	case 3:
		input_interface(f, true, random_chance(random, 3, 4), 10);
		break;
	case 4:
		input_type(f, random_chance(random, 1, 4) ? VR_EVENT_SHUTDOWN : VR_EVENT_STARTUP);
		break;
	default:
		if (vr_deadline(&f->vr).ns != MONO_NEVER.ns) {
			f->now = vr_deadline(&f->vr);
			tick(f);
		}
		break;
	}
}

static void start(struct fixture *f, uint8_t version, dur_t later)
{
	fixture_init(f, version);
	f->extra.preempt_delay = 3 * DUR_S;
	f->extra.announce.refresh = 7 * DUR_S;
	fixture_reinit(f);
	pass(f, later);
	fixture_reinit(f);
	fixture_start(f);
}

static void compare(const struct fixture *a, const struct fixture *b)
{
	struct vr first, second;

	vr_canonical(&first, &a->vr, a->now);
	vr_canonical(&second, &b->vr, b->now);
	assert_memory_equal(&first, &second, sizeof(first));
}

static void at_another_time_of_day(void **unused)
{
	static struct fixture now, later;
	struct random one, other;

	(void)unused;
	for (unsigned life = 0; life < LIVES; life++) {
		random_seed(&one, life);
		random_seed(&other, life);
		start(&now, life % 2 == 0 ? 2 : 3, 0);
		start(&later, life % 2 == 0 ? 2 : 3, 12345 * DUR_MS);
		for (unsigned i = 0; i < EVENTS; i++) {
			live(&now, &one);
			live(&later, &other);
			compare(&now, &later);
		}
	}
}

/* What lies long behind makes no difference. */
static void long_ago_is_long_ago(void **unused)
{
	struct fixture f;
	struct vr before, after;

	(void)unused;
	fixture_init(&f, 3);
	f.extra.announce.delay = 0;
	fixture_reinit(&f);
	fixture_master(&f);
	run_until(&f, mono_add(f.now, 40 * DUR_S));
	vr_canonical(&before, &f.vr, f.now);
	run_until(&f, mono_add(f.now, 3 * DUR_S));
	vr_canonical(&after, &f.vr, f.now);
	assert_memory_equal(&before, &after, sizeof(before));
	hear(&f, 30, 50, DUR_S);
	vr_canonical(&after, &f.vr, f.now);
	assert_memory_not_equal(&before, &after, sizeof(before));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_another_time_of_day),
		cmocka_unit_test(long_ago_is_long_ago),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
