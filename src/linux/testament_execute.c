/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Executing the testament of the engine, in the guard: see testament.h. */
#include <errno.h>
#include <sys/socket.h>
#include <time.h>

#include "core/vr.h"
#include "linux/packet_tx.h"
#include "linux/testament.h"

static void say_one(void *user, const struct testament_record *record)
{
	struct port_frame frame = {
	        .ifindex = record->ifindex, .bytes = record->stop_frame, .length = record->stop_frame_length};

	if (frame.length > 0)
		packet_tx_send(*(const int *)user, &frame, 1);
}

void testament_say_stop(int fd, int packet_socket, unsigned times)
{
	const struct timespec pause = {.tv_nsec = VR_STOP_ADVERT_SPACING};

	for (unsigned i = 0; i < times; i++) {
		if (i > 0)
			nanosleep(&pause, NULL);
		testament_read(fd, say_one, &packet_socket);
	}
}

static void longest(void *user, const struct testament_record *record)
{
	dur_t *release_after = user;

	if (record->release_after > *release_after)
		*release_after = record->release_after;
}

dur_t testament_release_after(int fd)
{
	dur_t release_after = 0;

	testament_read(fd, longest, &release_after);
	return release_after;
}

static void remove_one(void *user, const struct testament_record *record)
{
	const int netlink_socket = *(const int *)user;
	char answers[4096];

	/* What is gone already is answered with an error, which is as good. The answers only make room. */
	while (send(netlink_socket, record->removals, record->removals_length, 0) < 0 && errno == EINTR)
		;
	while (recv(netlink_socket, answers, sizeof(answers), MSG_DONTWAIT) >= 0 || errno == ENOBUFS)
		;
}

void testament_remove(int fd, int netlink_socket)
{
	testament_read(fd, remove_one, &netlink_socket);
}
