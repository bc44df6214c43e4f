# SPDX-License-Identifier: GPL-2.0-or-later
"""When this machine itself stood still: the witness of tests that bound how late something may be."""
import contextlib
import os
import subprocess
import time

from net import PATIENCE

PROBE = os.path.join(os.environ.get("VIGIA_BUILD_DIR", ""), "tests", "lab", "standstill")
LIMIT_US = 200  # many short ones make an advert late, too
LONG = 0.002  # seconds
ROOM = 1 << 20  # for what the probes say until they are asked
HELD_UP = 0.02  # seconds that it stood still at once: engines may stall and queues of packets overflow by right


def merged(spans):
    """In order, none of them in or beside another one."""
    found = []
    for begin, until in sorted(spans):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(until, found[-1][1]))
        else:
            found.append((begin, until))
    return found


class Standstill:
    """From now on until close(): when the machine held up, for more than 0.2 ms, whatever ran on one of these processors (all of them,
    unless they are named), whoever was to blame. See standstill.c."""

    def __init__(self, *processors):
        self.spans = self.began = self.ended = None
        self.probes = []
        try:
            for processor in processors or sorted(os.sched_getaffinity(0)):
                self.probes.append(subprocess.Popen(["taskset", "-c", str(processor), PROBE, str(LIMIT_US)],
                                                    stdout=subprocess.PIPE, pipesize=ROOM, text=True))
                assert self.probes[-1].stdout.readline() == "ready\n", "the probe needs a real-time priority"
            self.began = time.monotonic()
        except BaseException:
            self.close()
            raise

    def close(self):
        """[(from, until)] in seconds, in order; the same when it is called again."""
        if self.spans is not None:
            return self.spans
        self.ended = time.monotonic()
        spans = []
        for process in self.probes:
            process.terminate()
            with contextlib.closing(process.stdout):
                told, _ = process.communicate(timeout=PATIENCE)
            pairs = [[int(number) / 1e9 for number in line.split()] for line in told.splitlines() if line != "ready"]
            spans += [(at, at + late) for at, late in pairs]
        self.spans = merged(spans)
        return self.spans

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def within(self, begin, until):
        """How long it stood still in this time."""
        return sum(max(0, min(until, end) - max(begin, start)) for start, end in self.close())

    def ran(self, begin, until):
        """How long it did not stand still in this time, as far as anybody watched."""
        self.close()
        begin, until = max(begin, self.began), min(until, self.ended)
        return max(0, until - begin - self.within(begin, until))

    def long(self):
        """[(from, until)] of more than 2 ms."""
        return [(begin, until) for begin, until in self.close() if until - begin > LONG]

    def longest(self):
        """Of the times that it stood still without a pause."""
        return max((until - begin for begin, until in self.close()), default=0.0)

    def longest_gap(self, times):
        """Between two of them, without what the machine stood still in between; see ran."""
        return max((self.ran(earlier, later) for earlier, later in zip(times, times[1:])), default=PATIENCE)
