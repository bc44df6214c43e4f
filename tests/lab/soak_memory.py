# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether what the processes of the soak hold stays as it is: descriptors, threads, children, files, memory.

Samples are taken when all is at rest, that is, with the same configuration, the same links and everything quiet. So descriptors,
threads, children and files must be the same, to the last one. Memory is what a process has written to (Private_Dirty); it may
grow a little, for histories fill up to their bounds, and what was needed at once for a moment is kept by the C library. Under a
sanitizer what was freed is kept for a while and weighs; there the allowance is greater.
"""
import contextlib
import os
import statistics
import time

ALLOWANCE_KIB = {"guard": 128, "engine": 256, "front": 512, "runner": 256}
ALLOWANCE_SANITIZED_KIB = 6144
LOOKS, LOOKS_MOST = 8, 200
FEW = 8  # samples, among which one that was taken after a great moment weighs too much: twice the allowance
SANITIZED = "ASAN_OPTIONS" in os.environ


def measure(pid):
    with open("/proc/%d/smaps_rollup" % pid) as file:
        dirty = next(int(line.split()[1]) for line in file if line.startswith("Private_Dirty"))
    children = 0
    for task in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/children" % (pid, task)) as file:
            children += len(file.read().split())
    return {"descriptors": len(os.listdir("/proc/%d/fd" % pid)), "threads": len(os.listdir("/proc/%d/task" % pid)),
            "children": children, "KiB": dirty}


COUNTED = ("descriptors", "threads", "children")


def at_rest(pid, earlier):
    """The least of several looks: a script that runs, or a client, is there for a moment only. On a busy machine the moment is long, so
    what is more than earlier is looked at again for a while."""
    least = {}
    for number in range(LOOKS_MOST):
        with contextlib.suppress(OSError, StopIteration):
            look = measure(pid)
            least = {what: min(value, least.get(what, value)) for what, value in look.items()}
        if number >= LOOKS and least and all(least[what] <= earlier.get(what, least[what]) for what in COUNTED):
            break
        time.sleep(0.03)
    return least


class Samples:
    def __init__(self, world):
        self.world = world
        self.taken = {}  # (gateway, process): samples of one life, by its number
        self.files = []  # of all daemons

    def take(self):
        for member in self.world.members:
            for which in ("guard", "engine", "front", "runner"):
                pid = member.process.pid if which == "guard" else member.pid(which)
                key = (member.name, which)
                life, samples = self.taken.get(key, (None, []))
                if life != pid:
                    samples = []
                samples.append(at_rest(pid, samples[0] if samples else {}))
                self.taken[key] = (pid, samples)
        self.files.append(len([name for name in os.listdir(self.world.directory) if ".trace" not in name]))

    def judge(self):
        """What is not flat."""
        wrong = []
        if self.files[-1] > self.files[0]:
            wrong.append("files: %s: %s" % (self.files, os.listdir(self.world.directory)))
        for (gateway, which), (_, samples) in sorted(self.taken.items()):
            samples = warm(samples)
            if len(samples) < 2:
                continue
            for what in COUNTED:
                values = [sample[what] for sample in samples]
                if values[-1] > values[0] and values[-1] >= max(values):
                    wrong.append("%s of %s %s: %s" % (what, gateway, which, values))
            first, last = thirds([sample["KiB"] for sample in samples])
            allowance = ALLOWANCE_SANITIZED_KIB if SANITIZED else ALLOWANCE_KIB[which]
            if last > first + (2 * allowance if len(samples) < FEW else allowance):
                wrong.append("memory of %s %s: %s" % (gateway, which, [sample["KiB"] for sample in samples]))
        return wrong

    def table(self):
        lines = []
        for (gateway, which), (_, samples) in sorted(self.taken.items()):
            first, last = thirds([sample["KiB"] for sample in warm(samples) or samples])
            lines.append("%s %-6s %3d samples, %2d descriptors, %2d threads, %2d children, %6.0f -> %6.0f KiB" % (
                gateway, which, len(samples), samples[-1]["descriptors"], samples[-1]["threads"], samples[-1]["children"],
                first, last))
            if len(samples) > FEW:
                lines.append("    KiB: " + " ".join("%d" % sample["KiB"] for sample in samples))
        return lines


def warm(samples):
    """Without those of the beginning."""
    return samples[max(2, len(samples) // 4):]


def thirds(values):
    """The medians of the first and of the last third."""
    size = max(1, len(values) // 3)
    return statistics.median(values[:size]), statistics.median(values[-size:])
