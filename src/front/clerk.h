/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clerk: a process that the front leaves behind when it becomes a user who owns no files. It stays root, and reads and
 * writes files for the front: those that the command line and the configuration name, and no others, for it finds their names
 * itself. So a front that was taken over may choose what stands in a dump, and may have the configuration read again; and
 * the configuration that this makes goes from the clerk to the guard, past the front.
 *
 * The clerk hears the front alone, in requests of a fixed size. A configuration is read, and parsed, in a child of its, which
 * ends. It ends with the front, and the front with it.
 */
#ifndef VIGIA_FRONT_CLERK_H
#define VIGIA_FRONT_CLERK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "front/control_socket.h"
#include "front/dump_kind.h"
#include "front/loop.h"

struct front;

#define CLERK_PATH_SIZE 256

enum clerk_errand {
	CLERK_READ, /* the configuration. Answer: struct clerk_answer with what there is to say of it; then, if it is fine, another one
		     * with its canonical text. It has been offered to the guard then */
	CLERK_TAKE, /* what was read last is in force: its names of files count */
	CLERK_DUMP, /* descriptor: what shall stand in it */
	CLERK_SAVE, /* the same, of the copy of the configuration; answer: its number */
	CLERK_LOG, /* answer: the log file, opened. In a child, and on a socket of its own: its disk may stand still */
	CLERK_TIME_WATCH, /* answer: an inotify descriptor on the folder of reload_time_file */
	CLERK_TIME_READ, /* answer: that file, opened */
	CLERK_TIME_REMOVE,
	CLERK_REMOVE_SOCKET, /* the control socket's name */
};

enum clerk_outcome {
	CLERK_SAME, /* the files are what they were */
	CLERK_REFUSED, /* the text says why */
	CLERK_FINE, /* the text warns, or is empty */
};

struct clerk_request {
	uint8_t errand; /* enum clerk_errand */
	uint8_t may_be_same; /* READ: unchanged files need not be read */
	uint8_t dump; /* DUMP: enum dump_kind */
	int32_t pid; /* DUMP and SAVE: front/places.h */
	uint32_t number;
};

struct clerk_answer {
	int32_t error; /* -errno */
	uint8_t outcome; /* READ: enum clerk_outcome */
	uint32_t number; /* SAVE */
	char path[CLERK_PATH_SIZE]; /* for people; cut if it is long */
};

/* The front's end. */
struct clerk {
	struct watch watch; /* fd -1: there is none */
	pid_t pid;
	int log; /* socket of the thread that writes the log */
	bool lost;
};

/* Leaves it behind; it has all that this process has read and opened by now. 0 or -errno. */
int clerk_start(struct front *front, const struct control_place *place);
/* Ends it. */
void clerk_stop(struct front *front);
/* clerk_process.c; never returns. Its ends of the sockets to the front, and to its log's thread. */
_Noreturn void clerk_run(struct front *front, const struct control_place *place, int socket, int log);

/* Waits for the answer. fd -1: none; it stays the caller's. *got: its descriptor, or -1; NULL: none is expected. Returns its error. */
int clerk_ask(struct front *front, const struct clerk_request *request, int fd, struct clerk_answer *answer, int *got);
/* text: malloc'd; NULL without memory. config: the canonical text, in a descriptor; -1 unless it is fine. */
enum clerk_outcome clerk_read(struct front *front, bool may_be_same, char **text, int *config);
/* For log_start_thread. user: the front. A descriptor or -errno. */
int clerk_open_log(void *user);
/* text: malloc'd, taken over; NULL: there was no memory for it. */
int clerk_store(struct front *front, const struct clerk_request *request, char *text, size_t length, struct clerk_answer *answer);

#endif
