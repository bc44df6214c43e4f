/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIGIA_FRONT_JSON_TEXT_H
#define VIGIA_FRONT_JSON_TEXT_H

#include <jansson.h>

/*
 * A JSON string of text that may hold any bytes, because it comes from a configuration or a client: what is not
 * UTF-8 becomes U+FFFD, as the engine writes it, so that names from both compare equal. null for NULL, and
 * without memory.
 */
json_t *json_text(const char *text);

#endif
