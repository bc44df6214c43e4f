/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of elements: see firewall_elements.h. */
#include "linux/firewall_elements.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int firewall_elements_copy(struct firewall_elements *to, const struct firewall_elements *from)
{
	*to = (struct firewall_elements){.count = from->count, .capacity = from->count};
	to->list = malloc((from->count + 1) * sizeof(*to->list));
	if (!to->list)
		return -ENOMEM;
	if (from->count > 0)
		memcpy(to->list, from->list, from->count * sizeof(*to->list));
	return 0;
}

void firewall_elements_free(struct firewall_elements *elements)
{
	free(elements->list);
	*elements = (struct firewall_elements){0};
}

static int compare(const struct firewall_element *a, const struct firewall_element *b)
{
	if (a->ifindex != b->ifindex)
		return a->ifindex < b->ifindex ? -1 : 1;
	if (a->set != b->set)
		return a->set < b->set ? -1 : 1;
	return memcmp(a->key, b->key, sizeof(a->key));
}

/* The place of the element, or where it should be. */
static size_t place_of(
	const struct firewall_elements *elements, const struct firewall_element *wanted, bool *found)
{
	size_t low = 0, high = elements->count;

	*found = false;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		const int order = compare(&elements->list[middle], wanted);

		if (order == 0) {
			*found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int insert(struct firewall_elements *elements, size_t place, const struct firewall_element *element)
{
	if (elements->count >= elements->capacity) {
		const size_t capacity = 2 * elements->capacity + 16;
		struct firewall_element *grown = realloc(elements->list, capacity * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		elements->list = grown;
		elements->capacity = capacity;
	}
	memmove(elements->list + place + 1, elements->list + place,
		(elements->count - place) * sizeof(*elements->list));
	elements->list[place] = *element;
	elements->count++;
	return 0;
}

static int change(struct firewall_elements *elements, const struct firewall_element *wanted, bool add)
{
	bool found;
	const size_t place = place_of(elements, wanted, &found);
	int error = 0;

	if (!found && add)
		error = insert(elements, place, wanted);
	if (error || (!found && !add))
		return error;
	if (add) {
		elements->list[place].uses++;
		/* Two virtual routers with the same address for a moment: the newer one's MAC counts. */
		elements->list[place].data = wanted->data;
	} else if (elements->list[place].uses > 0) {
		elements->list[place].uses--;
	}
	return 0;
}

static struct firewall_element of_address(
	enum firewall_set v4, enum firewall_set v6, const struct firewall_op *op)
{
	struct firewall_element element = {.set = op->address.family == IP_V6 ? v6 : v4, .data = op->mac};

	memcpy(element.key, op->address.bytes, ip_size(&op->address));
	return element;
}

static int change_mute(struct firewall_elements *elements, const struct firewall_op *op, bool add)
{
	struct firewall_element element = of_address(FIREWALL_SET_MUTED4, FIREWALL_SET_MUTED6, op);
	int error = change(elements, &element, add);

	/* IPv6 has its questions in the same table. */
	if (error || op->address.family == IP_V6)
		return error;
	element.set = FIREWALL_SET_MUTED_ARP;
	return change(elements, &element, add);
}

static int change_vmac(struct firewall_elements *elements, const struct firewall_op *op, bool add)
{
	static const struct mac_addr nobody;
	struct firewall_element mac = {.ifindex = op->ifindex, .set = FIREWALL_SET_MACS};
	struct firewall_element address = of_address(FIREWALL_SET_ARP, FIREWALL_SET_ND, op);
	int error;

	memcpy(mac.key, op->mac.bytes, sizeof(op->mac.bytes));
	mac.data = memcmp(&op->own, &nobody, sizeof(nobody)) != 0 ? op->own : op->mac;
	error = change(elements, &mac, add);
	if (error || !ip_is_set(&op->address))
		return error;
	address.ifindex = op->ifindex;
	return change(elements, &address, add);
}

static int change_device(
	struct firewall_elements *elements, const struct firewall_op *op, enum firewall_set set, bool add)
{
	struct firewall_element element = {.set = set};

	memcpy(element.key, &op->ifindex, sizeof(op->ifindex));
	return change(elements, &element, add);
}

int firewall_elements_take(struct firewall_elements *elements, const struct firewall_op *op)
{
	struct firewall_element refused = of_address(FIREWALL_SET_REFUSED4, FIREWALL_SET_REFUSED6, op);

	switch (op->type) {
	case FIREWALL_REFUSE:
	case FIREWALL_ACCEPT:
		return change(elements, &refused, op->type == FIREWALL_REFUSE);
	case FIREWALL_MUTE:
	case FIREWALL_UNMUTE:
		return change_mute(elements, op, op->type == FIREWALL_MUTE);
	case FIREWALL_VMAC:
	case FIREWALL_NO_VMAC:
		return change_vmac(elements, op, op->type == FIREWALL_VMAC);
	case FIREWALL_QUIET:
	case FIREWALL_NOT_QUIET:
		return change_device(elements, op, FIREWALL_SET_QUIET, op->type == FIREWALL_QUIET);
	case FIREWALL_DEAF:
	case FIREWALL_NOT_DEAF:
		return change_device(elements, op, FIREWALL_SET_DEAF, op->type == FIREWALL_DEAF);
	}
	return 0;
}

int firewall_elements_make_mortal(struct firewall_elements *elements, const struct ip_addr *addresses, size_t count)
{
	int error = 0;

	for (size_t i = 0; i < elements->count; i++)
		if (firewall_set_is_mortal(elements->list[i].set))
			elements->list[i].uses = 0;
	for (size_t i = 0; i < count && !error; i++) {
		const bool v6 = addresses[i].family == IP_V6;
		struct firewall_element element = {
			.ifindex = FIREWALL_AFTER, .set = v6 ? FIREWALL_SET_MORTAL6 : FIREWALL_SET_MORTAL4};

		memcpy(element.key, addresses[i].bytes, ip_size(&addresses[i]));
		error = change(elements, &element, true);
	}
	return error;
}

bool firewall_elements_has_mortal(const struct firewall_elements *elements)
{
	for (size_t i = 0; i < elements->count; i++)
		if (firewall_set_is_mortal(elements->list[i].set) && elements->list[i].uses > 0)
			return true;
	return false;
}

void firewall_elements_tidy(struct firewall_elements *elements)
{
	size_t kept = 0;

	for (size_t i = 0; i < elements->count; i++)
		if (elements->list[i].uses > 0)
			elements->list[kept++] = elements->list[i];
	elements->count = kept;
}
