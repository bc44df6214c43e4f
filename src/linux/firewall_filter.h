/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The filter of the network card: a packet membership adds a virtual MAC to the unicast addresses that it lets through. For
 * a bridge, which does not hand frames for an unknown address to its own host, the kernel makes it promiscuous.
 */
#ifndef VIGIA_LINUX_FIREWALL_FILTER_H
#define VIGIA_LINUX_FIREWALL_FILTER_H

#include "linux/firewall.h"

/* For every virtual MAC in use. 0 or -errno, and then those that were opened are closed by the next function. */
int firewall_filters_open(struct firewall *firewall);
/* For those of the other list, which came before or did not come to be, that are not in use now. */
void firewall_filters_close_unused(struct firewall *firewall, const struct firewall_elements *other);

#endif
