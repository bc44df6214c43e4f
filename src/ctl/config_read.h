/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIGIA_CTL_CONFIG_READ_H
#define VIGIA_CTL_CONFIG_READ_H

#include <stdbool.h>
#include <stdio.h>

#include "conf/conf.h"

/* Prints the errors and warnings of a configuration that was read; true when it can be used. */
bool config_messages_print(const struct conf_result *result, FILE *out);

#endif
