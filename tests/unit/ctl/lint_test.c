/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `vigia check` finds in readable configurations: one case for each code, and one beside it that is fine. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "ctl/lint.h"

#define FOUND_SIZE 2000

/* "code:name code:name ", in the order they came. */
static char found[FOUND_SIZE];
static char last_text[1000];

static void collect(void *user, const struct lint_finding *finding)
{
	const size_t used = strlen(found);

	(void)user;
	snprintf(found + used, sizeof(found) - used, "%s:%s ", finding->code, finding->instance);
	snprintf(last_text, sizeof(last_text), "%s", finding->text);
	assert_non_null(finding->place.file);
	assert_true(finding->place.line > 0);
	assert_null(strchr(finding->text, '\n'));
}

static const struct lint lint = {collect, NULL};

static void read_conf(const char *text, struct conf_result *result)
{
	conf_load_with("test.conf", text, strlen(text), &conf_files_system,
		&(struct conf_options){.instance_places = true}, result);
	assert_non_null(result->conf);
}

#define ROUTER(priority, more)                                                                               \
	"vrrp_script chk {\nscript /bin/true\n}\nvrrp_instance V {\ninterface eth0\nvirtual_router_id "      \
	"5\npriority " priority "\n" more "}\n"
#define ADDRESS "virtual_ipaddress {\n10.0.0.1/24\n}\n"

static void assert_network(const char *first, const char *second, const char *expected)
{
	struct conf_result results[2];

	read_conf(first, &results[0]);
	read_conf(second, &results[1]);
	const struct lint_file files[] = {{"gw1", results[0].conf}, {"gw2", results[1].conf}};

	found[0] = '\0';
	lint_network(files, 2, &lint);
	assert_string_equal(found, expected);
	conf_result_free(&results[0]);
	conf_result_free(&results[1]);
}

static void differences(void **state)
{
	const char *plain = ROUTER("100", ADDRESS);

	(void)state;
	assert_network(ROUTER("150", ADDRESS), plain, "");
	assert_network(plain, plain, "equal-priority:V ");
	assert_network(ROUTER("255", ADDRESS), ROUTER("255", ADDRESS), "two-owners:V ");
	assert_network(ROUTER("150", "virtual_ipaddress {\n10.0.0.1/24\n10.0.0.2/24\n}\n"), plain,
		"addresses-differ:V ");
	assert_network(ROUTER("150", "virtual_ipaddress {\n10.0.0.7/24\n}\n"), plain, "vrid-used-twice:V ");
	assert_network(ROUTER("150", ADDRESS "virtual_ipaddress_excluded { 10.0.9.1 }\n"), plain,
		"excluded-addresses-differ:V ");
	assert_network(ROUTER("150", ADDRESS "advert_int 2\n"), plain, "intervals-differ:V ");
	assert_network(ROUTER("150", ADDRESS "version 3\n"), plain, "versions-differ:V ");
	assert_network(ROUTER("150", ADDRESS "version 3\nalso_version_2\n"), plain, "");
	assert_network(ROUTER("150", ADDRESS "authentication {\nauth_type PASS\nauth_pass x\n}\n"), plain,
		"authentication-differs:V ");
	assert_network(ROUTER("150", ADDRESS "unicast_peer { 10.0.0.9 }\n"), plain, "unicast-differs:V ");
	assert_network(ROUTER("150", ADDRESS), "global_defs {\n}\n", "only-in-one-file:V ");
	/* other names of the interface, same addresses */
	assert_network(ROUTER("150", ADDRESS),
		"vrrp_instance W {\ninterface ens3\nvirtual_router_id 5\n" ADDRESS "}\n", "");
}

static void weights(void **state)
{
	const char *plain = ROUTER("100", ADDRESS);

	(void)state;
	assert_network(
		ROUTER("150", ADDRESS "track_script { chk weight -40\n}\n"), plain, "weight-too-small:V ");
	assert_non_null(
		strstr(last_text, "script chk fails the priority is still 110, and that of gw2 is 100"));
	assert_network(ROUTER("150", ADDRESS "track_script { chk weight -60\n}\n"), plain, "");
	assert_network(ROUTER("150", ADDRESS "track_script { chk\n}\n"), plain, "");
	/* + while it works */
	assert_network(ROUTER("95", ADDRESS "track_script { chk weight 10\n}\n"), plain, "");
	assert_network(
		ROUTER("105", ADDRESS "track_script { chk weight 10\n}\n"), plain, "weight-too-small:V ");
	assert_network(ROUTER("150", ADDRESS "track_interface { eth1 weight -40 reverse\n}\n"), plain,
		"weight-too-small:V ");
	/* each is too small, and both together are not */
	assert_network(
		ROUTER("150", ADDRESS "track_interface {\neth1 weight -30\neth2 weight -30\n}\n"), plain, "");
	/* who is no master anyhow */
	assert_network(plain, ROUTER("50", ADDRESS "track_script { chk weight -10\n}\n"), "");
}

static int find_program(const char *word, char *path, size_t size)
{
	snprintf(path, size, "%s", word);
	return strstr(word, "missing") ? -ENOENT : strstr(word, "plain") ? -EACCES : 0;
}

static int path_status(void *user, const char *path, struct path_status *status)
{
	(void)user;
	*status = (struct path_status){.mode = S_IFREG | 0755};
	if (strcmp(path, "/") == 0 || strcmp(path, "/opt") == 0)
		status->mode = S_IFDIR | 0755;
	if (strstr(path, "open"))
		status->mode = S_IFREG | 0777;
	return 0;
}

static int no_link(void *user, const char *path, char *target, size_t size)
{
	(void)user;
	(void)path;
	(void)target;
	(void)size;
	return -EINVAL;
}

static const struct path_world paths = {path_status, no_link, NULL};

static int find_account(const char *user, const char *group, uid_t *uid, const char **missing)
{
	*missing = user && strcmp(user, "nobdy") == 0 ? user : group && strcmp(group, "grup") == 0 ? group : NULL;
	*uid = !user || strcmp(user, "root") == 0 ? 0 : 1000;
	return *missing ? -ENOENT : 0;
}

static int find_account_with_default(const char *user, const char *group, uid_t *uid, const char **missing)
{
	return find_account(user ? user : "keepalived_script", group, uid, missing);
}

static void assert_host(const char *text, bool has_script_user, const char *expected)
{
	static const struct ip_prefix prefixes[] = {{{.family = IP_V4, .bytes = {10, 0, 0, 9}}, 24}};
	static const struct lint_interface interfaces[] = {{"eth0", prefixes, 1}, {"bare", NULL, 0}};
	const struct lint_host host = {interfaces, 2, find_program, &paths,
		has_script_user ? find_account_with_default : find_account};
	struct conf_result result;

	read_conf(text, &result);
	found[0] = '\0';
	lint_with_host(result.conf, &host, &lint);
	assert_string_equal(found, expected);
	conf_result_free(&result);
}

#define WITH_SCRIPT(command, more)                                                                           \
	"vrrp_script s {\nscript " command "\n" more                                                         \
	"}\nvrrp_instance V {\ninterface eth0\nvirtual_router_id 5\n" ADDRESS "track_script { s\n}\n}\n"

static void the_host(void **state)
{
	(void)state;
	assert_host(ROUTER("100", ADDRESS), false, "");
	assert_host(
		ROUTER("100", "virtual_ipaddress { 10.0.1.1/24 }\n"), false, "address-outside-prefixes:V ");
	assert_host(ROUTER("100", ADDRESS "virtual_ipaddress_excluded { 10.0.1.1 }\n"), false, "");
	assert_host(ROUTER("100", ADDRESS "track_interface { eth9\n}\n"), false, "interface-missing:V ");
	assert_host("vrrp_instance V {\ninterface bare\nvirtual_router_id 5\n" ADDRESS "}\n", false, "");
	assert_host("vrrp_instance V {\ninterface eth7\nvirtual_router_id 5\n" ADDRESS "}\n", false,
		"interface-missing:V ");
	assert_host("vrrp_instance V {\ninterface eth0\nuse_vmac vip5\nvirtual_router_id 5\ntrack_interface "
		    "{ vip5\n}\n" ADDRESS "}\n",
		false, "");
	assert_host(WITH_SCRIPT("/opt/good", ""), false, "script-user-unnamed:s ");
	assert_non_null(strstr(last_text, "root runs it,"));
	assert_host(WITH_SCRIPT("/opt/good", ""), true, "");
	assert_host(WITH_SCRIPT("/opt/missing", ""), true, "script-missing:s ");
	assert_host(WITH_SCRIPT("\"/opt/plain 5\"", ""), true, "script-not-executable:s ");
	assert_host(WITH_SCRIPT("/opt/open", ""), false, "script-writable:s script-user-unnamed:s ");
	assert_host(WITH_SCRIPT("/opt/open", "user root\n"), true, "script-writable:s ");
	assert_non_null(strstr(last_text, "/opt/open"));
	assert_non_null(strstr(last_text, "0777"));
	assert_host(WITH_SCRIPT("/opt/open", ""), true, "");
	assert_host(WITH_SCRIPT("/opt/open", "user nobody\n"), false, "");
}

#define WITH_COMMANDS(global, group, instance)                                                               \
	"global_defs {\n" global "}\nvrrp_sync_group G {\ngroup { V }\n" group                               \
	"}\nvrrp_instance V {\ninterface eth0\nvirtual_router_id 5\n" ADDRESS instance "}\n"

static void all_commands(void **state)
{
	static const char *const words[] = {"notify", "notify_master", "notify_backup", "notify_fault", "notify_stop",
		"notify_deleted", "notify_master_rx_lower_pri"};
	char text[1000];

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		snprintf(text, sizeof(text), WITH_COMMANDS("", "", "%s /opt/missing nobody\n"), words[i]);
		assert_host(text, true, "script-missing:V ");
		snprintf(text, sizeof(text), WITH_COMMANDS("", "", "%s /opt/open root\n"), words[i]);
		assert_host(text, true, "script-writable:V ");
	}
	assert_host(WITH_COMMANDS("", "notify_master \"/opt/plain x\"\nnotify_fault /opt/missing\n", ""), true,
		"script-not-executable:G script-missing:G ");
	assert_host(WITH_COMMANDS("startup_script /opt/missing\nshutdown_script /opt/open root\n", "", ""), true,
		"script-missing:startup_script script-writable:shutdown_script ");
	assert_host(WITH_COMMANDS("notify_fifo /run/f\nnotify_fifo_script /opt/plain\nvrrp_notify_fifo "
				  "/run/g\nvrrp_notify_fifo_script /opt/missing\n", "", ""),
		true, "script-not-executable:notify_fifo_script script-missing:vrrp_notify_fifo_script ");
}

static void accounts(void **state)
{
	(void)state;
	assert_host(WITH_COMMANDS("script_user nobody\n", "notify /opt/open\n", "notify /opt/good\n"), false, "");
	assert_host(WITH_COMMANDS("script_user root\n", "", "notify /opt/open\n"), true, "script-writable:V ");
	assert_host(WITH_COMMANDS("script_user nobdy\n", "", "notify /opt/good\nnotify_stop /opt/good root\n"), false,
		"script-user-missing:script_user ");
	assert_host(WITH_COMMANDS("", "", "notify /opt/good nobody grup\n"), true, "script-user-missing:V ");
	assert_non_null(strstr(last_text, "'grup'"));
	assert_host(WITH_SCRIPT("/opt/good", "user nobdy\n"), true, "script-user-missing:s ");
	assert_host(WITH_COMMANDS("", "notify /opt/good\n", "notify /opt/good\n"), false, "script-user-unnamed:G ");
	assert_non_null(strstr(last_text, "root runs it and others,"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(differences),
		cmocka_unit_test(weights),
		cmocka_unit_test(the_host),
		cmocka_unit_test(all_commands),
		cmocka_unit_test(accounts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
