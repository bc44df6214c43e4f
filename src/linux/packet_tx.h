/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames out: one packet socket for every interface, protocol 0 (it receives nothing), many frames in one
 * system call. The kernel fills in nothing: frames come complete, with their Ethernet header. It is taken off again
 * where its source is 00:00:00:00:00:00: the device has no Ethernet (tunnels, PPP).
 */
#ifndef VIGIA_LINUX_PACKET_TX_H
#define VIGIA_LINUX_PACKET_TX_H

#include <stddef.h>

#include "engine/port.h"

#define PACKET_TX_BATCH 64

/* The socket, or -errno. */
int packet_tx_open(void);
/* Sends in order. A frame that fails gets its error and does not stop those behind it. Never waits: a frame
 * that finds the socket's buffer full fails with -EAGAIN. */
void packet_tx_send(int socket, struct port_frame *frames, size_t count);

#endif
