/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking drivers for their link: by ioctls of a driver made up here, for there are few that answer all of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/mii.h>
#include <linux/sockios.h>

#include "runner/link_poll.h"

static struct {
	int flags; /* -1: no such interface */
	int mii_error;
	uint16_t mii_status[2]; /* as read one after the other */
	int mii_reads;
	int ethtool_error;
	bool ethtool_link;
} driver;

int __wrap_ioctl(int fd, unsigned long request, void *argument);

static int refuse(int error)
{
	errno = error;
	return -1;
}

static int answer_mii(struct ifreq *ifr, bool is_register)
{
	struct mii_ioctl_data data;

	if (driver.mii_error)
		return refuse(driver.mii_error);
	memcpy(&data, &ifr->ifr_ifru, sizeof(data));
	if (is_register) {
		assert_int_equal(data.phy_id, 7);
		assert_int_equal(data.reg_num, MII_BMSR);
		data.val_out = driver.mii_status[driver.mii_reads++ % 2];
	}
	data.phy_id = 7;
	memcpy(&ifr->ifr_ifru, &data, sizeof(data));
	return 0;
}

int __wrap_ioctl(int fd, unsigned long request, void *argument)
{
	struct ifreq *ifr = argument;
	struct ethtool_value *value;

	assert_int_equal(fd, 5);
	assert_string_equal(ifr->ifr_name, "eth0");
	switch (request) {
	case SIOCGIFFLAGS:
		ifr->ifr_flags = (short)driver.flags;
		return driver.flags < 0 ? refuse(ENODEV) : 0;
	case SIOCGMIIPHY:
	case SIOCGMIIREG:
		return answer_mii(ifr, request == SIOCGMIIREG);
	case SIOCETHTOOL:
		value = (void *)ifr->ifr_data;
		assert_int_equal(value->cmd, ETHTOOL_GLINK);
		value->data = driver.ethtool_link;
		return driver.ethtool_error ? refuse(driver.ethtool_error) : 0;
	}
	return refuse(ENOTTY);
}

static void expect(enum link_poll first, enum link_poll known, enum link_poll method, bool wanted)
{
	bool link = !wanted;

	assert_int_equal(link_poll_ask(5, "eth0", first, &known, &link), 0);
	assert_int_equal(known, method);
	assert_int_equal(link, wanted);
}

static int set_up(void **state)
{
	(void)state;
	memset(&driver, 0, sizeof(driver));
	driver.flags = IFF_UP | IFF_RUNNING;
	driver.mii_status[0] = driver.mii_status[1] = BMSR_LSTATUS | BMSR_ANEGCAPABLE;
	return 0;
}

static void the_first_that_the_driver_knows(void **state)
{
	(void)state;
	expect(LINK_POLL_MII, LINK_POLL_COUNT, LINK_POLL_MII, true);
	expect(LINK_POLL_ETHTOOL, LINK_POLL_COUNT, LINK_POLL_ETHTOOL, false);
	expect(LINK_POLL_IOCTL, LINK_POLL_COUNT, LINK_POLL_IOCTL, true);
	driver.mii_error = EOPNOTSUPP;
	expect(LINK_POLL_MII, LINK_POLL_COUNT, LINK_POLL_ETHTOOL, false);
	driver.ethtool_link = true;
	expect(LINK_POLL_MII, LINK_POLL_COUNT, LINK_POLL_ETHTOOL, true);
	driver.ethtool_error = EOPNOTSUPP;
	expect(LINK_POLL_MII, LINK_POLL_COUNT, LINK_POLL_IOCTL, true);
	driver.mii_error = ENOTTY;
	expect(LINK_POLL_ETHTOOL, LINK_POLL_COUNT, LINK_POLL_IOCTL, true);
	driver.mii_error = 0;
	/* One that was found is kept while it works. */
	expect(LINK_POLL_ETHTOOL, LINK_POLL_IOCTL, LINK_POLL_IOCTL, true);
	expect(LINK_POLL_ETHTOOL, LINK_POLL_ETHTOOL, LINK_POLL_MII, true);
}

static void a_link_that_was_lost_for_a_moment(void **state)
{
	(void)state;
	driver.mii_status[0] = BMSR_ANEGCAPABLE; /* latched */
	expect(LINK_POLL_MII, LINK_POLL_MII, LINK_POLL_MII, true);
	driver.mii_status[1] = BMSR_ANEGCAPABLE;
	expect(LINK_POLL_MII, LINK_POLL_MII, LINK_POLL_MII, false);
}

static void a_bus_without_a_phy(void **state)
{
	(void)state;
	driver.ethtool_link = true;
	driver.mii_status[0] = driver.mii_status[1] = 0xffff;
	expect(LINK_POLL_MII, LINK_POLL_COUNT, LINK_POLL_ETHTOOL, true);
	driver.mii_status[0] = driver.mii_status[1] = 0;
	expect(LINK_POLL_MII, LINK_POLL_COUNT, LINK_POLL_ETHTOOL, true);
}

static void what_is_not_up_or_not_there(void **state)
{
	enum link_poll method = LINK_POLL_MII;
	bool link = true;

	(void)state;
	driver.flags = IFF_RUNNING;
	driver.mii_error = EOPNOTSUPP;
	expect(LINK_POLL_MII, LINK_POLL_MII, LINK_POLL_MII, false);
	driver.flags = -1;
	assert_int_equal(link_poll_ask(5, "eth0", LINK_POLL_MII, &method, &link), -ENODEV);
	assert_int_equal(link_poll_ask(5, "a-name-that-is-too-long", LINK_POLL_MII, &method, &link), -ENODEV);
	/* An error for a moment changes nothing. */
	driver.flags = IFF_UP;
	driver.mii_error = EBUSY;
	assert_int_equal(link_poll_ask(5, "eth0", LINK_POLL_MII, &method, &link), -EBUSY);
	assert_int_equal(method, LINK_POLL_MII);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_first_that_the_driver_knows, set_up),
		cmocka_unit_test_setup(a_link_that_was_lost_for_a_moment, set_up),
		cmocka_unit_test_setup(a_bus_without_a_phy, set_up),
		cmocka_unit_test_setup(what_is_not_up_or_not_there, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
