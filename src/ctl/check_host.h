/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The real host, for lint_host.c. */
#ifndef VIGIA_CTL_CHECK_HOST_H
#define VIGIA_CTL_CHECK_HOST_H

#include "ctl/lint.h"

/* Says so on standard error when the interfaces cannot be listed; then nothing is looked at. */
void check_with_host(const struct conf *conf, const struct lint *lint);

#endif
