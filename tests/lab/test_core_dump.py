# SPDX-License-Identifier: GPL-2.0-or-later
"""A core dump that takes its time. Where dumps go is the whole machine's: this runs in the one of tests/guest/run, and nowhere else."""
import os
import signal

import pytest

from lone import Daemon, Machine, instance
from net import VRRP_ONLY, Capture, wait_for

PATTERN = "/proc/sys/kernel/core_pattern"
# Reads nothing of what it is given, so that the dump stands still.
READER = ["/bin/sleep", "4711"]


@pytest.fixture(name="machine")
def fixture_machine():
    if "VIGIA_GUEST" not in os.environ:
        pytest.skip("sets where the core dumps of the machine go")
    with open(PATTERN) as file:
        before = file.read()
    machine = Machine("ours")
    yield machine
    machine.close()
    with open(PATTERN, "w") as file:
        file.write(before)


def reader():
    """Its pid, or None."""
    for number in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/cmdline" % number) as file:
                if file.read().split("\0")[:-1] == READER:
                    return int(number)
        except OSError:
            continue
    return None


def test_the_guard_does_not_wait_for_it(machine, tmp_path):
    with open(PATTERN, "w") as file:
        file.write("|" + " ".join(READER))
    daemon = Daemon(machine, str(tmp_path))
    daemon.start(instance(""))
    daemon.wait_for_state("MASTER")
    capture = Capture(machine.far, "eth0", only=VRRP_ONLY)
    engine = daemon.kill("engine", signal.SIGSEGV)
    sleeper = wait_for(reader, "the dump to begin")
    wait_for(lambda: len(capture.adverts(priority=0)) == 2, lambda: "priority 0, twice\n" + daemon.read_log())
    assert os.path.exists("/proc/%d/maps" % engine) and daemon.pid("engine") == engine
    os.kill(sleeper, signal.SIGKILL)
    wait_for(lambda: daemon.pid("engine") not in (0, engine), lambda: "a new engine\n" + daemon.read_log())
    daemon.wait_for_state("MASTER")
    assert "signal 11 " in daemon.status()["daemon"]["engine_death"]
    assert len(capture.adverts(priority=0)) == 2
    capture.close()
    daemon.stop()
