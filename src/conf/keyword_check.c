/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keywords of health checks, inside real_server, and the words of their lines. */
#include "conf/keyword_kept.h"

#define REPLY_MAX 65535

/* Of every check that is repeated. */
#define TIMES                                                                                                \
	KEPT_NUMBER("retry", 0, UINT32_MAX, "So many more attempts before it has failed."),                  \
		KEPT_TIMER("delay_before_retry", 0, KEPT_TIMER_MAX, "The pause between them."),              \
		KEPT_TIMER("warmup", 0, KEPT_TIMER_MAX,                                                      \
			"The first one comes at random within this time; 0: at once."),                      \
		KEPT_TIMER("delay_loop", KEPT_TIMER_LEAST, KEPT_LOOP_MAX, "From one check to the next."),    \
		KEPT_BOOL("alpha", "Counts as failed until it has succeeded."),                              \
		KEPT_BOOL("log_all_failures", "Each failure is logged, and not only changes.")

/* Of every check that speaks to the server. */
#define CONNECTION                                                                                           \
	KEPT_ADDRESS("connect_ip", "Where it connects to; without it the server's address."),                \
		KEPT_NUMBER("connect_port", 1, UINT16_MAX, "The port; without it the server's."),            \
		KEPT_ADDRESS("bindto", "The local address."),                                                \
		KEPT_NUMBER("bind_port", 1, UINT16_MAX, "The local port."),                                  \
		KEPT_INTERFACE("bind_if", "The interface its packets leave by."),                            \
		KEPT_TIMER("connect_timeout", KEPT_TIMER_LEAST, KEPT_TIMER_MAX,                              \
			"How long connecting and each answer may take."),                                    \
		KEPT_NUMBER("fwmark", 0, UINT32_MAX, "The mark of its packets."), TIMES

static const struct keyword_choice http_versions[] = {
	{"1.0", 1}, {"1.0C", 2}, {"1.0c", 2}, {"1.1", 3}, {NULL, 0}};

/* HTTP_GET and SSL_GET. */
#define PAGES(urls)                                                                                          \
	KEPT_NUMBER("nb_get_retry", 0, UINT32_MAX, "The old word for retry.", .traits = KEYWORD_DEPRECATED), \
		KEPT_STRING("virtualhost", "NAME", "The Host header of URLs that have none."),               \
		{.word = "http_protocol",                                                                    \
			.kind = KEYWORD_CHOICE,                                                              \
			.choices = http_versions,                                                            \
			.argument = "1.0|1.0C|1.1",                                                          \
			MEANING("The version of the request; 1.0C: 1.0 with Connection: close.")},           \
		KEPT_BOOL("enable_sni", "The virtual host is the server name of TLS."),                      \
		KEPT_WORDS("sni_name", "[NAME]", kept_name_line,                                             \
			"The server name of TLS; without NAME the virtual host.",                            \
			.traits = KEYWORD_OPTIONAL),                                                         \
		KEPT_BOOL("fast_recovery", "After a failure one good pass over all URLs is enough."),        \
		KEPT_BLOCK("url", "{ ... }", urls, "A page; of several, one after the other is fetched.",    \
			.traits = KEYWORD_REQUIRED)

#define PAGE                                                                                                 \
	KEPT_STRING("path", "PATH", "What is asked for.", .traits = KEYWORD_REQUIRED),                       \
		KEPT_WORDS("digest", "MD5", kept_digest_line,                                                \
			"The MD5 of the answer, in 32 hexadecimal digits."),                                 \
		KEPT_WORDS("status_code", "CODE|FIRST-LAST ...", kept_status_line,                           \
			"The status codes that are good, 100 to 599."),                                      \
		KEPT_STRING("virtualhost", "NAME", "The Host header."),                                      \
		KEPT_WORDS("regex", "PATTERN", kept_text_line,                                               \
			"A PCRE2 pattern that the answer must have in it."),                                 \
		KEPT_FLAG("regex_no_match", "It must not have it."),                                         \
		KEPT_WORDS("regex_options", "OPTION ...", kept_regex_options_line,                           \
			"How the pattern is read.", .line_table = &regex_option_keywords),                   \
		KEPT_NUMBER("regex_min_offset", 0, UINT32_MAX, "The first byte a match may begin at."),      \
		KEPT_NUMBER("regex_max_offset", 0, UINT32_MAX, "A match must begin before this byte."),      \
		KEPT_WORDS("regex_stack", "START MAXIMUM", kept_stack_line,                                  \
			"The sizes of the stack of PCRE2, in bytes.")

#define TLS_CLOSE KEPT_BOOL("tls_compliant", "TLS is ended as its RFC says.")

static const struct keyword misc_rows[] = {
	TIMES,
	KEPT_WORDS("misc_path", "COMMAND", kept_command_line, "What is run; in quotes when it has arguments.",
		.traits = KEYWORD_REQUIRED),
	KEPT_NUMBER("misc_timeout", 0, UINT32_MAX, "Seconds it may take; 0: delay_loop of the server."),
	KEPT_FLAG("misc_dynamic", "Exit status 2 to 255 sets the weight, to 0 to 253."),
	KEPT_WORDS("user", "USER [GROUP]", kept_user_line, "Who runs it."),
};

static const struct keyword smtp_rows[] = {
	CONNECTION,
	KEPT_STRING("helo_name", "NAME", "The name in HELO."),
	KEPT_BLOCK("host", "{ ... }", &smtp_host_keywords, "One of several targets.",
		.traits = KEYWORD_DEPRECATED),
};

static const struct keyword connection_rows[] = {CONNECTION};

static const struct keyword udp_rows[] = {
	CONNECTION,
	KEPT_WORDS("payload", "HEX ...", kept_payload_line, "What is sent, in hexadecimal digits."),
	KEPT_WORDS("require_reply", "[HEX ...]", kept_pattern_line,
		"Silence is failure; the answer must begin so, where X stands for any digit.",
		.traits = KEYWORD_OPTIONAL),
	KEPT_NUMBER("min_reply_length", 0, REPLY_MAX, "The shortest answer that is good."),
	KEPT_NUMBER("max_reply_length", 0, REPLY_MAX, "The longest one."),
};

static const struct keyword http_rows[] = {CONNECTION, PAGES(&http_url_keywords)};
static const struct keyword https_rows[] = {CONNECTION, PAGES(&https_url_keywords), TLS_CLOSE};
static const struct keyword http_url_rows[] = {PAGE};
static const struct keyword https_url_rows[] = {PAGE, TLS_CLOSE};

static const struct keyword dns_rows[] = {
	CONNECTION,
	KEPT_WORDS("type", "TYPE", kept_record_line, "The type of the record that is asked for.",
		.line_table = &record_keywords),
	KEPT_STRING("name", "NAME", "Its name; without it the root."),
};

static const struct keyword file_rows[] = {
	KEPT_WORDS("track_file", "NAME", kept_file_line, "The file, by the name of its track_file.",
		.traits = KEYWORD_REQUIRED),
	KEPT_WORDS("weight", "NUMBER [reverse|noreverse]", kept_file_weight_line,
		"What its number is multiplied with; 0: any number but 0 is failure."),
};

static const struct keyword bfd_rows[] = {
	KEPT_WORDS("name", "NAME", kept_session_line, "The session, by the name of its bfd_instance.",
		.traits = KEYWORD_REQUIRED),
	KEPT_BOOL("alpha", "Counts as failed until the session is up."),
};

#define PCRE2(name) KEPT_FLAG(name, "The option of PCRE2 of this name.")

static const struct keyword regex_option_rows[] = {
	PCRE2("allow_empty_class"),
	PCRE2("alt_bsux"),
	PCRE2("auto_callout"),
	PCRE2("caseless"),
	PCRE2("dollar_endonly"),
	PCRE2("dotall"),
	PCRE2("dupnames"),
	PCRE2("extended"),
	PCRE2("firstline"),
	PCRE2("match_unset_backref"),
	PCRE2("multiline"),
	PCRE2("never_ucp"),
	PCRE2("never_utf"),
	PCRE2("no_auto_capture"),
	PCRE2("no_auto_possess"),
	PCRE2("no_dotstar_anchor"),
	PCRE2("no_start_optimize"),
	PCRE2("ucp"),
	PCRE2("ungreedy"),
	PCRE2("utf"),
	PCRE2("never_backslash_c"),
	PCRE2("alt_circumflex"),
	PCRE2("alt_verbnames"),
	PCRE2("use_offset_limit"),
};

static const struct keyword record_rows[] = {
	KEPT_FLAG("A", "An IPv4 address."),
	KEPT_FLAG("NS", "A name server."),
	KEPT_FLAG("CNAME", "An alias."),
	KEPT_FLAG("SOA", "The beginning of a zone."),
	KEPT_FLAG("MX", "A mail exchanger."),
	KEPT_FLAG("TXT", "Text."),
	KEPT_FLAG("AAAA", "An IPv6 address."),
	KEPT_FLAG("RRSIG", "A signature of DNSSEC."),
	KEPT_FLAG("DNSKEY", "A key of DNSSEC."),
};

#define CHECK(name) .context = "virtual_server/real_server/" name, .title = name, .kept = true
const struct keyword_table misc_check_keywords = {CHECK("MISC_CHECK"), TABLE(misc_rows)};
const struct keyword_table smtp_check_keywords = {CHECK("SMTP_CHECK"), TABLE(smtp_rows)};
const struct keyword_table smtp_host_keywords = {CHECK("SMTP_CHECK/host"), TABLE(connection_rows)};
const struct keyword_table tcp_check_keywords = {CHECK("TCP_CHECK"), TABLE(connection_rows)};
const struct keyword_table ping_check_keywords = {CHECK("PING_CHECK"), TABLE(connection_rows)};
const struct keyword_table udp_check_keywords = {
	CHECK("UDP_CHECK"), .check = kept_check_udp, TABLE(udp_rows)};
const struct keyword_table http_check_keywords = {CHECK("HTTP_GET"), TABLE(http_rows)};
const struct keyword_table http_url_keywords = {
	CHECK("HTTP_GET/url"), .check = kept_check_url, TABLE(http_url_rows)};
const struct keyword_table https_check_keywords = {CHECK("SSL_GET"), TABLE(https_rows)};
const struct keyword_table https_url_keywords = {
	CHECK("SSL_GET/url"), .check = kept_check_url, TABLE(https_url_rows)};
const struct keyword_table dns_check_keywords = {CHECK("DNS_CHECK"), TABLE(dns_rows)};
const struct keyword_table file_check_keywords = {CHECK("FILE_CHECK"), TABLE(file_rows)};
const struct keyword_table bfd_check_keywords = {CHECK("BFD_CHECK"), TABLE(bfd_rows)};
const struct keyword_table regex_option_keywords = {
	.context = "regex_options-args", .title = "regex_options", .kept = true, TABLE(regex_option_rows)};
const struct keyword_table record_keywords = {
	.context = "DNS_CHECK-type-values", .title = "type", .kept = true, TABLE(record_rows)};
