/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Included before linux/firewall_rules.c: what Linux 6.9 has brought is a flag that no kernel knows, so that this one refuses it as one
 * before that does. */
#ifndef VIGIA_TESTS_LAB_OLDER_KERNEL_H
#define VIGIA_TESTS_LAB_OLDER_KERNEL_H

#include "linux/nftables_message.h"

#undef NFT_TABLE_PERSISTS
#define NFT_TABLE_PERSISTS (1u << 30)

#endif
