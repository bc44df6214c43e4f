/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules that others can change, and threads that put them back, in a namespace. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <unistd.h>

#include "linux/firewall_sentries.h"
#include "linux/nftables_events.h"
#include "linux/turn_clock.h"
#include "namespace.h"

static struct firewall firewall;
static struct firewall_sentries sentries;
static int events;

static const struct firewall_style style = {.priority = 0};

/* As before Linux 6.9. */
static int begin(void **state)
{
	struct ip_addr mortal;

	(void)state;
	firewall_open(&firewall, nft_socket_open(), "vigia", &style);
	firewall.persists = false;
	assert_true(ip_parse("10.0.0.100", strlen("10.0.0.100"), &mortal));
	assert_int_equal(firewall_make_mortal(&firewall, &mortal, 1, 100 * DUR_S), 0);
	events = nft_events_open(nft_socket_port(firewall.socket), NFT_EVENTS_OF_ALL);
	assert_true(events >= 0);
	firewall_sentries_start(&sentries, &firewall);
	assert_true(sentries.count > 0);
	return 0;
}

/* They have seen all that was done till now. */
static void sentries_leave(void)
{
	firewall_sentries_stop(&sentries);
	assert_null(sentries.list);
}

static int end(void **state)
{
	(void)state;
	sentries_leave();
	close(events);
	firewall_close(&firewall);
	run("nft flush ruleset");
	return 0;
}

/* The number of the transaction by which nft did that to our table. */
static int others_do(const char *command)
{
	struct pollfd heard = {.fd = events, .events = POLLIN};
	int transaction = -1;

	run("nft '%s'", command);
	assert_int_equal(poll(&heard, 1, -1), 1);
	assert_int_equal(nft_events_read(events, "vigia", &transaction), 1);
	return transaction;
}

static bool is_listed(void)
{
	return succeeds("nft list table arp vigia.after | grep -q 'elements = . 10.0.0.100 .$'") &&
	       succeeds("nft list table arp vigia.after | grep -q 'arp saddr ip @mortal drop'");
}

static int answered(void)
{
	int transaction;

	pthread_mutex_lock(&firewall.lock);
	transaction = firewall.answered;
	pthread_mutex_unlock(&firewall.lock);
	return transaction;
}

static void wait_for_answer(int transaction)
{
	while (answered() != transaction)
		usleep(1000);
}

/* Whether the engine, which hears of it, too, has something to send. */
static bool something_is_left(int transaction)
{
	const uint32_t before = firewall.sequence;

	assert_int_equal(firewall_put_back(&firewall, transaction), 0);
	return firewall.sequence != before;
}

/* As if it were so long ago; negative: as long as no machine stands still. */
static void last_put_back(dur_t ago)
{
	pthread_mutex_lock(&firewall.lock);
	firewall.put_back_at = mono_add(mono_now(), -ago);
	pthread_mutex_unlock(&firewall.lock);
}

static void sentries_answer(void **state)
{
	static const char *const theirs[] = {"flush table arp vigia.after", "flush set arp vigia.after mortal", "delete table arp vigia.after",
		"flush ruleset", "add table arp other; flush table arp vigia.after; delete table arp other"};

	(void)state;
	for (size_t i = 0; i < sizeof(theirs) / sizeof(theirs[0]); i++) {
		const int transaction = others_do(theirs[i]);

		wait_for_answer(transaction);
		assert_true(is_listed());
		assert_false(something_is_left(transaction));
		last_put_back(RESTORE_SPACING);
	}
}

static void not_twice_in_a_second(void **state)
{
	int first, second;

	(void)state;
	first = others_do("flush table arp vigia.after");
	wait_for_answer(first);
	last_put_back(-3600 * DUR_S);
	second = others_do("flush table arp vigia.after");
	assert_int_not_equal(first, second);
	sentries_leave();
	assert_false(is_listed());
	assert_true(something_is_left(second));
	assert_true(is_listed());
}

/* The engine asks within a second; the kernel counts to 65,535. */
static void an_old_answer_is_none(void **state)
{
	int transaction;

	(void)state;
	transaction = others_do("flush table arp vigia.after");
	wait_for_answer(transaction);
	sentries_leave();
	last_put_back(-3600 * DUR_S);
	assert_false(something_is_left(transaction));
	last_put_back(2 * RESTORE_SPACING);
	assert_true(something_is_left(transaction));
	assert_false(something_is_left(transaction));
	assert_false(something_is_left((transaction + UINT16_MAX) % (UINT16_MAX + 1)));
	assert_true(something_is_left((transaction + 1) % (UINT16_MAX + 1)));
	assert_true(something_is_left(-1));
}

static void not_while_a_successor_works(void **state)
{
	int transaction;

	(void)state;
	/* Nor does one begin in the middle of a transaction. */
	pthread_mutex_lock(&firewall.lock);
	assert_false(firewall_rest(&firewall));
	pthread_mutex_unlock(&firewall.lock);
	assert_true(firewall_rest(&firewall));
	others_do("flush table arp vigia.after");
	sentries_leave();
	assert_false(is_listed());
	firewall_sentries_start(&sentries, &firewall);
	firewall_wake(&firewall);
	assert_true(something_is_left(-1));
	last_put_back(RESTORE_SPACING);
	transaction = others_do("flush table arp vigia.after");
	wait_for_answer(transaction);
	assert_true(is_listed());
}

static void another_name(void **state)
{
	(void)state;
	sentries_leave();
	assert_int_equal(firewall_follow(&firewall, "other", &style), 0);
	firewall_sentries_start(&sentries, &firewall);
	run("nft flush table arp other.after");
	while (answered() < 0)
		usleep(1000);
	assert_true(succeeds("nft list table arp other.after | grep -q mortal"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sentries_answer, begin, end),
		cmocka_unit_test_setup_teardown(not_twice_in_a_second, begin, end),
		cmocka_unit_test_setup_teardown(an_old_answer_is_none, begin, end),
		cmocka_unit_test_setup_teardown(not_while_a_successor_works, begin, end),
		cmocka_unit_test_setup_teardown(another_name, begin, end),
	};

	namespace_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
