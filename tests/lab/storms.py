# SPDX-License-Identifier: GPL-2.0-or-later
"""Very many frames in a short time, by the program storm."""
import json
import os
import struct
import subprocess
import time

from gateways import BUILD

RATE = 100000
CPUCLOCK_SCHED = 2  # of the kernel: a process's clock, by its number (clock_getcpuclockid)
PROGRAM = os.path.join(BUILD, "tests", "lab", "storm")


class Storm:
    """The frames, again and again, onto the interface of a namespace that the test has made."""

    def __init__(self, namespace, interface, frames, directory, rate=RATE, count=RATE // 5):
        path = os.path.join(str(directory), "frames")
        with open(path, "wb") as file:
            file.write(b"".join(struct.pack("!H", len(frame)) + frame for frame in frames))
        self.namespace, self.interface, self.rate, self.count = namespace, interface, rate, count
        self.refused = self.refused_by_kernel()
        self.process = namespace.popen([PROGRAM, interface, path, str(rate), str(count)], stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT, text=True)

    def refused_by_kernel(self):
        """Frames that never left: the other end of the cable had no room."""
        (link,) = json.loads(self.namespace.run("ip -j -s link show dev " + self.interface))
        return link["stats64"]["tx"]["dropped"]

    def end(self):
        """How many frames have come to the other end of the cable."""
        output = self.process.communicate()[0]
        assert self.process.returncode == 0, output
        self.told = json.loads(output)
        return self.told["sent"] - (self.refused_by_kernel() - self.refused)

    def rate_reached(self):
        return self.told["sent"] / self.told["seconds"]


def lost(status):
    """Packets that the daemon has not seen, by its own account."""
    return status["overruns"]["packets"]


def spent(pid):
    """Seconds of processor time, of all threads, those that have ended, too."""
    return time.clock_gettime(~pid << 3 | CPUCLOCK_SCHED)
