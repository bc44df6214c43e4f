/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The status of vigiad as text for people: a pure function of the JSON object "status"
 * (doc/control-protocol.md), so that tests compare it with golden files. Whatever is missing in the object is
 * left out or shown as "?"; nothing is made up.
 */
#ifndef VIGIA_CTL_STATUS_TEXT_H
#define VIGIA_CTL_STATUS_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct status_style {
	size_t width; /* of the screen: rows of the table are cut there; 0: never */
	bool colour;
};

/* malloc'd; NULL without memory. */
char *status_text(const json_t *status, const struct status_style *style);

/* The parts of it: status_bfd.c, status_instance.c, status_scripts.c and status_words.c. */

/* One virtual router's section. now: nanoseconds, of the answer. */
void status_instance(FILE *out, const json_t *instance, json_int_t now, const struct status_style *style);

/* The section of the BFD sessions. */
void status_bfd(FILE *out, const json_t *status, json_int_t now, const struct status_style *style);

/* The section of the scripts. */
void status_scripts(FILE *out, const json_t *scripts, json_int_t now, const struct status_style *style);
/* The files and processes that the runner watches. */
void status_watched(FILE *out, const json_t *status, json_int_t now, const struct status_style *style);

#define AGE_SIZE 48
/* "412 ms", "3.4 s", "4 s", "5 min 12 s", "2 h 03 min", "3 d 4 h". */
const char *length_text(double seconds, char text[AGE_SIZE]);
/* Length of the time from the number `key` of object to now; "?" when there is none. */
const char *age_text(const json_t *object, const char *key, json_int_t now, char text[AGE_SIZE]);
/* The text `key` of object, or `otherwise`. */
const char *text_of(const json_t *object, const char *key, const char *otherwise);
/* Why a virtual router is in its state: the cause of the last transition; before there was one, what blocks it. */
const char *cause_text(const json_t *instance, const char *otherwise);
/* The number `key` of object, whole or real; 0 when there is none. */
double number_of(const json_t *object, const char *key);
json_int_t whole_of(const json_t *object, const char *key);
/* Escape sequences around a state, or "" twice. */
const char *state_colour(const char *state, const struct status_style *style);
const char *colour_end(const struct status_style *style);
/* Characters in text, which is UTF-8; and the bytes of the first `columns` of them. */
size_t columns_of(const char *text);
size_t bytes_of_columns(const char *text, size_t columns);
/* "name 3, name 1" of the members that are not 0; false, and nothing written, when all are. */
bool counts_text(FILE *out, const char *before, const json_t *counts);

#endif
