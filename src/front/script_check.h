/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What -t says of the commands of a configuration: whether they can be run, and whether somebody else could change what root
 * runs. With keepalived's exit codes. */
#ifndef VIGIA_FRONT_SCRIPT_CHECK_H
#define VIGIA_FRONT_SCRIPT_CHECK_H

#include <stdio.h>

#include "conf/conf.h"

enum script_verdict {
	SCRIPTS_FINE,
	SCRIPTS_WRONG, /* one cannot be run, or is not run because it is insecure */
	SCRIPTS_VIOLATE, /* root runs some, and enable_script_security is off */
};

/* Asks the name service and the files; each finding is a line of out. The worst of them. */
enum script_verdict script_check(const struct conf *conf, FILE *out);

#endif
