/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Behind the list of an enum that is stored ten thousand times: an octet is enough for it. */
#ifndef VIGIA_BASE_SMALL_ENUM_H
#define VIGIA_BASE_SMALL_ENUM_H

#define SMALL_ENUM __attribute__((packed))

#endif
