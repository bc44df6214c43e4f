/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/capture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include "lab/clock.h"
#include "wire/arp.h"
#include "wire/vrrp.h"

#define RECEIVE_BUFFER (4 << 20)
#define FRAME_SIZE 2048
#define CHECK_STOP_MS 20
#define EVENTS_FIRST 256

struct port {
	int index;
	char device[LAB_DEVICE_NAME_SIZE];
	char interface[IFNAMSIZ];
};

struct capture {
	int descriptor;
	pthread_t thread;
	atomic_bool stop;
	struct port *ports;
	size_t port_count;
	pthread_mutex_t lock; /* of the rest */
	struct capture_event *events;
	size_t event_count;
	size_t event_capacity;
};

static int remember(struct capture *capture, const struct capture_event *event)
{
	int error = 0;

	pthread_mutex_lock(&capture->lock);
	if (capture->event_count == capture->event_capacity) {
		size_t capacity = capture->event_capacity ? capture->event_capacity * 2 : EVENTS_FIRST;
		struct capture_event *events = reallocarray(capture->events, capacity, sizeof(*events));

		if (events) {
			capture->events = events;
			capture->event_capacity = capacity;
		} else {
			error = -ENOMEM;
		}
	}
	if (!error)
		capture->events[capture->event_count++] = *event;
	pthread_mutex_unlock(&capture->lock);
	return error;
}

static bool read_advert(const uint8_t *packet, size_t length, struct capture_event *event)
{
	struct vrrp_advert advert;

	if (vrrp_decode(packet, length, &advert) != DROP_NONE)
		return false;
	event->kind = CAPTURE_ADVERT;
	event->source = advert.source;
	event->version = advert.version;
	event->vrid = advert.vrid;
	event->priority = advert.priority;
	event->interval = advert.interval;
	return true;
}

/* broadcast: to everybody. An answer to a gratuitous request has equal addresses too, but goes to its sender alone. */
static bool read_arp(const uint8_t *packet, size_t length, bool broadcast, struct capture_event *event)
{
	struct arp_packet arp;

	if (!arp_decode(packet, length, &arp))
		return false;
	event->source = arp.sender;
	event->target = arp.target;
	event->mac = arp.sender_mac;
	if (broadcast && ip_equal(&arp.sender, &arp.target))
		event->kind = CAPTURE_GRATUITOUS_ARP;
	else
		event->kind = arp.operation == ARP_REPLY ? CAPTURE_ARP_REPLY : CAPTURE_ARP_REQUEST;
	return true;
}

static const struct port *find_port(const struct capture *capture, int index)
{
	for (size_t i = 0; i < capture->port_count; i++)
		if (capture->ports[i].index == index)
			return &capture->ports[i];
	return NULL;
}

static int take_frame(struct capture *capture, int index, const uint8_t *frame, size_t length, mono_t at)
{
	const struct port *port = find_port(capture, index);
	struct capture_event event = {.at = at};
	uint16_t type;
	bool known;

	if (!port || length < ETH_HLEN)
		return 0;
	type = (uint16_t)(frame[12] << 8 | frame[13]);
	known = type == ETH_P_ARP ? read_arp(frame + ETH_HLEN, length - ETH_HLEN, frame[0] & 1, &event)
				  : read_advert(frame + ETH_HLEN, length - ETH_HLEN, &event);
	if (!known)
		return 0;
	memcpy(event.device, port->device, sizeof(event.device));
	memcpy(event.interface, port->interface, sizeof(event.interface));
	return remember(capture, &event);
}

static int receive_frames(struct capture *capture)
{
	uint8_t frame[FRAME_SIZE];
	char control[CMSG_SPACE(sizeof(struct timespec))];
	struct sockaddr_ll from;
	struct iovec vector = {frame, sizeof(frame)};
	dur_t offset = wall_to_mono();
	int error = 0;

	while (!error) {
		struct msghdr message = {.msg_name = &from,
			.msg_namelen = sizeof(from),
			.msg_iov = &vector,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control)};
		ssize_t length = recvmsg(capture->descriptor, &message, MSG_DONTWAIT);

		if (length < 0)
			break;
		error = take_frame(
			capture, from.sll_ifindex, frame, (size_t)length, receive_time(&message, offset));
	}
	return error;
}

static void *capture_main(void *argument)
{
	struct capture *capture = argument;
	struct pollfd ready = {.fd = capture->descriptor, .events = POLLIN};
	int error = 0;

	while (!error && !atomic_load(&capture->stop))
		if (poll(&ready, 1, CHECK_STOP_MS) > 0)
			error = receive_frames(capture);
	receive_frames(capture);
	return NULL;
}

/* What comes in by a port (not what the bridge sends out by the others) and is ARP or VRRP. */
static int prepare_socket(int descriptor)
{
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 6, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_ARP, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ETH_HLEN + 9),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, VRRP_IP_PROTOCOL, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, FRAME_SIZE),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog filter = {sizeof(program) / sizeof(program[0]), program};
	/* Made for no protocol, so that nothing came in before the filter was there. */
	struct sockaddr_ll all = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	int on = 1, size = RECEIVE_BUFFER;

	if (setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) < 0 ||
		setsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) < 0 ||
		setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0 ||
		bind(descriptor, (struct sockaddr *)&all, sizeof(all)) < 0)
		return -errno;
	return 0;
}

static int list_ports(struct capture *capture, const struct lab *lab)
{
	size_t count = 0;

	for (size_t i = 0; i < lab->device_count; i++)
		count += lab->devices[i].interface_count;
	capture->ports = calloc(count ? count : 1, sizeof(*capture->ports));
	if (!capture->ports)
		return -ENOMEM;
	for (size_t i = 0; i < lab->device_count; i++) {
		const struct lab_device *device = &lab->devices[i];

		for (size_t k = 0; k < device->interface_count; k++) {
			struct port *port = &capture->ports[capture->port_count++];

			port->index = device->interfaces[k].port_index;
			memcpy(port->device, device->name, sizeof(port->device));
			memcpy(port->interface, device->interfaces[k].name, sizeof(port->interface));
		}
	}
	return 0;
}

static void free_capture(struct capture *capture)
{
	if (capture->descriptor >= 0)
		close(capture->descriptor);
	free(capture->ports);
	free(capture->events);
	free(capture);
}

int capture_start(const struct lab *lab, struct capture **out, struct lab_error *error)
{
	struct capture *capture = calloc(1, sizeof(*capture));
	int result;

	if (!capture)
		return lab_fail(error, -ENOMEM, "no memory for a capture");
	pthread_mutex_init(&capture->lock, NULL);
	capture->descriptor = lab_socket(lab, NULL, AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0, error);
	if (capture->descriptor < 0) {
		result = capture->descriptor;
		free_capture(capture);
		return result;
	}
	result = list_ports(capture, lab);
	if (!result)
		result = prepare_socket(capture->descriptor);
	if (!result)
		result = -pthread_create(&capture->thread, NULL, capture_main, capture);
	if (result < 0) {
		free_capture(capture);
		return lab_fail(error, result, "the capture does not start: %s", strerror(-result));
	}
	*out = capture;
	return 0;
}

struct capture_event *capture_events(struct capture *capture, size_t *count)
{
	struct capture_event *copy;

	pthread_mutex_lock(&capture->lock);
	copy = calloc(capture->event_count ? capture->event_count : 1, sizeof(*copy));
	*count = copy ? capture->event_count : 0;
	if (*count)
		memcpy(copy, capture->events, capture->event_count * sizeof(*copy));
	pthread_mutex_unlock(&capture->lock);
	return copy;
}

void capture_stop(struct capture *capture)
{
	atomic_store(&capture->stop, true);
	pthread_join(capture->thread, NULL);
	pthread_mutex_destroy(&capture->lock);
	free_capture(capture);
}
