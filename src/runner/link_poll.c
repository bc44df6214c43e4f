/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The three ways to ask a driver for its link: see link_poll.h. */
#include "runner/link_poll.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/mii.h>
#include <linux/sockios.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

#define NO_PHY_LOW 0x0000 /* what a bus without an answer reads as */
#define NO_PHY_HIGH 0xffff

static int ask(int socket, unsigned long request, struct ifreq *ifr)
{
	int error;

	if (ioctl(socket, request, ifr) == 0)
		return 0;
	error = errno;
	/* ENOTTY, EINVAL: the old words of drivers for what they do not have. */
	return error == ENOTTY || error == EINVAL ? -EOPNOTSUPP : -error;
}

static int read_register(int socket, struct ifreq *ifr, uint16_t number, uint16_t *value)
{
	struct mii_ioctl_data data;
	int error;

	memcpy(&data, &ifr->ifr_ifru, sizeof(data));
	data.reg_num = number;
	memcpy(&ifr->ifr_ifru, &data, sizeof(data));
	error = ask(socket, SIOCGMIIREG, ifr);
	memcpy(&data, &ifr->ifr_ifru, sizeof(data));
	*value = data.val_out;
	return error;
}

/* The bit of the link stays off, once it was, until it has been read: the second reading is about now. */
static int ask_mii(int socket, struct ifreq *ifr, bool *link)
{
	uint16_t status = NO_PHY_LOW;
	int error = ask(socket, SIOCGMIIPHY, ifr);

	for (int i = 0; !error && i < 2; i++)
		error = read_register(socket, ifr, MII_BMSR, &status);
	if (!error && (status == NO_PHY_LOW || status == NO_PHY_HIGH))
		return -EOPNOTSUPP;
	*link = status & BMSR_LSTATUS;
	return error;
}

static int ask_ethtool(int socket, struct ifreq *ifr, bool *link)
{
	struct ethtool_value value = {.cmd = ETHTOOL_GLINK};
	int error;

	ifr->ifr_data = (char *)&value;
	error = ask(socket, SIOCETHTOOL, ifr);
	*link = value.data != 0;
	return error;
}

static int read_flags(int socket, struct ifreq *ifr)
{
	int error = ask(socket, SIOCGIFFLAGS, ifr);

	return error ? error : (uint16_t)ifr->ifr_flags;
}

/* 0; -EOPNOTSUPP; another -errno. */
static int ask_by(int socket, const struct ifreq *named, enum link_poll method, bool *link)
{
	struct ifreq ifr = *named;
	int flags;

	switch (method) {
	case LINK_POLL_MII:
		return ask_mii(socket, &ifr, link);
	case LINK_POLL_ETHTOOL:
		return ask_ethtool(socket, &ifr, link);
	case LINK_POLL_IOCTL:
		flags = read_flags(socket, &ifr);
		*link = flags > 0 && (flags & IFF_RUNNING);
		return flags < 0 ? flags : 0;
	case LINK_POLL_COUNT:
		break;
	}
	return -EOPNOTSUPP;
}

static int find(int socket, const struct ifreq *named, enum link_poll first, enum link_poll *method, bool *link)
{
	int error;

	*method = first;
	error = ask_by(socket, named, first, link);
	for (int other = 0; error && other < LINK_POLL_COUNT; other++) {
		*method = (enum link_poll)other;
		error = ask_by(socket, named, *method, link);
	}
	if (error)
		*method = LINK_POLL_COUNT;
	return error;
}

int link_poll_ask(int socket, const char *interface, enum link_poll first, enum link_poll *method, bool *link)
{
	struct ifreq named = {.ifr_flags = 0};
	struct ifreq ifr;
	int flags;
	int error;

	if (strlen(interface) >= sizeof(named.ifr_name))
		return -ENODEV;
	strcpy(named.ifr_name, interface);
	ifr = named;
	flags = read_flags(socket, &ifr);
	if (flags < 0)
		return flags;
	*link = false;
	/* Many drivers answer nothing then. */
	if (!(flags & IFF_UP))
		return 0;
	error = ask_by(socket, &named, *method, link);
	/* One that is busy for a moment is not one that cannot be asked. */
	return error == -EOPNOTSUPP ? find(socket, &named, first, method, link) : error;
}
