/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/startup_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/memory.h"
#include "lab/shims.h"

#define LOG_LIMIT ((size_t)16 << 20)

/* Words of a failed command, and what their failure often means on a small kernel. All words of a row must
 * be there. */
static const struct {
	const char *words[2];
	const char *hint;
} hints[] = {
	{{"type bond", NULL}, "needs a kernel with bonding (CONFIG_BONDING)"},
	{{"type vlan", NULL}, "needs a kernel with 802.1q (CONFIG_VLAN_8021Q)"},
	{{"vconfig", NULL}, "needs a kernel with 802.1q (CONFIG_VLAN_8021Q)"},
	{{"type dummy", NULL}, "needs a kernel with dummy interfaces (CONFIG_DUMMY)"},
	{{"mode ipip", NULL}, "needs a kernel with IP in IP tunnels (CONFIG_NET_IPIP)"},
	{{"type ipip", NULL}, "needs a kernel with IP in IP tunnels (CONFIG_NET_IPIP)"},
	{{"mode gre", NULL}, "needs a kernel with GRE tunnels (CONFIG_NET_IPGRE)"},
	{{"type gre", NULL}, "needs a kernel with GRE tunnels (CONFIG_NET_IPGRE)"},
	{{"mode sit", NULL}, "needs a kernel with IPv6 in IPv4 tunnels (CONFIG_IPV6_SIT)"},
	{{"type vrf", NULL}, "needs a kernel with VRF (CONFIG_NET_VRF)"},
	{{"type macvlan", NULL}, "needs a kernel with macvlan (CONFIG_MACVLAN)"},
	{{"type vxlan", NULL}, "needs a kernel with VXLAN (CONFIG_VXLAN)"},
	{{"type wireguard", NULL}, "needs a kernel with WireGuard (CONFIG_WIREGUARD)"},
	{{"tc ", "netem"}, "needs a kernel with netem (CONFIG_NET_SCH_NETEM)"},
	{{"ipvsadm", NULL}, "needs a kernel with IPVS (CONFIG_IP_VS)"},
	{{"ovs-vsctl", NULL}, "needs Open vSwitch, which the labs here do not have"},
	{{"encap mpls", NULL}, "needs a kernel with MPLS (CONFIG_MPLS_ROUTING)"},
};

static const char *hint_for(const char *command, const char *output)
{
	bool missing = strstr(output, "not supported") != NULL ||
		       strstr(output, "Unknown device type") != NULL ||
		       strstr(output, "No such file") != NULL || strstr(output, "not found") != NULL ||
		       strstr(output, "No such device") != NULL || strstr(output, "is unknown") != NULL;
	for (size_t i = 0; missing && i < sizeof hints / sizeof *hints; i++) {
		if (strstr(command, hints[i].words[0]) != NULL &&
			(hints[i].words[1] == NULL || strstr(command, hints[i].words[1]) != NULL))
			return hints[i].hint;
	}
	return NULL;
}

static void add_failure(struct startup_failures *out, const char *mark, const char *output)
{
	const char *colon = strstr(mark, ": ");
	if (colon == NULL)
		return;
	struct startup_failure *failure = MUST_APPEND(out->items, out->count);
	*failure = (struct startup_failure){
		.where = make_printable(must_dup_bytes(mark, (size_t)(colon - mark))),
		.what = make_printable(must_dup(colon + 2)),
		.output = make_printable(must_dup(output)),
		.hint = hint_for(colon + 2, output),
	};
}

void startup_log_read(const char *text, struct startup_failures *out)
{
	char *copy = must_dup(text), *rest = copy;
	const char *output = ""; /* the last line that is neither trace nor mark */
	*out = (struct startup_failures){NULL, 0};
	while (rest != NULL) {
		char *line = strsep(&rest, "\n");
		if (line[0] == '+' && (line[1] == ' ' || line[1] == '+')) {
			output = "";
		} else if (strncmp(line, FAILURE_MARK, strlen(FAILURE_MARK)) == 0) {
			add_failure(out, line + strlen(FAILURE_MARK), output);
			output = "";
		} else if (line[0] != '\0') {
			output = line;
		}
	}
	free(copy);
}

void startup_failures_free(struct startup_failures *failures)
{
	for (size_t i = 0; i < failures->count; i++) {
		free(failures->items[i].where);
		free(failures->items[i].what);
		free(failures->items[i].output);
	}
	free(failures->items);
	*failures = (struct startup_failures){NULL, 0};
}

static char *read_log(const struct lab_device *device, const char *path)
{
	char source[64], *text = NULL;
	size_t length;
	int fd = lab_open_file(device, path, O_RDONLY);
	if (fd < 0)
		return NULL;
	snprintf(source, sizeof source, "/proc/self/fd/%d", fd);
	int result = read_whole_file(AT_FDCWD, source, LOG_LIMIT, &text, &length);
	close(fd);
	return result < 0 ? NULL : text;
}

static void report_failures(const struct lab_device *device, const char *text, FILE *out)
{
	struct startup_failures failures;
	startup_log_read(text, &failures);
	for (size_t i = 0; i < failures.count; i++) {
		const struct startup_failure *failure = &failures.items[i];
		fprintf(out, "%s: warning: ", failure->where);
		if (strncmp(failure->where, device->name, strlen(device->name)) != 0)
			fprintf(out, "on %s: ", device->name);
		fprintf(out, "%s\n", failure->what);
		if (failure->output[0] != '\0')
			fprintf(out, "  %s\n", failure->output);
		if (failure->hint != NULL)
			fprintf(out, "  %s\n", failure->hint);
	}
	startup_failures_free(&failures);
}

/* The last command the trace shows. */
static void report_hanging(const struct lab_device *device, const char *text, FILE *out)
{
	char *copy = must_dup(text), *rest = copy, *last = NULL;
	while (rest != NULL) {
		char *line = strsep(&rest, "\n");
		if (line[0] == '+')
			last = line;
	}
	fprintf(out, "%s: warning: its startup script still runs%s%s\n", device->name,
		last == NULL ? "" : ", at: ", last == NULL ? "" : make_printable(last) + strspn(last, "+ "));
	free(copy);
}

void startup_log_report(const struct lab_device *device, FILE *out)
{
	char *shared = read_log(device, "/var/log/shared.log");
	char *own = read_log(device, STARTUP_LOG);
	if (shared != NULL)
		report_failures(device, shared, out);
	if (own != NULL)
		report_failures(device, own, out);
	if (!device->ready)
		report_hanging(device, own != NULL ? own : shared != NULL ? shared : "", out);
	free(shared);
	free(own);
}
