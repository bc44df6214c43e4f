/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The messages of engine/messages.h on SOCK_SEQPACKET socket pairs: one message is one packet, with at most
 * one descriptor beside it. Nothing here blocks, keeps state or owns a socket. A library of its own, so that
 * the front links this and no other part of linux/.
 */
#ifndef VIGIA_LINUX_CHANNEL_H
#define VIGIA_LINUX_CHANNEL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/messages.h"

/* A received message. The descriptor belongs to the receiver: to be closed by whoever does not want it. */
struct channel_message {
	enum message_type type;
	size_t length; /* bytes of the body */
	int fd; /* -1: none came */
	pid_t sender; /* 0 unless the receiver's socket has SO_PASSCRED */
	uid_t user; /* the same: the real one; else -1 */
};

/* Two connected ends, non-blocking and close-on-exec. 0 or -errno. */
int channel_pair(int ends[2]);

/*
 * Sends one message; fd -1: no descriptor. length at most MESSAGE_BODY_MAX.
 * 0; -EAGAIN when the other end is too slow (nothing was sent); -EPIPE or -ECONNRESET when it is gone;
 * -EMSGSIZE.
 */
int channel_send(int socket, enum message_type type, const void *body, size_t length, int fd);

/* The same, to somebody who may be busy: -EAGAIN only after patience, in ms. */
int channel_send_patiently(int socket, enum message_type type, const void *body, size_t length, int fd, int patience);

/*
 * Receives one message. Its body goes to body, which must hold MESSAGE_BODY_MAX + 1 bytes, and is ended by a
 * NUL. 1; 0 when the other end has closed; -EAGAIN when nothing waits; -EPROTO for something that is no
 * message of this version; another -errno when the socket fails.
 */
int channel_receive(int socket, struct channel_message *message, char *body);

#endif
