/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The status of vigiad as metrics: OpenMetrics text, which is also what Prometheus and the textfile collector of node_exporter read.
 * A pure function of the JSON object "status" (doc/control-protocol.md). What is missing in it is left out.
 */
#ifndef VIGIA_CTL_METRICS_TEXT_H
#define VIGIA_CTL_METRICS_TEXT_H

#include <jansson.h>
#include <stdio.h>

/* status: NULL: vigiad does not answer, which is a metric, too. */
void metrics_text(FILE *out, const json_t *status);

#endif
