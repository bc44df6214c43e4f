# SPDX-License-Identifier: GPL-2.0-or-later
"""When the kernel of a machine says that something changed: how long was it gone?"""
import contextlib
import datetime
import re
import socket
import struct
import threading
import time

from net import wait_for

IN_TIME = 10.0  # milliseconds
TRIES = 12  # tests beside this one have the kernel's lock of all networks, for 50 to 200 ms now and then
SPACING = 1.1  # the same thing is put back at once no more than once a second
NETLINK_NETFILTER, NFNLGRP_NFTABLES = 12, 7
NFT_MSG_NEWGEN = 10 << 8 | 15
NFTA_GEN_PROC_NAME = 3


def say(what, tries):
    print("%-40s was gone for %s ms" % (what, " ".join("%.1f" % one for one in tries)))


def is_in_time(measure, what):
    """measure() takes something away and says for how many milliseconds it was gone; the machine may stand still meanwhile, so the
    best of a few tries counts."""
    tries = [measure()]
    while min(tries) > IN_TIME and len(tries) < TRIES:
        again = time.monotonic() + SPACING
        wait_for(lambda: time.monotonic() > again, "the time at which it is put back at once")
        tries.append(measure())
    say(what, tries)
    assert min(tries) <= IN_TIME, (what, tries)


def is_mostly_in_time(measure, what):
    """The same, but five times, and once at most the machine may stand still."""
    tries = [measure() for _ in range(5)]
    say(what, tries)
    assert sorted(tries)[-2] <= IN_TIME, (what, tries)


def hurried(command):
    """Whoever changes something holds the kernel's lock, and nobody gets it sooner than that one a processor."""
    return "nice -n -20 " + command


def stamp(line):
    """When `ip -ts monitor` heard of it, in seconds of the wall clock."""
    return datetime.datetime.fromisoformat(line[1:line.index("]")]).timestamp()


def gone_for(seen, gone, back):
    """Milliseconds from the line of a Monitor that says that one thing is gone to the next that says that the other is there."""
    removed = next((i for i, line in enumerate(seen) if gone in line and "Deleted" in line), None)
    assert removed is not None, (gone, seen)
    there = next((line for line in seen[removed:] if back in line and "Deleted" not in line), None)
    assert there is not None, (back, seen)
    return 1e3 * (stamp(there) - stamp(seen[removed]))


def messages(data, size=16):
    """Of netlink, or with size 4 the attributes in one: (type, what follows)."""
    at = 0
    while at + size <= len(data):
        length, kind = struct.unpack_from("=IH" if size == 16 else "=HH", data, at)
        yield kind, data[at + size:at + length]
        at += (length + 3) & ~3


class Transactions:
    """Those of nftables in a namespace, as their ends are told: when, and by which program."""

    def __init__(self, namespace):
        self.seen = []
        self.ending = False
        self.socket = namespace.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
        self.socket.bind((0, 1 << (NFNLGRP_NFTABLES - 1)))
        self.socket.settimeout(0.1)
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        while not self.ending:
            with contextlib.suppress(OSError):  # nothing yet, or more than there is room for
                data, at = self.socket.recv(1 << 20), time.monotonic()
                for kind, body in messages(data):
                    if kind == NFT_MSG_NEWGEN:
                        name = dict(messages(body[4:], 4))[NFTA_GEN_PROC_NAME].rstrip(b"\0").decode()
                        self.seen.append((at, name))

    def gone_for(self, before):
        """Milliseconds from that of nft, behind so many others, to the first that vigiad has made since."""
        seen = self.seen[before:]
        removed = next((i for i, (_, name) in enumerate(seen) if name == "nft"), None)
        assert removed is not None, seen
        ours = [at for at, name in seen[removed:] if name.startswith("vigiad")]
        assert ours, seen
        return 1e3 * (ours[0] - seen[removed][0])

    def close(self):
        self.ending = True
        self.thread.join()
        self.socket.close()


def is_member(machine_text, interface, group):
    """Of an IPv4 group, as /proc/net/igmp writes it, or of an IPv6 one, as igmp6 does."""
    if len(group) > 8:
        return re.search(r" %s +%s " % (interface, group), machine_text) is not None
    return re.search(r"\t%s [^\n]*\n(\t[^\n]*\n)*\t+%s" % (interface, group), machine_text) is not None


class Membership:
    """Looks all the time whether an interface is a member, until it was none and is one again."""

    def __init__(self, machine, interface, group):
        self.of = (interface, group)
        self.path = "/proc/thread-self/net/igmp6" if len(group) > 8 else "/proc/thread-self/net/igmp"
        self.back_at = None
        self.looks = 0
        self.ending = False
        with machine.entered():
            self.thread = threading.Thread(target=self.look)  # which stays in the namespace
            self.thread.start()

    def look(self):
        lost = False
        while not self.ending:
            with open(self.path) as file:
                there = is_member(file.read(), *self.of)
            if lost and there:
                self.back_at = time.time()
                return
            lost = lost or not there
            self.looks += 1

    def was_seen(self):
        """Of a membership that is there again: whether that was long enough for one look, or the machine stood still."""
        looks = self.looks
        wait_for(lambda: self.back_at or self.looks > looks + 1, "another look at the membership")
        return self.back_at is not None

    def lost_for(self, line):
        """Milliseconds from the moment that a line of a Monitor tells of."""
        return 1e3 * (self.back_at - stamp(line))

    def close(self):
        self.ending = True
        self.thread.join()
