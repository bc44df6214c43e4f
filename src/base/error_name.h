/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIGIA_BASE_ERROR_NAME_H
#define VIGIA_BASE_ERROR_NAME_H

/* The symbolic name of an errno value of Linux ("ENOBUFS"), for negative and positive values alike; "E?" when unknown.
 * Unlike strerror it depends on no locale and may be used in any room. */
const char *error_name(int error);

#endif
