/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * engine/port.h for the Linux kernel: the sockets of linux/ behind the functions that the engine calls. What
 * the kernel says goes the other way, by the listeners that the owner of this struct sets up.
 */
#ifndef VIGIA_LINUX_KERNEL_PORT_H
#define VIGIA_LINUX_KERNEL_PORT_H

#include "engine/port.h"
#include "linux/bfd_sockets.h"
#include "linux/datagram_tx.h"
#include "linux/devices.h"
#include "linux/firewall.h"
#include "linux/firewall_sentries.h"
#include "linux/groups.h"
#include "linux/inheritance.h"
#include "linux/kernel_events.h"
#include "linux/kernel_requests.h"
#include "linux/kernel_tasks.h"
#include "linux/kernel_worker.h"
#include "linux/neighbour_rx.h"
#include "linux/testament.h"

struct packet_rx;

struct kernel_port {
	int packet_tx;
	struct datagram_tx datagram_tx;
	struct datagram_sinks sinks;
	struct groups groups;
	struct firewall firewall;
	int firewall_events; /* nftables_events.h; -1: there are none */
	int firewall_touched_by; /* a transaction that we have been told of, and not yet answered; -1: any */
	bool firewall_is_open; /* to others: that they change it means something... */
	struct firewall_sentries sentries; /* ...and is waited for */
	struct neighbour_rx neighbours;
	struct bfd_sockets bfd;
	struct kernel_requests requests;
	struct kernel_worker worker; /* runs them; its event_fd is for the owner to wait for */
	struct devices devices;
	struct kernel_tasks tasks;
	struct kernel_events events;
	struct testament *testament; /* NULL: nobody would execute it */
	struct inheritance *inheritance; /* NULL: there is none */
	struct packet_rx *packet_rx; /* the owner's; NULL: nobody asks what it loses... */
	uint64_t lost; /* ...and this has not been logged yet */
	mono_t lost_told;
	/* port.tell and lines of our own about what the kernel refused; both with log_user. */
	bool (*tell)(void *log_user, uint16_t kind, const char *line, size_t length);
	void (*log)(void *log_user, const char *line);
	void (*notify)(void *log_user, const struct port_notify *notify);
	void *log_user;
};

struct kernel_port_options {
	struct event_loop *loop; /* for neighbours and BFD; the events socket is for the owner to wait for */
	neighbour_heard *neighbour_heard;
	void *neighbour_user;
	bfd_heard *bfd_heard;
	void *bfd_user;
	const struct kernel_listener *listener;
	struct testament *testament;
	struct inheritance *inheritance;
	uint32_t maker; /* of devices: device_maker */
	int firewall_socket; /* becomes the port's; -1 or -errno: there is none */
	const char *firewall_name;
	struct firewall_style firewall_style;
	bool (*tell)(void *log_user, uint16_t kind, const char *line, size_t length);
	void (*log)(void *log_user, const char *line);
	void (*notify)(void *log_user, const struct port_notify *notify); /* port.notify */
	void *log_user;
};

/* 0 or -errno; the first picture of links and addresses is on its way then (events.state). */
int kernel_port_open(struct kernel_port *kernel, const struct kernel_port_options *options);
/* Waits for devices that are being deleted. */
void kernel_port_close(struct kernel_port *kernel);
/* firewall_events is readable. 1: somebody else has changed rules of ours, or may have; 0; -errno, the socket is of no more use. */
int kernel_port_firewall_touched(struct kernel_port *kernel);
/* firewall_follow, and sentries on the processors that the process may use by now. */
int kernel_port_follow_firewall(struct kernel_port *kernel, const char *name, const struct firewall_style *style);
/* The functions for the engine. kernel must stay where it is. */
struct port kernel_port_functions(struct kernel_port *kernel);

#endif
