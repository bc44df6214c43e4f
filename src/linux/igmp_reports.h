/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether this network namespace reports memberships of 224.0.0.0/24 by IGMP (igmp_link_local_mcast_reports, Linux 4.3). */
#ifndef VIGIA_LINUX_IGMP_REPORTS_H
#define VIGIA_LINUX_IGMP_REPORTS_H

/* 0: it does not; greater: it does; -errno. */
int igmp_reports_read(void);
/* 0 or -errno. */
int igmp_reports_write(int value);

#endif
