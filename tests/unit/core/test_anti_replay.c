/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/anti_replay.h"

#define START ((int64_t)1700000000 * DUR_S)

static const struct vr_config ah = {.version = 2, .extra = &(const struct vr_extra){.authentication = AUTHENTICATION_AH}};
static const struct vr_config timed = {
	.version = 3, .extra = &(const struct vr_extra){.hmac = {.enabled = true, .time_window = 5 * DUR_S}}};
static const struct vr_config monotonic = {
	.version = 3,
	.extra = &(const struct vr_extra){.hmac = {.enabled = true, .monotonic = true, .time_window = 5 * DUR_S}}};

static enum drop_reason hear_number(struct anti_replay *state, uint32_t number)
{
	uint8_t bytes[VRRP_AH_SIZE];
	struct writer writer = writer_over(bytes, sizeof(bytes));
	struct vrrp_advert advert = {.source = ip_v4(10, 0, 0, 2), .version = 2, .ah = bytes};

	vrrp_ah_write(&writer, &advert.source, number);
	return anti_replay_check(state, &ah, &advert, START);
}

static enum drop_reason hear_stamp(
	struct anti_replay *state, const struct vr_config *config, uint8_t sender, uint64_t stamp, int64_t wall)
{
	uint8_t bytes[VRRP_TRAILER_SIZE];
	struct writer writer = writer_over(bytes, sizeof(bytes));
	struct ip_addr source = ip_v4(10, 0, 0, sender);
	struct vrrp_trailer trailer = {.key_id = 1, .stamp = stamp};
	struct vrrp_advert advert = {.source = source, .version = 3, .trailer = bytes};

	write_u8(&writer, trailer.key_id);
	write_zeros(&writer, 3);
	write_u32(&writer, (uint32_t)(stamp >> 32));
	write_u32(&writer, (uint32_t)stamp);
	return anti_replay_check(state, config, &advert, wall);
}

/* covers: RX-22 */
static void routers_count_together(void **unused)
{
	struct anti_replay state = {0};

	(void)unused;
	assert_true(anti_replay_next(&state, VRRP_SCHEME_AH, &ah.extra->hmac, START) == 1700000001);
	assert_int_equal(hear_number(&state, 7), DROP_NONE);
	assert_int_equal(hear_number(&state, 7), DROP_REPLAY);
	assert_int_equal(hear_number(&state, 6), DROP_REPLAY);
	assert_true(anti_replay_next(&state, VRRP_SCHEME_AH, &ah.extra->hmac, START) == 8);
	anti_replay_sent(&state, 8);
	assert_true(anti_replay_next(&state, VRRP_SCHEME_AH, &ah.extra->hmac, START) == 9);
	/* The other one became master in the same moment. */
	assert_int_equal(hear_number(&state, 8), DROP_NONE);
	assert_int_equal(hear_number(&state, 8), DROP_REPLAY);
	anti_replay_sent(&state, 20);
	assert_int_equal(hear_number(&state, 19), DROP_REPLAY);
	assert_int_equal(hear_number(&state, 0xffffffff), DROP_NONE);
}

static void stamps_grow_whatever_the_clock_does(void **unused)
{
	struct anti_replay state = {0};
	uint64_t stamp = anti_replay_next(&state, VRRP_SCHEME_HMAC, &monotonic.extra->hmac, START + DUR_S / 2);

	(void)unused;
	assert_true(stamp == ((uint64_t)1700000000 << 32 | 0x80000000));
	anti_replay_sent(&state, stamp);
	/* The same moment, and an earlier one: the counter grows. */
	assert_true(anti_replay_next(&state, VRRP_SCHEME_HMAC, &monotonic.extra->hmac, START + DUR_S / 2) == stamp + 1);
	assert_true(anti_replay_next(&state, VRRP_SCHEME_HMAC, &monotonic.extra->hmac, START - 1000 * DUR_S) == stamp + 1);
	assert_true(anti_replay_next(&state, VRRP_SCHEME_HMAC, &monotonic.extra->hmac, START + DUR_S) == (uint64_t)1700000001 << 32);
}

static void stamps_are_near_and_new(void **unused)
{
	struct anti_replay state = {0};
	const uint64_t stamp = (uint64_t)1700000000 << 32;

	(void)unused;
	assert_int_equal(hear_stamp(&state, &timed, 2, stamp, START + 6 * DUR_S), DROP_REPLAY);
	assert_int_equal(hear_stamp(&state, &timed, 2, stamp, START - 6 * DUR_S), DROP_REPLAY);
	assert_int_equal(hear_stamp(&state, &timed, 2, stamp, START + 5 * DUR_S), DROP_NONE);
	assert_int_equal(hear_stamp(&state, &timed, 2, stamp, START), DROP_REPLAY);
	assert_int_equal(hear_stamp(&state, &timed, 2, stamp + 1, START), DROP_NONE);
	assert_int_equal(hear_stamp(&state, &timed, 2, stamp - 1, START), DROP_REPLAY);
	/* Each sender counts for itself. */
	assert_int_equal(hear_stamp(&state, &timed, 3, stamp - 1, START), DROP_NONE);
	assert_int_equal(hear_stamp(&state, &monotonic, 3, 7, START), DROP_REPLAY);
	assert_int_equal(hear_stamp(&state, &monotonic, 4, 7, START), DROP_NONE);
	assert_int_equal(hear_stamp(&state, &monotonic, 4, 8, START), DROP_NONE);
	assert_int_equal(hear_stamp(&state, &monotonic, 4, 8, START), DROP_REPLAY);
}

static uint64_t next_after(uint64_t sent, int64_t wall)
{
	return anti_replay_next(&(struct anti_replay){.sent = sent}, VRRP_SCHEME_HMAC, &timed.extra->hmac, wall);
}

/* Two routers whose clocks were both an hour ahead, and one that was alone in that. */
static void a_clock_that_is_set_right_is_believed(void **unused)
{
	struct anti_replay state = {0};
	const uint64_t stamp = (uint64_t)1700000000 << 32, wrong = (uint64_t)1700003600 << 32;

	(void)unused;
	assert_true(next_after(wrong, START) == stamp);
	/* Within the window the others take what goes on growing. */
	assert_true(next_after(stamp, START - 5 * DUR_S) == stamp + 1);
	assert_true(next_after(stamp, START - 6 * DUR_S) == (uint64_t)1699999994 << 32);
	assert_int_equal(hear_stamp(&state, &timed, 2, wrong, START + 3600 * DUR_S), DROP_NONE);
	assert_int_equal(hear_stamp(&state, &timed, 2, stamp, START), DROP_NONE);
	assert_int_equal(hear_stamp(&state, &timed, 2, stamp, START), DROP_REPLAY);
	/* Where only the order counts, nothing but the order does. */
	assert_int_equal(hear_stamp(&state, &monotonic, 3, wrong, START + 3600 * DUR_S), DROP_NONE);
	assert_int_equal(hear_stamp(&state, &monotonic, 3, stamp, START), DROP_REPLAY);
}

static void many_senders_find_room(void **unused)
{
	struct anti_replay state = {0};

	(void)unused;
	for (uint8_t i = 1; i <= 2 * ANTI_REPLAY_SENDERS; i++)
		assert_int_equal(hear_stamp(&state, &monotonic, i, 100u + i, START), DROP_NONE);
	/* The newest ones are remembered. */
	assert_int_equal(
		hear_stamp(&state, &monotonic, 2 * ANTI_REPLAY_SENDERS, 100 + 2 * ANTI_REPLAY_SENDERS, START),
		DROP_REPLAY);
}

static void what_is_not_signed_is_not_counted(void **unused)
{
	const struct vr_extra none = {0}, pass = {.authentication = AUTHENTICATION_PASS};
	const struct vr_config plain = {.version = 3, .extra = &none}, text = {.version = 2, .extra = &pass};
	const struct vrrp_advert advert = {.source = ip_v4(10, 0, 0, 2)};
	struct anti_replay state = {0};

	(void)unused;
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(anti_replay_check(&state, &plain, &advert, START), DROP_NONE);
		assert_int_equal(anti_replay_check(&state, &text, &advert, START), DROP_NONE);
		assert_int_equal(anti_replay_check(&state, &timed, &advert, START), DROP_NONE);
	}
	assert_true(anti_replay_next(&state, VRRP_SCHEME_PASS, &ah.extra->hmac, START) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(routers_count_together),
		cmocka_unit_test(stamps_grow_whatever_the_clock_does),
		cmocka_unit_test(stamps_are_near_and_new),
		cmocka_unit_test(a_clock_that_is_set_right_is_believed),
		cmocka_unit_test(many_senders_find_room),
		cmocka_unit_test(what_is_not_signed_is_not_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
