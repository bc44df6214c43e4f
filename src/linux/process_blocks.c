/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the C library divides a process's memory: see process_blocks.h. */
#include "linux/process_blocks.h"

#include <malloc.h>

#define LARGE_BLOCK (4 << 10) /* bytes: a page, of which what is mapped takes whole ones */

void process_map_large_blocks(void)
{
	/* Left to itself, the C library takes blocks of a size that was freed once from its heap from then on, and takes them
	 * from what it has in stock there anyway. */
	mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
	mallopt(M_TOP_PAD, LARGE_BLOCK);
}
