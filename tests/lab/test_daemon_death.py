# SPDX-License-Identifier: GPL-2.0-or-later
"""Whatever process of vigiad dies, the network goes on and nothing is left behind."""
import os
import signal
import tempfile
import time

import pytest

from net import PATIENCE, process_state, wait_for


def gone(pid):
    """Whether the process has ended, whether or not its parent has noticed."""
    return process_state(pid) in ("Z", None)


class Starved:
    """A control group that gives a process no more memory: the kernel kills it when it wants some."""

    V1, V2 = "/sys/fs/cgroup/memory", "/sys/fs/cgroup"

    def __init__(self):
        parent, limit = next(((path, name) for path, name in ((self.V1, "memory.limit_in_bytes"), (self.V2, "memory.max"))
                              if os.path.exists(os.path.join(path, "cgroup.procs"))), (self.V2, "memory.max"))
        self.path = tempfile.mkdtemp(prefix="vigia-test-", dir=parent)
        try:
            self.write(limit, 0)
        except OSError:
            self.close()
            raise

    def write(self, name, value):
        with open(os.path.join(self.path, name), "w") as file:
            file.write(str(value))

    def take(self, pid):
        self.write("cgroup.procs", pid)

    def close(self):
        os.rmdir(self.path)


@pytest.fixture(name="starved")
def fixture_starved():
    try:
        group = Starved()
    except OSError as error:
        pytest.skip("no control group here that limits memory: %s" % error)
    yield group
    group.close()


def dies_without_harm(network, traffic, kill, number):
    """kill() ends gw1's engine by that signal, and returns its pid. The guard speaks for it, and no packet is lost."""
    deaths = []

    def act():
        since = time.monotonic()
        deaths.append(kill())
        wait_for(lambda: len(network.capture.adverts("192.168.1.1", 0, since)) == 2, "priority 0, twice, by the guard")
        wait_for(lambda: network.gw1.pid("engine") not in (None, deaths[-1]), "a new engine")
        wait_for(lambda: network.capture.adverts("192.168.1.2", 99, since), "gw2 to take over")
        network.wait_for_gw1()
    before = network.gw1.status()["daemon"]["engine_restarts"]
    traffic.survives(act, undo=lambda: None)
    status = network.gw1.status()["daemon"]
    assert status["engine"] == "running"
    assert status["engine_restarts"] == before + len(deaths)
    assert "signal %d " % number in status["engine_death"]


def test_the_engine_runs_out_of_memory(starved, network):
    """By a reload that wants a few hundred kilobytes."""
    network.start()

    def starve():
        engine = network.gw1.pid("engine")
        starved.take(engine)
        network.gw1.configure(more="virtual_ipaddress_excluded {\n%s\n}" % "\n".join(
            "10.77.%d.%d" % (number >> 8, number & 255) for number in range(2000)))
        network.gw1.vigia("reload")
        wait_for(lambda: gone(engine), "the kernel to kill the engine\n" + network.gw1.read_log())
        network.gw1.configure()
        return engine
    dies_without_harm(network, network.traffic(), starve, signal.SIGKILL)


def test_the_engine_of_the_master_dies(network, monkeypatch):
    """By a fault of its own, and by an assertion: it is all the same to the guard. test_handover.py has kill -9."""
    if "ASAN_OPTIONS" in os.environ:  # else that reports the fault, and aborts
        monkeypatch.setenv("ASAN_OPTIONS", os.environ["ASAN_OPTIONS"] + ":handle_segv=0")
    network.start()
    traffic = network.traffic()
    for number in (signal.SIGSEGV, signal.SIGABRT):
        dies_without_harm(network, traffic, lambda: network.gw1.kill("engine", number), number)


def test_the_engine_is_killed_again_and_again(network):
    """While the guard waits longer and longer, what the engine had added does not stand for ever."""
    network.start()
    network.gw1.kill_engines(4)
    network.wait_for_master(network.gw2, network.gw1)

    def without_engine():
        status = network.gw1.status()
        return status if status and status["daemon"]["engine"] != "running" else None
    status = wait_for(without_engine, "a status without an engine")
    assert "MASTER" not in [one["state"] for one in status["instances"]]
    network.traffic()
    network.wait_for_gw1()


def test_a_stalled_engine_is_not_two_masters_for_long(network):
    network.start()
    engine = network.gw1.kill("engine", signal.SIGSTOP)
    network.gw2.wait_for_state("MASTER")
    os.kill(engine, signal.SIGCONT)
    network.wait_for_gw1()
    wait_for(lambda: network.gw2.state() == "BACKUP", "gw2 to be backup")


def test_the_front_is_killed(network):
    network.start()
    engine = network.gw1.pid("engine")
    began = time.monotonic()
    front = network.gw1.kill("front")
    wait_for(lambda: network.gw1.pid("front") not in (None, front), "a new front")
    wait_for(lambda: network.gw1.state() == "MASTER", "status from the new front")
    assert network.gw1.pid("engine") == engine
    assert not network.capture.adverts("192.168.1.2", since=began)
    network.gw1.configure(priority=150)
    assert network.gw1.vigia("reload").returncode == 0
    wait_for(lambda: network.capture.adverts("192.168.1.1", 150), "adverts of the new priority")
    # The next engine has the configuration of the last reload.
    network.gw1.kill("engine")
    wait_for(lambda: network.gw1.state() == "MASTER" and network.gw1.pid("engine") != engine, "a new engine")
    assert network.gw1.instance()["priority"]["effective"] == 150


def test_the_guard_is_killed(network):
    network.start()

    def kill():
        since = time.monotonic()
        pids = [network.gw1.pid(which) for which in ("guard", "engine", "front")]
        network.gw1.kill("guard")
        wait_for(lambda: all(gone(pid) for pid in pids), "all processes to end")
        network.gw1.process.wait()
        assert network.capture.adverts("192.168.1.1", 0, since)
        assert network.gw1.holds_nothing()
        wait_for(network.gw2.holds, "gw2 to take over")

    def start():
        network.gw1.start()
        network.wait_for_gw1()
    network.traffic().survives(kill, undo=start)
    # What it left on disk is no obstacle.
    start()


def test_all_are_killed_and_the_next_start_cleans_up(network):
    network.start()
    network.gw1.kill_all()
    network.gw2.wait_for_state("MASTER")
    assert network.gw1.holds()
    network.gw1.configure(priority=50)
    network.gw1.start()
    network.gw1.wait_for_state("BACKUP")
    wait_for(network.gw1.holds_nothing, "what the dead one left to go")
    wait_for(network.gw2.holds, "gw2 to hold everything")


def test_a_stop_while_the_engine_is_dead(network):
    network.start()
    network.gw1.kill_engines(2)
    assert network.gw1.stop() == 0
    assert network.gw1.holds_nothing()
    wait_for(network.gw2.holds, "gw2 to be master")


def test_an_engine_that_does_not_answer_is_killed(network):
    network.start()
    network.gw1.kill("engine", signal.SIGSTOP)
    network.gw1.process.terminate()
    network.gw2.wait_for_state("MASTER")
    assert network.gw1.process.wait(timeout=PATIENCE) == 0
    assert "did not stop in time" in network.gw1.read_log()
    assert network.capture.adverts("192.168.1.1", 0)
    assert network.gw1.holds_nothing()


def test_a_front_that_hangs_holds_nobody_up(network):
    network.start()
    began = time.monotonic()
    network.gw1.kill("front", signal.SIGSTOP)
    network.pull_uplink(network.gw1)
    network.wait_for_master(network.gw2, network.gw1, ask=False)
    network.pull_uplink(network.gw1, there=True)
    network.wait_for_master(network.gw1, network.gw2, ask=False)
    assert network.capture.adverts("192.168.1.1", 0, since=began)
    assert network.gw1.stop() == 0
    assert network.gw1.holds_nothing()
    wait_for(network.gw2.holds, "gw2 to hold everything")
