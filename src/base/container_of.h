/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a member that is embedded in a structure to the structure. */
#ifndef VIGIA_BASE_CONTAINER_OF_H
#define VIGIA_BASE_CONTAINER_OF_H

#include <stddef.h>

#define container_of(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#endif
