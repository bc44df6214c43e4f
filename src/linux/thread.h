/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Threads beside the one that waits for events: they do what takes the kernel long, and touch nothing but what they are handed. */
#ifndef VIGIA_LINUX_THREAD_H
#define VIGIA_LINUX_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* With a small stack, and no signals: those are for the other one. Scheduled as the caller is. */
bool thread_start(pthread_t *thread, void *(*work)(void *user), void *user);
/* Whoever waits for it lends its priority to the thread that has it. */
void thread_lock_init(pthread_mutex_t *lock);
/* Closes it on a thread of its own; or here, if there is none to be had. */
void thread_close(int fd);
/* This thread, whose process may be real-time, is scheduled as others are. */
void thread_be_ordinary(void);
/* It comes before the thread that started it, and is real-time, as far as it may be. */
void thread_step_forward(void);
/* It comes before others, but behind the real-time thread that started it. */
void thread_stand_back(void);

#endif
