/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIGIA_ENGINE_ROUTE_TEXT_H
#define VIGIA_ENGINE_ROUTE_TEXT_H

#include "base/text.h"
#include "core/config.h"

/* A virtual route as ip-route(8) would show it: "default via 10.0.0.100 dev eth1 metric 10". */
void route_text(struct text *text, const struct virtual_route *route);

#endif
