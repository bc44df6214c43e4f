/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The testament of the engine: see testament.h. */
#include "linux/testament.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "linux/kernel_message.h"

/* The file: which copy of each slot counts (0: none, 1, 2), then the copies. */
#define HEAD_SIZE (TESTAMENT_SLOTS_MAX * sizeof(uint32_t))
#define GROWTH_SLOTS 8

struct testament_copy {
	uint32_t active;
	int32_t ifindex;
	int64_t release_after;
	uint32_t frame_length;
	uint32_t removals_length;
	uint8_t bytes[]; /* the frame, then from the next multiple of 4 on the removals */
};

#define BYTES_SIZE (TESTAMENT_COPY_SIZE - sizeof(struct testament_copy))

static size_t copy_offset(size_t slot, unsigned which)
{
	return HEAD_SIZE + (2 * slot + which) * TESTAMENT_COPY_SIZE;
}

static size_t removals_offset(size_t frame_length)
{
	return NLMSG_ALIGN(frame_length);
}

int testament_create(void)
{
	int fd = memfd_create("vigia-testament", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int error;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, HEAD_SIZE) == 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) == 0)
		return fd;
	error = -errno;
	close(fd);
	return error;
}

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

	*testament = (struct testament){.fd = fd};
	if (fstat(fd, &status) < 0)
		return -errno;
	if (status.st_size < (off_t)HEAD_SIZE)
		return -EINVAL;
	return map_file(testament, (size_t)status.st_size);
}

void testament_close(struct testament *testament)
{
	if (testament->map)
		munmap(testament->map, testament->size);
	testament->map = NULL;
}

static int make_room(struct testament *testament, size_t slot)
{
	const size_t needed = copy_offset(slot + 1, 0);
	const size_t wanted = copy_offset((slot / GROWTH_SLOTS + 1) * GROWTH_SLOTS, 0);

	if (testament->size >= needed)
		return 0;
	if (ftruncate(testament->fd, (off_t)wanted) < 0)
		return -errno;
	return map_file(testament, wanted);
}

static int fill(struct testament_copy *copy, const struct testament_entry *entry)
{
	_Alignas(struct nlmsghdr) uint8_t request[KERNEL_REQUEST_MAX];
	const size_t frame_length = entry->stop_frame ? entry->stop_frame_length : 0;
	size_t at = removals_offset(frame_length);

	*copy = (struct testament_copy){.active = entry->active};
	if (!entry->active)
		return 0;
	if (frame_length > BYTES_SIZE)
		return -ENOSPC;
	copy->ifindex = entry->ifindex;
	copy->release_after = entry->release_after;
	copy->frame_length = (uint32_t)frame_length;
	if (frame_length > 0)
		memcpy(copy->bytes, entry->stop_frame, frame_length);
	for (size_t i = 0; i < entry->removal_count; i++) {
		const size_t length = kernel_message_request(&entry->removals[i], (uint32_t)i + 1, request);

		if (at + length > BYTES_SIZE)
			return -ENOSPC;
		memcpy(copy->bytes + at, request, length);
		at += length;
		copy->removals_length += (uint32_t)length;
	}
	return 0;
}

int testament_write(struct testament *testament, size_t slot, const struct testament_entry *entry)
{
	_Atomic uint32_t *current;
	unsigned which;
	int error;

	if (slot >= TESTAMENT_SLOTS_MAX)
		return -ENOSPC;
	error = make_room(testament, slot);
	if (error)
		return error;
	current = (_Atomic uint32_t *)testament->map + slot;
	which = atomic_load_explicit(current, memory_order_relaxed) == 1 ? 1 : 0;
	error = fill((struct testament_copy *)(testament->map + copy_offset(slot, which)), entry);
	atomic_store_explicit(current, which + 1, memory_order_release);
	return error;
}

/* What stands in the copy, as far as it can be true: the writer may have been sick before it died. */
static bool read_copy(const uint8_t *map, size_t slot, unsigned which, struct testament_record *record)
{
	const struct testament_copy *copy = (const struct testament_copy *)(map + copy_offset(slot, which));
	const size_t removals = removals_offset(copy->frame_length);

	if (!copy->active || copy->frame_length > BYTES_SIZE || removals > BYTES_SIZE ||
	        copy->removals_length > BYTES_SIZE - removals)
		return false;
	*record = (struct testament_record){.slot = slot,
	        .ifindex = copy->ifindex,
	        .release_after = copy->release_after,
	        .stop_frame = copy->bytes,
	        .stop_frame_length = copy->frame_length,
	        .removals = copy->bytes + removals,
	        .removals_length = copy->removals_length};
	return true;
}

int testament_read(int fd, void (*each)(void *user, const struct testament_record *record), void *user)
{
	struct testament_record record;
	struct stat status;
	const uint32_t *current;
	size_t size;
	uint8_t *map;

	if (fstat(fd, &status) < 0)
		return -errno;
	size = (size_t)status.st_size;
	map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	current = (const uint32_t *)map;
	for (size_t slot = 0; slot < TESTAMENT_SLOTS_MAX && copy_offset(slot + 1, 0) <= size; slot++)
		if ((current[slot] == 1 || current[slot] == 2) &&
		        read_copy(map, slot, current[slot] - 1, &record))
			each(user, &record);
	munmap(map, size);
	return 0;
}
