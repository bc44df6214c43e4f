/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BFD between the routers of a world: UDP on the same cables as everything else, with the same faults. A session whose
 * neighbor is no machine of the world cannot be opened; scenarios speak for it (`bfd R NAME down`).
 */
#include <errno.h>

#include "sim/world.h"
#include "wire/bfd.h"
#include "wire/ip_packet.h"

#define UDP 17
#define UDP_HEADER 8
#define SOURCE_PORT 49152
#define TRAFFIC_CLASS 0xc0

int bfd_session_open(const struct router *router, const struct bfd_config *config)
{
	const struct world *world = router->world;

	for (size_t i = 0; i < world->router_count; i++)
		if (world->routers[i] != router && kernel_has_address(world->routers[i], &config->neighbor))
			return 0;
	return -EOPNOTSUPP;
}

int bfd_session_send(
	struct router *router, const struct bfd_config *config, int ifindex, const uint8_t *bytes, size_t length)
{
	uint8_t frame[ETHERNET_HEADER_SIZE + IPV6_HEADER_SIZE + UDP_HEADER + BFD_PACKET_SIZE];
	struct writer writer = writer_over(frame, sizeof(frame));
	const struct ip_header header = {.source = ip_is_set(&config->source)
							   ? config->source
							   : datagram_source(router, &config->neighbor),
		.destination = config->neighbor,
		.hops = config->ttl,
		.protocol = UDP,
		.traffic_class = TRAFFIC_CLASS,
		.payload_length = UDP_HEADER + length};
	struct port_datagram datagram = {.ifindex = ifindex, .source = header.source, .destination = config->neighbor};

	if (!ip_is_set(&header.source))
		return -ENETUNREACH;
	ip_header_write(&writer, &header);
	write_u16(&writer, SOURCE_PORT);
	write_u16(&writer, config->multihop ? BFD_MULTIHOP_PORT : BFD_PORT);
	write_u16(&writer, (uint16_t)(UDP_HEADER + length));
	write_u16(&writer, 0); /* nobody looks at the checksum */
	write_bytes(&writer, bytes, length);
	datagram.bytes = frame + ETHERNET_HEADER_SIZE;
	datagram.length = writer.length - ETHERNET_HEADER_SIZE;
	datagram_send(router, &datagram);
	return datagram.error;
}

bool bfd_take(struct router *router, int ifindex, const uint8_t *bytes, size_t length, mono_t now)
{
	struct engine_bfd_packet packet = {.ifindex = ifindex};
	struct ip_packet ip;
	struct reader reader;
	uint16_t port;

	if (ip_packet_decode(bytes, length, &ip) != DROP_NONE || ip.protocol != UDP)
		return false;
	reader = reader_over(ip.payload, ip.length);
	read_skip(&reader, 2);
	port = read_u16(&reader);
	read_skip(&reader, 4);
	if (reader.failed || (port != BFD_PORT && port != BFD_MULTIHOP_PORT))
		return true;
	packet.source = ip.source;
	packet.hops = ip.hops;
	packet.multihop = port == BFD_MULTIHOP_PORT;
	packet.bytes = reader.at;
	packet.length = reader.left;
	engine_bfd(router->engine, &packet, now);
	return true;
}
