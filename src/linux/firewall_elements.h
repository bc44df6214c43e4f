/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What should stand in the sets, and what does, as far as we know: a sorted list. Several virtual routers may want the
 * same element, which leaves with the last of them.
 */
#ifndef VIGIA_LINUX_FIREWALL_ELEMENTS_H
#define VIGIA_LINUX_FIREWALL_ELEMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "engine/port.h"
#include "linux/firewall_rules.h"

#define FIREWALL_KEY_SIZE 16

struct firewall_element {
	int ifindex; /* of the netdev table; FIREWALL_AFTER; else 0. First in order, so that one table's elements stand together */
	unsigned uses : 22;
	bool applied : 1; /* stands in the kernel, with applied_data */
	bool filter_open : 1; /* the network card lets frames for this MAC through */
	enum firewall_set set;
	uint8_t key[FIREWALL_KEY_SIZE]; /* filled with zeros */
	struct mac_addr data; /* of a map */
	struct mac_addr applied_data;
};

/* All zero at first. */
struct firewall_elements {
	struct firewall_element *list;
	size_t count;
	size_t capacity;
};

/* 0 or -ENOMEM, and then nothing has changed. */
int firewall_elements_copy(struct firewall_elements *to, const struct firewall_elements *from);
void firewall_elements_free(struct firewall_elements *elements);
/* What the operation asks for: uses go up or down. 0 or -ENOMEM. */
int firewall_elements_take(struct firewall_elements *elements, const struct firewall_op *op);
/* These addresses are mortal, and no others. 0 or -ENOMEM. */
int firewall_elements_make_mortal(struct firewall_elements *elements, const struct ip_addr *addresses, size_t count);
bool firewall_elements_has_mortal(const struct firewall_elements *elements);
/* Those that nobody uses are forgotten. */
void firewall_elements_tidy(struct firewall_elements *elements);

#endif
