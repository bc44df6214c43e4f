/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The grammar of lab.conf and lab.dep: one table of what is refused or remarked upon, and goldens of what
 * is understood. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lab/lab_conf.h"

static void parse(const char *text, const char *dep, struct lab_conf *conf)
{
	*conf = (struct lab_conf){0};
	lab_conf_parse(text, strlen(text), dep, NULL, conf);
}

/* Lines are one device with the line of the row behind it: what is reported stands on line 2. */
static void each_bad_line_is_told_with_its_place(void **state)
{
	(void)state;
	static const char *const table[][2] = {
		{"PC1[0]=A", "lab.conf:2:1: error: bad device name 'PC1': use 1 to 30 lower case letters, "
			     "digits and _"},
		{"pc-1[0]=A", "lab.conf:2:1: error: bad device name 'pc-1': use 1 to 30 lower case letters, "
			      "digits and _"},
		{"a234567890123456789012345678901[0]=A",
			"lab.conf:2:1: error: bad device name 'a234567890123456789012345678901': use 1 to 30 "
			"lower case letters, "
			"digits and _"},
		{"shared[0]=A", "lab.conf:2:1: error: 'shared' is a reserved name"},
		{"_test[0]=A", "lab.conf:2:1: error: '_test' is a reserved name"},
		{"pc2[0] =A", "lab.conf:2:7: error: no blank may stand before or after '='"},
		{"pc2[0]= A", "lab.conf:2:8: error: no blank may stand before or after '='"},
		{"pc2[0]", "lab.conf:2:7: error: expected '=' after ']'"},
		{"pc2[]=A", "lab.conf:2:5: error: expected an interface number or an option's name between [ "
			    "and ], without blanks"},
		{"pc2[a-b]=A", "lab.conf:2:5: error: bad option name 'a-b': use letters, digits and _"},
		{"pc2[0]=", "lab.conf:2:8: error: a value is missing after '='"},
		{"pc2[0]=\"\"", "lab.conf:2:9: error: a value cannot be empty"},
		{"pc2[0]=\"A", "lab.conf:2:8: error: the quote \" is never closed"},
		{"pc2[0]=\"A'", "lab.conf:2:10: error: a value cannot contain a quote of either kind"},
		{"pc2[exec]=\"echo 'q'\"",
			"lab.conf:2:17: error: a value cannot contain a quote of either kind"},
		{"pc2[0]=\"A\"x", "lab.conf:2:10: error: only a comment may follow the closing quote"},
		{"pc2[exec]=it's", "lab.conf:2:13: error: a value cannot contain a quote"},
		{"pc2[0]=A # c", "lab.conf:2:8: error: 'A # c' is not a collision domain: a comment may only "
				 "follow a quoted value"},
		{"pc2[0]=A-B",
			"lab.conf:2:8: error: 'A-B' is not a collision domain: use letters, digits and _"},
		{"pc2[0]=A.1",
			"lab.conf:2:8: error: 'A.1' is not a collision domain: use letters, digits and _"},
		{"pc2[0]=A/00:11:22:33:44", "lab.conf:2:10: error: '00:11:22:33:44' is not a MAC address: "
					    "expected XX:XX:XX:XX:XX:XX"},
		{"pc2[0]=A/", "lab.conf:2:10: error: '' is not a MAC address: expected XX:XX:XX:XX:XX:XX"},
		{"pc1[0]=B", "lab.conf:2:5: error: pc1 has the interface 0 already (line 1)"},
		{"pc1[0_0]=B", "lab.conf:2:5: error: pc1 has the interface 0_0 already (line 1)"},
		{"pc1[1]=A", "lab.conf:2:8: error: pc1 has the collision domain A already (line 1)"},
		{"pc1[2]=B", "lab.conf:2:5: error: pc1 has an interface 2 but none with number 1: numbers "
			     "must follow each other from 0"},
		{"pc2[1]=B", "lab.conf:2:5: error: pc2 has an interface 1 but none with number 0: numbers "
			     "must follow each other from 0"},
		{"pc2[900]=B", "lab.conf:2:5: error: interface number 900 is too high: at most 899"},
		{"LAB_FOO=x", "lab.conf:2:1: error: unknown name LAB_FOO: there are LAB_NAME, "
			      "LAB_DESCRIPTION, LAB_VERSION, LAB_AUTHOR, "
			      "LAB_EMAIL and LAB_WEB"},
		{"hello", "lab.conf:2:1: error: expected device[N]=\"DOMAIN\", device[option]=\"value\" or a "
			  "comment that begins with #"},
		{"pc1[ipv6]=perhaps", "lab.conf:2:11: error: bad ipv6 'perhaps': expected true or false"},
		{"pc1[mem]=lots", "lab.conf:2:10: error: bad mem 'lots': expected a number and b, k, m or g, "
				  "as in 512m"},
		{"pc1[cpus]=-1", "lab.conf:2:11: error: bad cpus '-1': expected a number above 0, as in 0.5"},
		{"pc1[port]=80000", "lab.conf:2:11: error: bad port '80000': expected "
				    "[HOST:]GUEST[/tcp|udp|sctp], ports 1 to 65535"},
		{"pc1[sysctl]=kernel.panic=1", "lab.conf:2:13: error: bad sysctl 'kernel.panic=1': only "
					       "net.* can be set for one device"},
		{"pc1[sysctl]=net.ipv4.ip_forward",
			"lab.conf:2:13: error: bad sysctl 'net.ipv4.ip_forward': expected NAME=VALUE"},
		{"pc1[sysctl]=net.../x=1", "lab.conf:2:13: error: bad sysctl 'net.../x=1': expected a name "
					   "like net.ipv4.ip_forward"},
		{"pc1[env]=NAME", "lab.conf:2:10: error: bad env 'NAME': expected NAME=VALUE"},
		{"pc1[ulimit]=nofile",
			"lab.conf:2:13: error: bad ulimit 'nofile': expected NAME=SOFT[:HARD]"},
		{"pc1[ulimit]=nofile=1:x", "lab.conf:2:13: error: bad ulimit 'nofile=1:x': expected "
					   "NAME=SOFT[:HARD], numbers from 0, or -1 for no limit"},
		{"pc1[shell]=bash", "lab.conf:2:12: error: bad shell 'bash': expected the full path of a "
				    "shell, as in /bin/bash"},
		{"pc1[volume]=/a", "lab.conf:2:13: error: bad volume '/a': expected HOST|GUEST[|ro|rw], "
				   "GUEST a full path"},
		{"pc1[volume]=/a|/b|wx",
			"lab.conf:2:13: error: bad volume '/a|/b|wx': the mode of a volume is ro or rw"},
		{"  # indented", "lab.conf:2:3: warning: Kathará refuses a comment that does not begin in "
				 "the first column"},
		{"LAB_WEB=http://x/?a=b",
			"lab.conf:2:9: warning: Kathará cannot read a second '=' in LAB_WEB"},
		{"pc1[colour]=red", "lab.conf:2:5: warning: unknown option 'colour' is ignored"},
		{"pc1[bridged]=true", "lab.conf: notice: bridged is left out: the lab is not joined to this "
				      "machine's network (pc1)"},
		{"pc1[privileged]=true", "lab.conf: notice: privileged is left out: a device never gets the "
					 "machine's own privileges (pc1)"},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char text[300];
		struct lab_conf conf;
		snprintf(text, sizeof text, "pc1[0]=A\n%s\n", table[i][0]);
		parse(text, NULL, &conf);
		assert_true(conf.diagnostic_count >= 1);
		char *told = conf_diagnostic_text(&conf.diagnostics[0]);
		assert_string_equal(told, table[i][1]);
		assert_int_equal(conf.has_error, strstr(table[i][1], ": error: ") != NULL);
		free(told);
		lab_conf_free(&conf);
	}
}

static void silence_for_what_kathara_takes(void **state)
{
	(void)state;
	static const char *const table[] = {
		"pc2[0]=\"B\"",
		"pc2[0]='B'",
		"pc2[0]=\"B\" # comment",
		"pc2[0]=\"B\"\t#comment",
		"   pc2[0]=B   ",
		"pc2[0]=B\r",
		"pc2[0]=REDE_ÁREA",
		"pc2[00]=B",
		"pc1[1_0]=x\nLAB_NAME=x", /* an interface 10, see below: only the gap is an error */
		"pc2[0]=\"B/02:00:00:00:00:01\"",
		"LAB_NAME=\"a lab\"",
		"LAB_DESCRIPTION=it's",
		"pc1[num_terms]=0",
		"pc1[bridged]=false",
		"pc1[exec]=echo hello world",
		"pc1[env]=A=b=c",
		"pc1[ulimit]=nofile=-1",
		"pc1[sysctl]=net.ipv4.conf.eth0.rp_filter=1",
		"#anything [0]=",
		"",
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char text[300];
		struct lab_conf conf;
		bool gap = strstr(table[i], "1_0") != NULL;
		snprintf(text, sizeof text, "pc1[0]=A\n%s", table[i]);
		parse(text, NULL, &conf);
		if (conf.diagnostic_count != (gap ? 1 : 0))
			print_message("# %s: %s\n", table[i], conf.diagnostics[0].text);
		assert_int_equal(conf.diagnostic_count, gap ? 1 : 0);
		if (gap)
			assert_non_null(strstr(conf.diagnostics[0].text, "interface 10 "));
		lab_conf_free(&conf);
	}
}

static void a_lab_is_understood(void **state)
{
	(void)state;
	struct lab_conf conf;
	parse("\xef\xbb\xbfLAB_NAME=\"The lab\"\r\n"
	      "r1[1]=B\r\n"
	      "r1[0]=\"A/02:00:00:00:00:0a\" # first\r\n"
	      "pc[0]=A\n"
	      "r1[ipv6]=True\n"
	      "r1[exec]=\"ip route\"\n"
	      "r1[exec]=date\n"
	      "r1[sysctl]=net.ipv4.ip_forward=0\n"
	      "r1[env]=MODE=a=b\n"
	      "r1[ulimit]=nofile=4096:1024\n"
	      "r1[shell]=/bin/sh\n"
	      "r1[volume]=\"data|/data|rw\"\n"
	      "r1[image]=kathara/frr\n"
	      "pc[image]=kathara/base\n"
	      "alone[num_terms]=1",
		NULL, &conf);
	assert_false(conf.has_error);
	assert_string_equal(conf.lab_name, "The lab");
	assert_int_equal(conf.device_count, 3);
	const struct conf_device *r1 = &conf.devices[0];
	assert_string_equal(r1->name, "r1");
	assert_int_equal(r1->interface_count, 2);
	assert_string_equal(r1->interfaces[0].domain, "A");
	assert_true(r1->interfaces[0].has_mac);
	assert_int_equal(r1->interfaces[0].mac.bytes[5], 0x0a);
	assert_string_equal(r1->interfaces[1].domain, "B");
	assert_true(r1->ipv6);
	assert_int_equal(r1->exec_count, 2);
	assert_string_equal(r1->exec[0], "ip route");
	assert_string_equal(r1->sysctls[0].name, "net.ipv4.ip_forward");
	assert_string_equal(r1->sysctls[0].value, "0");
	assert_string_equal(r1->env[0], "MODE=a=b");
	assert_int_equal(r1->ulimits[0].soft, 1024); /* clamped to the hard limit */
	assert_string_equal(r1->shell, "/bin/sh");
	assert_string_equal(r1->volumes[0].host, "data");
	assert_string_equal(r1->volumes[0].guest, "/data");
	assert_int_equal(r1->volumes[0].mode, VOLUME_READ_WRITE);
	assert_string_equal(conf.devices[2].name, "alone");
	assert_int_equal(conf.devices[2].interface_count, 0);
	assert_int_equal(conf.diagnostic_count, 2);
	assert_string_equal(conf.diagnostics[1].text,
		"image needs Docker: the programs of this machine are used instead (r1, pc)");
	lab_conf_free(&conf);
}

static void a_lab_needs_devices(void **state)
{
	(void)state;
	static const char *const table[] = {"", "\n\n", "# nothing\n", "LAB_NAME=x\n"};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct lab_conf conf;
		parse(table[i], NULL, &conf);
		assert_true(conf.has_error);
		assert_string_equal(conf.diagnostics[0].text, "names no device");
		lab_conf_free(&conf);
	}
	struct lab_conf conf = {0};
	lab_conf_parse("a[0]=A\0\n", 8, NULL, NULL, &conf);
	assert_true(conf.has_error);
	lab_conf_free(&conf);
}

static void the_last_of_two_options_counts(void **state)
{
	(void)state;
	struct lab_conf conf;
	parse("a[shell]=/bin/sh\na[shell]=/bin/dash\n", NULL, &conf);
	assert_false(conf.has_error);
	assert_int_equal(conf.diagnostic_count, 1);
	assert_string_equal(conf.devices[0].shell, "/bin/dash");
	lab_conf_free(&conf);
}

static void dependencies_order_the_start(void **state)
{
	(void)state;
	static const char devices[] = "a[0]=X\nb[0]=X\nc[0]=X\nd[0]=X\n";
	static const struct {
		const char *dep;
		const char *order;
		const char *told; /* first diagnostic, or NULL */
	} table[] = {
		{NULL, "abcd", NULL},
		{"a: c\n", "bcad", NULL},
		{"a: c b\nb: d", "cdba", NULL},
		{"# comment\n\n  a: d\r\n", "bcda", NULL},
		{"a:d", "bcda", NULL},
		{"a: b\nb: a\n", NULL, "devices depend on each other in a circle"},
		{"a: a\n", NULL, "devices depend on each other in a circle"},
		{"a\n", NULL, "expected device: device device..."},
		{"a: \n", NULL, "'a' depends on nobody"},
		{"a: x\n", "abcd", "there is no device 'x' in lab.conf"},
		{"", "abcd", "is empty"},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct lab_conf conf;
		parse(devices, table[i].dep, &conf);
		assert_int_equal(conf.has_error, table[i].order == NULL);
		assert_int_equal(conf.diagnostic_count != 0, table[i].told != NULL);
		if (table[i].told != NULL)
			assert_string_equal(conf.diagnostics[0].text, table[i].told);
		for (size_t n = 0; table[i].order != NULL && n < 4; n++)
			assert_int_equal(conf.devices[conf.start_order[n]].name[0], table[i].order[n]);
		lab_conf_free(&conf);
	}
}

static void connections_outside_are_left_out(void **state)
{
	(void)state;
	struct lab_conf conf = {0};
	lab_conf_parse("a[0]=A\n", 7, NULL, "A eth0\n", &conf);
	assert_false(conf.has_error);
	assert_int_equal(conf.diagnostic_count, 1);
	assert_int_equal(conf.diagnostics[0].severity, CONF_NOTICE);
	assert_string_equal(conf.diagnostics[0].file, "lab.ext");
	lab_conf_free(&conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_bad_line_is_told_with_its_place),
		cmocka_unit_test(silence_for_what_kathara_takes),
		cmocka_unit_test(a_lab_is_understood),
		cmocka_unit_test(a_lab_needs_devices),
		cmocka_unit_test(the_last_of_two_options_counts),
		cmocka_unit_test(dependencies_order_the_start),
		cmocka_unit_test(connections_outside_are_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
