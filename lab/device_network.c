/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside a device's network: the settings Kathará makes, then every interface up, before any script runs. */
#include "lab/device.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab/memory.h"

/* net.ipv4.conf.eth0.rp_filter or net/ipv4/conf/eth0.5/rp_filter, as sysctl(8) takes them. */
static int set_sysctl(const char *name, const char *value)
{
	char path[256];
	if (snprintf(path, sizeof path, "/proc/sys/%s", name) >= (int)sizeof path)
		return -ENAMETOOLONG;
	bool dots = strcspn(name, ".") < strcspn(name, "/");
	for (char *at = path + strlen("/proc/sys/"); dots && *at != '\0'; at++)
		*at = *at == '.' ? '/' : *at == '/' ? '.' : *at;
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	int result = write(fd, value, strlen(value)) < 0 ? -errno : 0;
	close(fd);
	return result;
}

static int set_up(const char *name, struct lab_error *error)
{
	struct ifreq request = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return lab_fail(error, -errno, "socket: %s", strerror(errno));
	strncpy(request.ifr_name, name, sizeof request.ifr_name - 1);
	int result = ioctl(fd, SIOCGIFFLAGS, &request) < 0 ? -errno : 0;
	if (result == 0 && (request.ifr_flags & IFF_UP) == 0) {
		request.ifr_flags |= IFF_UP;
		result = ioctl(fd, SIOCSIFFLAGS, &request) < 0 ? -errno : 0;
	}
	close(fd);
	return result < 0 ? lab_fail(error, result, "cannot bring %s up: %s", name, strerror(-result)) : 0;
}

static void set_defaults(const struct conf_device *device)
{
	static const char *const every[][2] = {{"net.ipv4.conf.all.rp_filter", "0"},
		{"net.ipv4.conf.default.rp_filter", "0"}, {"net.ipv4.conf.lo.rp_filter", "0"},
		{"net.ipv4.ip_forward", "1"}, {"net.ipv4.icmp_ratelimit", "0"},
		{"net.ipv4.ping_group_range", "0 2147483647"}};
	static const char *const with_ipv6[][2] = {{"net.ipv6.conf.all.disable_ipv6", "0"},
		{"net.ipv6.conf.default.disable_ipv6", "0"}, {"net.ipv6.conf.all.forwarding", "1"},
		{"net.ipv6.conf.all.accept_ra", "0"}, {"net.ipv6.conf.default.accept_ra", "0"},
		{"net.ipv6.icmp.ratelimit", "0"}};
	static const char *const without_ipv6[][2] = {{"net.ipv6.conf.all.disable_ipv6", "1"},
		{"net.ipv6.conf.default.disable_ipv6", "1"}, {"net.ipv6.conf.all.forwarding", "0"}};
	/* a setting this kernel does not have is one that needs no setting */
	for (size_t i = 0; i < sizeof every / sizeof *every; i++)
		set_sysctl(every[i][0], every[i][1]);
	for (size_t i = 0; device->ipv6 && i < sizeof with_ipv6 / sizeof *with_ipv6; i++)
		set_sysctl(with_ipv6[i][0], with_ipv6[i][1]);
	for (size_t i = 0; !device->ipv6 && i < sizeof without_ipv6 / sizeof *without_ipv6; i++)
		set_sysctl(without_ipv6[i][0], without_ipv6[i][1]);
	for (size_t i = 0; i < device->interface_count; i++) {
		char name[64];
		snprintf(name, sizeof name, "net.ipv4.conf.eth%u.rp_filter", device->interfaces[i].number);
		set_sysctl(name, "0");
	}
}

int device_set_up_network(const struct conf_device *device, int channel, struct lab_error *error)
{
	set_defaults(device);
	for (size_t i = 0; i < device->sysctl_count; i++) {
		const struct conf_pair *sysctl = &device->sysctls[i];
		int code = set_sysctl(sysctl->name, sysctl->value);
		if (code == 0)
			continue;
		char *text = must_print("sysctl %s=%s: %s", sysctl->name, sysctl->value,
			code == -ENOENT ? "this kernel has no such setting" : strerror(-code));
		device_send(channel, DEVICE_WARNING, 0, text);
		free(text);
	}
	int result = set_up("lo", error);
	for (size_t i = 0; i < device->interface_count && result == 0; i++) {
		char name[IFNAMSIZ];
		snprintf(name, sizeof name, "eth%u", device->interfaces[i].number);
		result = set_up(name, error);
	}
	return result;
}
