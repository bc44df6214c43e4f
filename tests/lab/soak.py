#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Three gateways at 20 ms adverts, to which all that may happen happens, in an order drawn at random, for as long as one likes.

  soak.py [--seconds N] [--seed N] [--events N] [--directory PATH]

VIGIA_BUILD_DIR names the build. After each event everything must come to be as it has to (soak_invariants.py), and stay so while
nothing happens; now and then all is put back to rest, and what the processes hold is measured (soak_memory.py). The seed is
printed, and draws the same events again; what the answer of the machine to them is, no seed says.

A machine that stands still for longer than Active_Down_Interval (80 ms here) moves masterships by right. So how soon things
come to be so is not judged, but for the patience that every test has; and a transition in a quiet time must be explained by a stall
that was measured: of this program, of an engine that waited for a processor, or told by the virtual router itself.
"""
import argparse
import collections
import os
import random
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import soak_events  # noqa: E402
from net import PATIENCE, Capture  # noqa: E402
from soak_invariants import Invariants, Violation  # noqa: E402
from soak_memory import Samples  # noqa: E402
from soak_world import World  # noqa: E402

QUIET = 0.25  # seconds in which nothing may happen, after events; longer at rest
QUIET_AT_REST = 1.0
SLOW = 3.0  # seconds after which it is told what is waited for
REST_EVERY = 12  # turns


class Soak:
    def __init__(self, directory, seed, say=print):
        self.random = random.Random(seed)
        self.seed = seed
        self.say = say
        self.world = World(directory)
        self.invariants = Invariants(self.world)
        self.samples = Samples(self.world)
        self.count = 0
        self.kinds = collections.Counter()
        self.began = time.monotonic()
        self.slowest = (0.0, "")

    def settle(self, what):
        """Waits until all is as it must be; the picture."""
        began, told = time.monotonic(), None
        while True:
            wrong, picture = self.invariants.differences()
            took = time.monotonic() - began
            if took > SLOW and wrong != told:
                told = wrong
                self.say("%8.1f       after %.1f s: %s" % (time.monotonic() - self.began, took, "; ".join(wrong) or "all is well"))
            if not wrong:
                self.slowest = max(self.slowest, (took, what))
                return picture
            if took > 3 * PATIENCE:
                raise Violation("%.0f s after: %s\n%s\n%s" % (took, what, "\n".join(wrong), self.logs()))
            time.sleep(0.05)

    def logs(self):
        return "\n".join("--- %s\n%s" % (member.name, member.tail()) for member in self.world.members)

    def quiet(self, picture, seconds, what):
        """Nothing happens while nothing is done. The picture may be a little old: what has happened since counts, too."""
        since, waited = time.monotonic(), self.invariants.stalls.waited()
        before = self.invariants.statuses() or picture
        capture = Capture(self.world.client, "eth0")
        try:
            time.sleep(seconds)
            adverts = capture.adverts()
        finally:
            capture.close()
        if self.invariants.nothing_happens(since, waited, before, what):
            self.invariants.spoken(adverts, before)

    def turn(self):
        events, harmless = soak_events.draw(self.random)
        if harmless:
            before = self.settle("before %s" % events[0].__name__)
            since, waited = time.monotonic(), self.invariants.stalls.waited()
            before = self.invariants.statuses() or before
        told = []
        for event in events:
            self.count += 1
            self.kinds[event.__name__] += 1
            self.say("%8.1f %5d %s ..." % (time.monotonic() - self.began, self.count, event.__name__))
            told.append(event(self.world, self.random))
            self.say("%8.1f       %s" % (time.monotonic() - self.began, told[-1]))
        what = "; ".join(told)
        if harmless:
            self.invariants.nothing_happens(since, waited, before, what)
        self.quiet(self.settle(what), QUIET, "after: " + what)

    def rest(self):
        soak_events.rest(self.world)
        self.say("%8.1f       rest" % (time.monotonic() - self.began))
        self.quiet(self.settle("rest"), QUIET_AT_REST, "at rest")
        self.samples.take()

    def run(self, seconds, events=None):
        self.world.start()
        self.settle("start")
        soak_events.warm_up(self.world)
        self.rest()
        turns = 0
        while self.count < events if events else time.monotonic() - self.began < seconds:
            self.turn()
            turns += 1
            if turns % REST_EVERY == 0:
                self.rest()
        self.rest()
        wrong = self.samples.judge()
        if wrong:
            raise Violation("not flat: " + "\n".join(wrong))
        self.end()

    def end(self):
        """All stop, and leave nothing behind."""
        for member in self.world.members:
            member.end()
        for member in self.world.members:
            left = member.namespace.run("nft list ruleset; ip rule | grep -v 'lookup \\(local\\|main\\|default\\)'; "
                                        "ip route show proto 18; ip -6 route show proto 18", check=False)
            if left.strip():
                raise Violation("%s has left behind: %s" % (member.name, left))
        self.invariants.logs()

    def report(self):
        lines = ["seed %d: %d events in %.0f s, %d transitions (%d in quiet times, explained by stalls)" % (
            self.seed, self.count, time.monotonic() - self.began, self.invariants.transitions, self.invariants.sleepy)]
        lines.append("slowest to settle: %.1f s, %s" % self.slowest)
        lines.append("events: " + ", ".join("%s %d" % pair for pair in self.kinds.most_common()))
        lines.append("causes: " + ", ".join("%s %d" % pair for pair in sorted(self.invariants.causes.items())))
        lines.append("masters: " + ", ".join("%s %s" % (name, "".join(map(str, sorted(numbers))))
                                             for name, numbers in self.invariants.masters.items()))
        return "\n".join(lines + self.samples.table())

    def close(self):
        self.invariants.close()
        self.world.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    parser.add_argument("--events", type=int)
    parser.add_argument("--directory")
    arguments = parser.parse_args()
    directory = arguments.directory or tempfile.mkdtemp(prefix="vigia-soak-", dir="/dev/shm")
    print("seed %d, files in %s" % (arguments.seed, directory), flush=True)
    soak = Soak(directory, arguments.seed, say=lambda line: print(line, flush=True))
    try:
        soak.run(arguments.seconds, arguments.events)
    finally:
        print(soak.report(), flush=True)
        soak.close()
    if not arguments.directory:
        shutil.rmtree(directory)
    print("all that must hold held", flush=True)


if __name__ == "__main__":
    main()
