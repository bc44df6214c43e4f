/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules of nftables that somebody else removes or changes, where the kernel lets anybody (before Linux 6.9: doc/linux.md, Rules), by hand or
 * by what loads a rule set anew. The whole is put back in one transaction, if that has not been done already where it happened
 * (linux/firewall_sentries.h), but at most once per RESTORE_SPACING, so that two managers that disagree do not keep the machine busy.
 *
 * If it cannot be put back, each virtual router that had rules says so. One whose virtual MAC is made of them hands over. Without those
 * for the time after our death, addresses get short lifetimes. It is tried again until it works.
 */
#ifndef VIGIA_ENGINE_FIREWALL_WATCH_H
#define VIGIA_ENGINE_FIREWALL_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "base/time.h"

struct engine;

struct firewall_watch {
	mono_t again_at; /* rules are to be put back; MONO_NEVER: they stand */
	mono_t restored_at;
	uint64_t restored; /* how often somebody else had changed them */
	int error; /* of the last attempt */
	bool silence_lost; /* it was those for the time after our death that could not be had */
};

void firewall_watch_init(struct firewall_watch *watch);
void firewall_restore(struct engine *engine, mono_t now);
/* Another engine may have changed them, since it was to take our place: put back when the kernel gets to it, and nobody is told. */
void firewall_doubt(struct engine *engine, mono_t now);
/* What came of a task with rules: 0 or -errno. */
void firewall_answered(struct engine *engine, int error, mono_t now);
/* Those for the time after our death could not be had from the beginning: the same. */
void firewall_try_silence(struct engine *engine, mono_t now);
void firewall_watch_write(struct json_out *json, const struct firewall_watch *watch);

#endif
