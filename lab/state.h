/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a lab's state lives (lab.h lists the files), and who holds it. */
#ifndef VIGIA_LAB_STATE_H
#define VIGIA_LAB_STATE_H

#include "lab/lab.h"

/* Names a lab: directory (real path), name, hash, state_dir. No device yet. */
void lab_name(struct lab *lab, const char *real_directory);
char *lab_state_path(const struct lab *lab, const char *file);

/* The supervisor's lock. lab_lock: descriptor, or -EWOULDBLOCK when another one holds it. */
int lab_lock(const struct lab *lab, struct lab_error *error);
bool lab_is_running(const struct lab *lab);

/* Replaces lab.json whole. */
int lab_write_state(const struct lab *lab, struct lab_error *error);
/* Fills lab from state_dir/lab.json. */
int lab_read_state(const char *state_dir, struct lab *lab, struct lab_error *error);
/* Takes away the state directory and what is in it; for the holder of the lock. */
void lab_remove_state(const struct lab *lab);
/* Takes away what a dead supervisor left. false: there was nothing, or the lab runs. */
bool lab_clean(const struct lab *lab);

/* Calls visit for each running lab; the others' remains are removed on the way. Stops when visit returns
 * non-zero, and returns it. */
int lab_each(int (*visit)(struct lab *lab, void *user), void *user);

/* Whether an argument is meant as a lab's directory rather than as a device: it has a / in it, is . or ..,
 * or holds a lab.conf. */
bool names_lab_directory(const char *argument);

/* /proc/PID/stat's start time; 0 when there is no such process. */
uint64_t process_start_time(pid_t pid);

#endif
