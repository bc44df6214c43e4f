/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rows of KEYWORD_PARTS in lines of routes and rules are read and printed by: `parts` and `print` of struct keyword. */
#ifndef VIGIA_CONF_ROUTE_PARTS_H
#define VIGIA_CONF_ROUTE_PARTS_H

#include "conf/draft.h"

#define PARTS(name)                                                                                          \
	bool name(struct reader *reader, const struct keyword *keyword, const struct statement *statement,   \
		size_t *at, void *object)
#define PRINT(name) void name(const struct keyword *keyword, const void *object, struct text *out)

PARTS(metric_parts); /* of a route; `on` is the enum route_metric, `off` the kernel's units in a millisecond, or 0 */
PRINT(metric_print);
PARTS(features_parts);
PRINT(features_print);
PARTS(congestion_parts);
PRINT(congestion_print);
PARTS(lock_parts); /* alone: an error */
PARTS(preference_parts);
PRINT(preference_print);
PARTS(gateway_parts);
PRINT(gateway_print);
PARTS(other_gateway_parts);
PARTS(as_parts); /* an error */
PARTS(gone_parts); /* an error */
PARTS(encap_parts);
PRINT(encap_print);
PARTS(hop_parts);
PRINT(hops_print);

/* Of any object. */
PARTS(prefix_parts); /* struct ip_prefix; default: IP_NONE, any */
PRINT(prefix_print);
PARTS(realms_parts); /* uint32_t */
PRINT(realms_print);
PARTS(wide_parts); /* uint64_t; sets `given` */
PRINT(wide_print);

/* Of an address. */
PARTS(peer_parts); /* struct ip_prefix */
PRINT(peer_print);
PARTS(lifetime_parts); /* uint32_t; sets `given` */
PRINT(lifetime_print);

/* Of a rule. */
PARTS(mark_parts);
PRINT(mark_print);
PARTS(users_parts);
PRINT(users_print);
PARTS(ip_protocol_parts);
PRINT(ip_protocol_print);
PARTS(ports_parts); /* struct rule_ports */
PRINT(ports_print);
PARTS(rule_table_parts);
PRINT(rule_table_print);
PARTS(goto_parts);
PRINT(goto_print);
PARTS(l3mdev_parts);
PRINT(l3mdev_print);

#endif
