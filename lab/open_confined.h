/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIGIA_LAB_OPEN_CONFINED_H
#define VIGIA_LAB_OPEN_CONFINED_H

#include <stdint.h>

/* Opens path below directory with resolve (RESOLVE_IN_ROOT or RESOLVE_BENEATH, magic links are never followed).
 * Returns a descriptor (O_CLOEXEC) or a negative errno. */
int open_confined(int directory, const char *path, int flags, uint64_t resolve);

#endif
