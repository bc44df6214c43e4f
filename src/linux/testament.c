/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing the testament, in the engine: see testament.h. */
#include "linux/testament.h"

#include <errno.h>
#include <stdatomic.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "linux/kernel_message.h"
#include "linux/testament_layout.h"

#define GROWTH_SLOTS 8
#define PAGE 4096u

static int map_file(struct testament *testament, size_t size)
{
	void *map = testament->map ? mremap(testament->map, testament->size, size, MREMAP_MAYMOVE)
				   : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, testament->fd, 0);

	if (map == MAP_FAILED)
		return -errno;
	testament->map = map;
	testament->size = size;
	return 0;
}

int testament_open(struct testament *testament, int fd)
{
	struct stat status;
	int error;

	*testament = (struct testament){.fd = fd};
	if (fstat(fd, &status) < 0)
		return -errno;
	if (status.st_size < (off_t)TESTAMENT_HEAD_SIZE)
		return -EINVAL;
	testament->draft = malloc(TESTAMENT_COPY_SIZE);
	error = testament->draft ? map_file(testament, (size_t)status.st_size) : -ENOMEM;
	if (error)
		testament_close(testament);
	return error;
}

void testament_close(struct testament *testament)
{
	if (testament->map)
		munmap(testament->map, testament->size);
	testament->map = NULL;
	free(testament->draft);
	free(testament->reserved);
	testament->draft = NULL;
	testament->reserved = NULL;
}

static int make_room(struct testament *testament, size_t slot)
{
	const size_t needed = testament_copy_offset(slot + 1, 0);
	const size_t slots = (slot / GROWTH_SLOTS + 1) * GROWTH_SLOTS;
	const size_t before = (testament->size - TESTAMENT_HEAD_SIZE) / TESTAMENT_COPY_SIZE;
	uint32_t *reserved;

	if (testament->size >= needed)
		return 0;
	reserved = realloc(testament->reserved, 2 * slots * sizeof(*reserved));
	if (!reserved)
		return -ENOMEM;
	memset(reserved + before, 0, (2 * slots - before) * sizeof(*reserved));
	testament->reserved = reserved;
	if (ftruncate(testament->fd, (off_t)testament_copy_offset(slots, 0)) < 0)
		return -errno;
	return map_file(testament, testament_copy_offset(slots, 0));
}

/* Writing to a page that there is no memory for would be the end of this process. */
static int reserve(struct testament *testament, size_t slot, unsigned which, size_t length)
{
	uint32_t *reserved = &testament->reserved[2 * slot + which];

	length = (length + PAGE - 1) & ~(size_t)(PAGE - 1);
	if (length <= *reserved)
		return 0;
	if (fallocate(testament->fd, 0, (off_t)testament_copy_offset(slot, which), (off_t)length) < 0)
		return -errno;
	*reserved = (uint32_t)length;
	return 0;
}

/* What has been written so far; datagrams and removals that do not fit are left out. */
static int fill_datagrams(struct testament_copy *copy, const struct testament_entry *entry)
{
	const size_t start = testament_datagrams_offset(copy->frame_length);

	for (size_t i = 0; i < entry->stop_datagram_count; i++) {
		const struct port_datagram *datagram = &entry->stop_datagrams[i];
		const struct testament_datagram head = {.ifindex = datagram->ifindex,
			.length = (uint32_t)datagram->length,
			.source = datagram->source,
			.destination = datagram->destination};
		const size_t at = start + copy->datagrams_length;

		if (datagram->length > TESTAMENT_BYTES_SIZE ||
			at + sizeof(head) + testament_align(datagram->length) > TESTAMENT_BYTES_SIZE)
			return -ENOSPC;
		memcpy(copy->bytes + at, &head, sizeof(head));
		memcpy(copy->bytes + at + sizeof(head), datagram->bytes, datagram->length);
		copy->datagrams_length += (uint32_t)(sizeof(head) + testament_align(datagram->length));
	}
	return 0;
}

static int fill_removals(struct testament_copy *copy, const struct testament_entry *entry)
{
	_Alignas(struct nlmsghdr) uint8_t request[KERNEL_REQUEST_MAX];
	size_t at = testament_removals_offset(copy->frame_length, copy->datagrams_length);

	for (size_t i = 0; i < entry->removal_count; i++) {
		const size_t length = kernel_message_request(&entry->removals[i], (uint32_t)i + 1, request);

		if (at + length > TESTAMENT_BYTES_SIZE)
			return -ENOSPC;
		memcpy(copy->bytes + at, request, length);
		at += length;
		copy->removals_length += (uint32_t)length;
	}
	return 0;
}

static int fill(struct testament_copy *copy, const struct testament_entry *entry)
{
	const size_t frame_length = entry->stop_frame ? entry->stop_frame_length : 0;
	int error;

	*copy = (struct testament_copy){.active = entry->active};
	if (!entry->active)
		return 0;
	if (frame_length > TESTAMENT_BYTES_SIZE)
		return -ENOSPC;
	copy->ifindex = entry->ifindex;
	copy->release_after = entry->release_after;
	copy->frame_length = (uint32_t)frame_length;
	if (frame_length > 0)
		memcpy(copy->bytes, entry->stop_frame, frame_length);
	error = fill_datagrams(copy, entry);
	return error ? error : fill_removals(copy, entry);
}

int testament_write(struct testament *testament, size_t slot, const struct testament_entry *entry)
{
	struct testament_copy *draft = (struct testament_copy *)testament->draft;
	_Atomic uint32_t *current;
	size_t length;
	unsigned which;
	int error, incomplete;

	if (slot >= TESTAMENT_SLOTS_MAX)
		return -ENOSPC;
	error = make_room(testament, slot);
	if (error)
		return error;
	current = (_Atomic uint32_t *)testament->map + slot;
	which = atomic_load_explicit(current, memory_order_relaxed) == 1 ? 1 : 0;
	incomplete = fill(draft, entry);
	length = sizeof(*draft) + testament_removals_offset(draft->frame_length, draft->datagrams_length) +
		 draft->removals_length;
	error = reserve(testament, slot, which, length);
	if (error)
		return error;
	memcpy(testament->map + testament_copy_offset(slot, which), draft, length);
	atomic_store_explicit(current, which + 1, memory_order_release);
	return incomplete;
}
