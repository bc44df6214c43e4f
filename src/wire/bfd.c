/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/bfd.h"

#include "base/cursor.h"

#define FLAG_POLL 0x20
#define FLAG_FINAL 0x10
#define FLAG_CONTROL_PLANE_INDEPENDENT 0x08
#define FLAG_AUTHENTICATION 0x04
#define FLAG_DEMAND 0x02
#define FLAG_MULTIPOINT 0x01
#define AUTHENTICATION_HEADER_SIZE 2 /* type and length: the least that goes with the A bit */

const char *bfd_state_name(enum bfd_state state)
{
	switch (state) {
	case BFD_ADMIN_DOWN:
		return "AdminDown";
	case BFD_DOWN:
		return "Down";
	case BFD_INIT:
		return "Init";
	case BFD_UP:
		return "Up";
	}
	return "unknown";
}

const char *bfd_diag_text(uint8_t diag)
{
	static const char *const texts[] = {
		[BFD_DIAG_NONE] = "No Diagnostic",
		[BFD_DIAG_DETECTION_EXPIRED] = "Control Detection Time Expired",
		[BFD_DIAG_ECHO_FAILED] = "Echo Function Failed",
		[BFD_DIAG_NEIGHBOR_DOWN] = "Neighbor Signaled Session Down",
		[BFD_DIAG_FORWARDING_RESET] = "Forwarding Plane Reset",
		[BFD_DIAG_PATH_DOWN] = "Path Down",
		[BFD_DIAG_CONCATENATED_DOWN] = "Concatenated Path Down",
		[BFD_DIAG_ADMIN_DOWN] = "Administratively Down",
		[BFD_DIAG_REVERSE_CONCATENATED_DOWN] = "Reverse Concatenated Path Down",
	};

	return diag < sizeof(texts) / sizeof(texts[0]) ? texts[diag] : "reserved";
}

static const struct {
	const char *name;
	const char *text;
} drops[BFD_DROP_COUNT] = {
	[BFD_DROP_NONE] = {"none", "accepted"},
	[BFD_DROP_VERSION] = {"version", "not BFD version 1"},
	[BFD_DROP_LENGTH] = {"length", "shorter than a BFD packet, or than it says itself"},
	[BFD_DROP_MULTIPLIER] = {"multiplier", "its detection multiplier is zero"},
	[BFD_DROP_MULTIPOINT] = {"multipoint", "its multipoint bit is set"},
	[BFD_DROP_MY_DISCRIMINATOR] = {"my-discriminator", "its sender has no discriminator"},
	[BFD_DROP_STATE] = {"state", "it names no session, but says that there is one"},
	[BFD_DROP_SESSION] = {"session", "no bfd_instance is meant by it"},
	[BFD_DROP_SOURCE] = {"source", "it does not come from the session's neighbor_ip, by its interface"},
	[BFD_DROP_HOPS] = {"hops", "its TTL or hop limit says that it came from too far away"},
	[BFD_DROP_AUTHENTICATION] = {"authentication", "it is authenticated, but the session is not"},
	[BFD_DROP_ADMIN_DOWN] = {"admin-down", "the session is shut down"},
};

const char *bfd_drop_name(enum bfd_drop reason)
{
	return (unsigned)reason < BFD_DROP_COUNT ? drops[reason].name : "unknown";
}

const char *bfd_drop_text(enum bfd_drop reason)
{
	return (unsigned)reason < BFD_DROP_COUNT ? drops[reason].text : "unknown";
}

enum bfd_drop bfd_decode(const uint8_t *bytes, size_t length, struct bfd_packet *out)
{
	struct reader reader = reader_over(bytes, length);
	uint8_t version_and_diag = read_u8(&reader);
	uint8_t flags = read_u8(&reader);
	struct bfd_packet packet = {
		.state = (enum bfd_state)(flags >> 6),
		.diag = version_and_diag & 0x1f,
		.poll = flags & FLAG_POLL,
		.final = flags & FLAG_FINAL,
		.control_plane_independent = flags & FLAG_CONTROL_PLANE_INDEPENDENT,
		.authentication = flags & FLAG_AUTHENTICATION,
		.demand = flags & FLAG_DEMAND,
	};
	size_t least = BFD_PACKET_SIZE + (packet.authentication ? AUTHENTICATION_HEADER_SIZE : 0);
	uint8_t said;

	packet.multiplier = read_u8(&reader);
	said = read_u8(&reader);
	packet.my_discriminator = read_u32(&reader);
	packet.your_discriminator = read_u32(&reader);
	packet.desired_min_tx = read_u32(&reader);
	packet.required_min_rx = read_u32(&reader);
	packet.required_min_echo_rx = read_u32(&reader);
	if (length > 0 && version_and_diag >> 5 != BFD_VERSION)
		return BFD_DROP_VERSION;
	if (reader.failed || said < least || said > length)
		return BFD_DROP_LENGTH;
	if (packet.multiplier == 0)
		return BFD_DROP_MULTIPLIER;
	if (flags & FLAG_MULTIPOINT)
		return BFD_DROP_MULTIPOINT;
	if (packet.my_discriminator == 0)
		return BFD_DROP_MY_DISCRIMINATOR;
	if (packet.your_discriminator == 0 && packet.state != BFD_DOWN && packet.state != BFD_ADMIN_DOWN)
		return BFD_DROP_STATE;
	*out = packet;
	return BFD_DROP_NONE;
}

void bfd_encode(const struct bfd_packet *packet, uint8_t bytes[BFD_PACKET_SIZE])
{
	struct writer writer = writer_over(bytes, BFD_PACKET_SIZE);

	write_u8(&writer, (uint8_t)(BFD_VERSION << 5 | (packet->diag & 0x1f)));
	write_u8(&writer, (uint8_t)((unsigned)packet->state << 6 | (packet->poll ? FLAG_POLL : 0) |
				    (packet->final ? FLAG_FINAL : 0) |
				    (packet->control_plane_independent ? FLAG_CONTROL_PLANE_INDEPENDENT : 0) |
				    (packet->demand ? FLAG_DEMAND : 0)));
	write_u8(&writer, packet->multiplier);
	write_u8(&writer, BFD_PACKET_SIZE);
	write_u32(&writer, packet->my_discriminator);
	write_u32(&writer, packet->your_discriminator);
	write_u32(&writer, packet->desired_min_tx);
	write_u32(&writer, packet->required_min_rx);
	write_u32(&writer, packet->required_min_echo_rx);
}
