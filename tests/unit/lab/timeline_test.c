/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lab/timeline.h"

#define ZERO INT64_C(100000000000)
#define AT(us) ((mono_t){ZERO + (us)*DUR_US})

static struct capture_event advert(int64_t us, const char *device, uint8_t priority)
{
	struct capture_event event = {.at = AT(us),
		.kind = CAPTURE_ADVERT,
		.version = 2,
		.vrid = 51,
		.priority = priority,
		.interval = DUR_S};

	strcpy(event.device, device);
	strcpy(event.interface, "eth0");
	event.source = ip_v4(192, 168, 1, device[2] == '1' ? 1 : 2);
	return event;
}

static struct capture_event announcement(int64_t us, const char *device)
{
	struct capture_event event = advert(us, device, 0);

	event.kind = CAPTURE_GRATUITOUS_ARP;
	event.source = event.target = ip_v4(192, 168, 1, 200);
	return event;
}

static char *printed(const struct timeline *timeline)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	timeline_print(timeline, out);
	fclose(out);
	return text;
}

static void assert_explained(const struct timeline *timeline, const char *expected)
{
	char buffer[1024];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	assert_true(timeline_explain(timeline, &text));
	assert_string_equal(buffer, expected);
}

static const char *const status =
	"{\"instances\":[{\"name\":\"VI_1\",\"history\":["
	"{\"at\":5,\"code\":\"started\",\"from\":\"INIT\",\"to\":\"BACKUP\",\"text\":\"long ago\"},"
	"{\"at\":100000400000,\"code\":\"blocked\",\"from\":\"MASTER\",\"to\":\"FAULT\","
	"\"text\":\"eth1 (tracked) is down\"}]}]}";

static void explains_a_lost_uplink(void **state)
{
	struct capture_event events[] = {advert(-900000, "gw1", 100), advert(600, "gw1", 0),
		advert(614100, "gw2", 99), announcement(614500, "gw2"), advert(1614100, "gw2", 99)};
	struct probe_outage outage = {AT(300), AT(614600), 0, 614, false};
	struct probe_summary summary = {.outages = &outage, .outage_count = 1};
	struct timeline timeline;
	char *text;

	(void)state;
	timeline_init(&timeline, AT(0), AT(2000000));
	timeline_add_fault(&timeline, AT(0), "pull gw1:eth1");
	timeline_add_packets(&timeline, events, 5, NULL);
	timeline_add_outages(&timeline, &summary);
	assert_true(timeline_add_status(&timeline, "gw1", status));
	timeline_sort(&timeline);
	assert_explained(&timeline,
		"gw1 noticed at +0.4 ms (eth1 (tracked) is down), sent priority 0 at +0.6 ms, "
		"gw2 waited Skew_Time 613.3 ms = (256 - 99) / 256 s from then (it took 613.5 ms), "
		"became master at +614.1 ms, announced 192.168.1.200 at +614.5 ms; "
		"the client went without for 614.3 ms.");
	text = printed(&timeline);
	assert_non_null(strstr(text, "+0.0 ms  fault   pull gw1:eth1"));
	assert_non_null(strstr(text, "MASTER -> FAULT: eth1 (tracked) is down"));
	assert_non_null(strstr(text, "priority 99; 2 in all, the last at +1614.1 ms"));
	assert_null(strstr(text, "long ago"));
	free(text);
	timeline_free(&timeline);
}

static void explains_a_silent_cut(void **state)
{
	struct capture_event events[] = {advert(-500000, "gw1", 100), advert(500000, "gw1", 100),
		advert(1500000, "gw1", 100), advert(3113500, "gw2", 99)};
	struct timeline timeline;
	char *text;

	(void)state;
	timeline_init(&timeline, AT(0), AT(4000000));
	timeline_add_fault(&timeline, AT(0), "silent gw1:eth0");
	timeline_add_packets(&timeline, events, 4, "gw1:eth0");
	timeline_sort(&timeline);
	assert_explained(&timeline,
		"gw2 waited Master_Down_Interval 3613.3 ms = 3 * 1 s + (256 - 99) / 256 s "
		"from the last advert it had heard, 500.0 ms before the fault (it took 3613.5 ms), "
		"became master at +3113.5 ms.");
	text = printed(&timeline);
	assert_non_null(strstr(text, "(the cut swallows it)"));
	free(text);
	timeline_free(&timeline);
}

static void explains_a_preemption(void **state)
{
	char *text;
	struct capture_event events[] = {advert(-500000, "gw2", 99), advert(500000, "gw2", 99),
		advert(700000, "gw1", 100), advert(700100, "gw2", 99)};
	struct timeline timeline;

	(void)state;
	timeline_init(&timeline, AT(0), AT(4000000));
	timeline_add_packets(&timeline, events, 4, NULL);
	timeline_sort(&timeline);
	assert_explained(
		&timeline, "gw1 took over at +700.0 ms because its priority 100 is greater than 99 of gw2.");
	text = printed(&timeline);
	assert_non_null(
		strstr(text, "+700.1 ms  gw2     sends an advert, priority 99: its last words as master"));
	free(text);
	timeline_free(&timeline);
}

static void no_change_is_not_explained(void **state)
{
	struct capture_event events[] = {advert(-500000, "gw1", 100), advert(500000, "gw1", 100)};
	struct timeline timeline;
	char buffer[64];
	struct text text;

	(void)state;
	timeline_init(&timeline, AT(0), AT(1000000));
	timeline_add_packets(&timeline, events, 2, NULL);
	timeline_sort(&timeline);
	text_init(&text, buffer, sizeof(buffer));
	assert_false(timeline_explain(&timeline, &text));
	timeline_free(&timeline);
}

static void nonsense_is_no_status(void **state)
{
	struct timeline timeline;

	(void)state;
	timeline_init(&timeline, AT(0), AT(1));
	assert_false(timeline_add_status(&timeline, "gw1", ""));
	assert_false(timeline_add_status(&timeline, "gw1", "{\"ok\":false,\"error\":\"dead\"}"));
	assert_false(timeline_add_status(&timeline, "gw1", "no JSON"));
	timeline_free(&timeline);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(explains_a_lost_uplink),
		cmocka_unit_test(explains_a_silent_cut),
		cmocka_unit_test(explains_a_preemption),
		cmocka_unit_test(no_change_is_not_explained),
		cmocka_unit_test(nonsense_is_no_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
