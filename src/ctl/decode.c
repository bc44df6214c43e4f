/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vigia decode`: what the VRRP packets of a capture say, and whether a router would accept them: any router, or the one
 * of a configuration. The decoder and the checks are those of the daemon.
 */
#include "ctl/command.h"

#include <getopt.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "core/accept.h"
#include "ctl/decode.h"
#include "wire/ip_packet.h"

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define KNOWN_ADDRESSES_MAX 4096 /* enough for a network, and not too many to look through for each announcement */
#define LINE_SIZE 16384 /* 255 addresses in JSON and more */

struct decode {
	const char *path;
	const char *config_path; /* NULL: judge by the bytes alone */
	const char *interface;
	bool json;
	struct conf_result config;
	unsigned long packets, vrrp, accepted, announcements;
	/* Of the adverts so far, for who knows no configuration. */
	struct ip_addr known[KNOWN_ADDRESSES_MAX];
	size_t known_count;
};

static const char help[] =
	"usage: vigia decode FILE [--config FILE [--interface IF]] [--json]\n"
	"\n"
	"Prints what each VRRP packet of a capture (pcap or pcapng) says, and whether a router would\n"
	"accept it, or why not; and each announcement (gratuitous ARP, unsolicited NA) of an address that\n"
	"is configured, was advertised before, or is said to be at a virtual MAC. Signatures are judged by\n"
	"the keys of a configuration, and only shown without.\n"
	"\n"
	"  --config FILE    judge as the router of this keepalived.conf\n"
	"  --interface IF   which received the packets; may be left out when all instances use the same\n"
	"  --json           one JSON object for each VRRP packet and announcement\n"
	"\n"
	"Exit status: 0 the whole file was read; 1 it could not be read, or the configuration has errors;\n"
	"2 wrong usage; 4 the file is cut short: what came before was shown.\n";

/* path stays NULL when there is nothing more to do. */
static int parse_arguments(int argc, char **argv, struct decode *decode)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"interface", required_argument, NULL, 'i'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, "c:i:jh", options, NULL)) != -1) {
		if (option == 'c')
			decode->config_path = optarg;
		else if (option == 'i')
			decode->interface = optarg;
		else if (option == 'j')
			decode->json = true;
		else if (option == 'h')
			return fputs(help, stdout) < 0 ? COMMAND_FAILED : COMMAND_OK;
		else
			return COMMAND_USAGE;
	}
	if (optind != argc - 1 || (decode->interface != NULL && decode->config_path == NULL)) {
		fputs(optind != argc - 1 ? "vigia decode: needs one capture file\n"
					 : "vigia decode: --interface needs --config\n",
			stderr);
		fputs(help, stderr);
		return COMMAND_USAGE;
	}
	decode->path = argv[optind];
	return COMMAND_OK;
}

/* The interface that all instances use, or NULL. */
static const char *only_interface(const struct conf *conf)
{
	for (size_t i = 1; i < conf->instance_count; i++) {
		if (!string_equal(conf->instances[i].vr.interface, conf->instances[0].vr.interface))
			return NULL;
	}
	return conf->instance_count > 0 ? conf->instances[0].vr.interface : NULL;
}

static int choose_interface(struct decode *decode)
{
	const struct conf *conf = decode->config.conf;

	if (decode->interface == NULL) {
		decode->interface = only_interface(conf);
		if (decode->interface != NULL)
			return COMMAND_OK;
		fprintf(stderr, "vigia decode: say with --interface which one received the packets\n");
		return COMMAND_USAGE;
	}
	for (size_t i = 0; i < conf->instance_count; i++) {
		if (string_equal(conf->instances[i].vr.interface, decode->interface))
			return COMMAND_OK;
	}
	fprintf(stderr, "vigia decode: no vrrp_instance of %s is on the interface %s\n", decode->config_path,
		decode->interface);
	return COMMAND_USAGE;
}

static const struct vr_config *find_instance(const struct decode *decode, const struct vrrp_advert *advert)
{
	const struct conf *conf = decode->config.conf;
	const struct vr_config *best = NULL;
	unsigned most = 0;

	for (size_t i = 0; i < conf->instance_count; i++) {
		const struct vr_config *vr = &conf->instances[i].vr;
		unsigned fits = advert_fitness(vr, &vr->extra->source, advert);

		if (vr->vrid != advert->vrid || vr->family != advert->source.family ||
			!string_equal(vr->interface, decode->interface) || (best != NULL && fits <= most))
			continue;
		best = vr;
		most = fits;
	}
	return best;
}

/* The second half of the checks, as the engine makes them. */
static void judge_by_config(const struct decode *decode, struct decoded_packet *packet)
{
	const struct vr_config *vr = find_instance(decode, &packet->advert);

	if (vr == NULL) {
		packet->reason = DROP_VRID;
		return;
	}
	packet->instance = vr->name;
	packet->reason = advert_check(vr, false, &packet->advert);
	if (packet->reason != DROP_NONE)
		return;
	packet->addresses_differ = !advert_addresses_match(vr, &packet->advert);
	packet->interval_differs = packet->advert.interval != vr->advert_interval;
}

static bool carries_vrrp_v4(const uint8_t *ip, size_t length)
{
	struct ip_addr group = vrrp_group(IP_V4);

	if (length < 10)
		return false;
	if (ip[9] == IP_PROTOCOL_AH)
		return (length >= 20 && memcmp(ip + 16, group.bytes, 4) == 0) ||
		       (length > (size_t)(ip[0] & 15) * 4 && ip[(ip[0] & 15) * 4] == VRRP_IP_PROTOCOL);
	return ip[9] == VRRP_IP_PROTOCOL;
}

static bool carries_vrrp_v6(const uint8_t *ip, size_t length)
{
	struct ip_addr group = vrrp_group(IP_V6);

	if (length > 6 && ip[6] == VRRP_IP_PROTOCOL)
		return true;
	return length >= IPV6_HEADER_SIZE && memcmp(ip + 24, group.bytes, 16) == 0;
}

/* VRRP, or what may hide it, as the daemon listens: an authentication header of RFC 2338, or IPv6 extension headers on the
 * way to the group. Such a packet has to name the reason why it is dropped. */
static bool carries_vrrp(const struct link_payload *payload)
{
	if (payload->ethertype == ETHERTYPE_IPV6)
		return carries_vrrp_v6(payload->bytes, payload->length);
	return payload->ethertype == ETHERTYPE_IPV4 && carries_vrrp_v4(payload->bytes, payload->length);
}

static void print_packet(const struct decode *decode, const struct decoded_packet *packet)
{
	char line[LINE_SIZE];
	struct text text;

	text_init(&text, line, sizeof(line));
	if (decode->json)
		decoded_packet_json(packet, &text);
	else
		decoded_packet_text(packet, &text);
	puts(line);
}

static bool is_known(const struct decode *decode, const struct ip_addr *address)
{
	for (size_t i = 0; i < decode->known_count; i++)
		if (ip_equal(&decode->known[i], address))
			return true;
	return false;
}

static void remember(struct decode *decode, const struct ip_addr *address)
{
	if (decode->known_count < KNOWN_ADDRESSES_MAX && !is_known(decode, address))
		decode->known[decode->known_count++] = *address;
}

static void remember_configured(struct decode *decode)
{
	const struct conf *conf = decode->config.conf;

	for (size_t i = 0; i < conf->instance_count; i++)
		for (size_t k = 0; k < conf->instances[i].vr.address_count; k++)
			remember(decode, &conf->instances[i].vr.addresses[k].prefix.addr);
}

static void remember_advertised(struct decode *decode, const struct vrrp_advert *advert)
{
	for (unsigned i = 0; advert->addresses != NULL && i < advert->address_count; i++) {
		struct ip_addr address = vrrp_advert_address(advert, i);

		remember(decode, &address);
	}
}

/* By whom else would the virtual MAC of a VRID be announced? */
static bool is_virtual_mac(const struct mac_addr *mac, uint8_t family)
{
	const struct mac_addr virtual = vrrp_virtual_mac(family, mac->bytes[5]);

	return memcmp(mac, &virtual, sizeof(virtual)) == 0;
}

static void show_announcement(struct decode *decode, dur_t time, const struct link_payload *payload)
{
	struct decoded_announcement announcement = {.number = decode->packets, .time = time};
	char line[LINE_SIZE];
	struct text text;

	if (!announcement_of(payload, &announcement))
		return;
	if (!is_known(decode, &announcement.address) &&
		!(announcement.names_mac && is_virtual_mac(&announcement.mac, announcement.address.family)))
		return;
	decode->announcements++;
	text_init(&text, line, sizeof(line));
	if (decode->json)
		decoded_announcement_json(&announcement, &text);
	else
		decoded_announcement_text(&announcement, &text);
	puts(line);
}

static void decode_packet(
	struct decode *decode, int link_type, const struct pcap_pkthdr *header, const uint8_t *frame)
{
	struct decoded_packet packet = {
		.number = ++decode->packets,
		/* Asked for nanoseconds: tv_usec holds them. */
		.time = header->ts.tv_sec * DUR_S + header->ts.tv_usec,
	};
	struct link_payload payload;

	if (!link_payload_of(link_type, frame, header->caplen, &payload))
		return;
	if (!carries_vrrp(&payload)) {
		show_announcement(decode, packet.time, &payload);
		return;
	}
	packet.has_mac = payload.has_mac;
	packet.mac = payload.mac;
	packet.vlan = payload.vlan;
	packet.reason = vrrp_decode(payload.bytes, payload.length, &packet.advert);
	packet.not_captured = packet.reason == DROP_IP_HEADER && header->caplen < header->len;
	if (packet.reason == DROP_NONE && decode->config_path != NULL)
		judge_by_config(decode, &packet);
	remember_advertised(decode, &packet.advert);
	decode->vrrp++;
	decode->accepted += packet.reason == DROP_NONE;
	print_packet(decode, &packet);
}

static void print_end(const struct decode *decode)
{
	if (!decode->json)
		printf("%lu VRRP packets: %lu accepted, %lu not; %lu announcements; %lu other packets\n", decode->vrrp,
			decode->accepted, decode->vrrp - decode->accepted, decode->announcements,
			decode->packets - decode->vrrp - decode->announcements);
	fflush(stdout);
}

static int decode_capture(struct decode *decode, pcap_t *capture)
{
	int link_type = pcap_datalink(capture);
	struct pcap_pkthdr *header;
	const uint8_t *frame;
	int result;

	if (!link_type_is_known(link_type)) {
		const char *name = pcap_datalink_val_to_description(link_type);

		fprintf(stderr,
			"vigia decode: %s: a capture of link type %d (%s); what can be read is Ethernet, "
			"Linux cooked and raw IP\n",
			decode->path, link_type, name != NULL ? name : "unknown");
		return COMMAND_FAILED;
	}
	while ((result = pcap_next_ex(capture, &header, &frame)) == 1)
		decode_packet(decode, link_type, header, frame);
	print_end(decode);
	if (result == PCAP_ERROR_BREAK)
		return COMMAND_OK;
	fprintf(stderr, "vigia decode: %s: cut short or damaged after packet %lu: %s\n", decode->path,
		decode->packets, pcap_geterr(capture));
	return COMMAND_INCOMPLETE;
}

static int decode_file(struct decode *decode)
{
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *capture =
		pcap_open_offline_with_tstamp_precision(decode->path, PCAP_TSTAMP_PRECISION_NANO, error);
	int status;

	if (capture == NULL) {
		/* Some of its messages name the file themselves. */
		if (strncmp(error, decode->path, strlen(decode->path)) == 0)
			fprintf(stderr, "vigia decode: %s\n", error);
		else
			fprintf(stderr, "vigia decode: %s: %s\n", decode->path, error);
		return COMMAND_FAILED;
	}
	status = decode_capture(decode, capture);
	pcap_close(capture);
	return status;
}

int command_decode(int argc, char **argv)
{
	struct decode decode = {0};
	int status = parse_arguments(argc, argv, &decode);

	if (status != COMMAND_OK || decode.path == NULL)
		return status;
	if (decode.config_path == NULL)
		return decode_file(&decode);
	conf_load(decode.config_path, &conf_files_system, &decode.config);
	conf_messages_print(&decode.config, stderr);
	status = decode.config.conf != NULL ? choose_interface(&decode) : COMMAND_FAILED;
	if (status == COMMAND_OK) {
		remember_configured(&decode);
		status = decode_file(&decode);
	}
	conf_result_free(&decode.config);
	return status;
}
