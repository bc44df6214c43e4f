/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Telling systemd (sd_notify(3)): one datagram to the socket named by NOTIFY_SOCKET. Does nothing without one. */
#ifndef VIGIA_LINUX_SERVICE_MANAGER_H
#define VIGIA_LINUX_SERVICE_MANAGER_H

/* Lines of NAME=VALUE. 0; -ENOENT: nobody to tell; or -errno. */
int service_manager_tell(const char *state);
/* RELOADING=1 with the time that Type=notify-reload wants. */
int service_manager_reloading(void);

#endif
