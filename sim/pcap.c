/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Capture files of what the routers said: libpcap's classic format with nanoseconds, time 0 being the beginning. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/scenario.h"

#define MAGIC_NANOSECONDS 0xa1b23c4d
#define LINK_TYPE_ETHERNET 1

struct pcap_file {
	FILE *file;
	bool failed;
};

static void put(struct pcap_file *pcap, const void *bytes, size_t length)
{
	if (fwrite(bytes, length, 1, pcap->file) != 1)
		pcap->failed = true;
}

struct pcap_file *pcap_file_new(const char *path)
{
	/* Numbers are in the writer's byte order, which the magic number shows. Version 2.4, no snapshot length. */
	const uint32_t header[] = {MAGIC_NANOSECONDS, 0, 0, 0, 65535, LINK_TYPE_ETHERNET};
	const uint16_t version[] = {2, 4};
	struct pcap_file *pcap = calloc(1, sizeof(*pcap));

	if (pcap == NULL)
		return NULL;
	pcap->file = fopen(path, "wbe");
	if (pcap->file == NULL) {
		free(pcap);
		return NULL;
	}
	put(pcap, &header[0], sizeof(header[0]));
	put(pcap, version, sizeof(version));
	put(pcap, &header[2], 4 * sizeof(header[0]));
	return pcap;
}

void pcap_file_write(struct pcap_file *pcap, dur_t at, const uint8_t *bytes, size_t length)
{
	const uint32_t header[] = {
		(uint32_t)(at / DUR_S), (uint32_t)(at % DUR_S), (uint32_t)length, (uint32_t)length};

	put(pcap, header, sizeof(header));
	put(pcap, bytes, length);
}

int pcap_file_close(struct pcap_file *pcap)
{
	const bool failed = fclose(pcap->file) != 0 || pcap->failed;

	free(pcap);
	return failed ? -EIO : 0;
}
