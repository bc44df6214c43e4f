# SPDX-License-Identifier: GPL-2.0-or-later
"""A new engine that hangs while it takes the place of the one that runs: the network does not wait for it.

The old engine must write its state and stand still while its successor is stopped already. Nobody could time that from outside; but an
engine that waits for the outcome of a drain is not ready to be replaced, and asked again soon. So a virtual router that nobody takes
over from is drained until the successor is stopped."""
import contextlib
import os
import re
import signal
import subprocess
import time

from gateways import BUILD
from net import PATIENCE, wait_for
from upgrades import TOO_SLOW, children, is_engine, is_waiting, upgrade, version_of

ALONE = """
vrrp_instance ALONE {
    interface eth0
    virtual_router_id 61
    version 3
    advert_int 0.1
    virtual_ipaddress {
        192.168.1.201
    }
}
"""
BFD = """
bfd_instance other {
    neighbor_ip %s
    source_ip %s
    min_rx 100
    min_tx 100
    multiplier 3
}
"""


def start(network):
    gw1, gw2 = network.gw1, network.gw2
    gw1.configure(BFD % (gw2.address, gw1.address) + gw1.text(interval=0.1) + ALONE)
    gw2.configure(BFD % (gw1.address, gw2.address) + gw2.text(interval=0.1, more="track_bfd {\n other weight -50\n }"))
    network.start()
    wait_for(lambda: all(bfd(gateway)["state"] == "Up" for gateway in (gw1, gw2)), "the BFD session")
    wait_for(lambda: gw1.states() == {"VI_1": "MASTER", "ALONE": "MASTER"}, "both to be masters")


def bfd(gateway):
    return gateway.status()["bfd"][0]


class Hangs:
    """An upgrade of gw1 whose new engines are stopped, one after the other."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.known = children(gateway.pid("guard"))
        self.upgrade = None

    def start_vigia(self, *arguments):
        return subprocess.Popen([os.path.join(self.gateway.programs, "vigia"), *arguments, "--control", self.gateway.control],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def begin_drain(self, replaced=lambda: False):
        """None if the engine is replaced before it answers."""
        def said():
            """None while the engine stands still: of one that does not answer there are no counters."""
            return next((one["counters"]["priority_zero_sent"] for one in self.gateway.instances()
                         if one["name"] == "ALONE" and "counters" in one), None)
        before = wait_for(lambda: replaced() or [count for count in [said()] if count is not None], "the engine to answer")
        if before is True:
            return None
        drain = self.start_vigia("drain", "ALONE", "--timeout", "1.5")
        wait_for(lambda: (said() or 0) > before[0], "the drain to begin")
        return drain

    def new_engine(self):
        """None: the upgrade is at its end."""
        def found():
            new = [pid for pid in children(self.gateway.pid("guard")) - self.known if is_engine(pid)]
            return new or (self.upgrade.poll() is not None and [None])
        pid = wait_for(found, lambda: "a new engine\n" + self.gateway.read_log(), step=0.001)[0]
        self.known.add(pid)
        return pid

    def stop_first(self):
        drain = self.begin_drain()
        self.upgrade = self.start_vigia("upgrade")
        self.stop_at_its_worst(self.new_engine(), drain)

    def stop_next(self):
        """As it comes, until there is a drain that it waits for; it may have been killed for that already. False: it was too quick."""
        pid = self.new_engine()
        if pid is None or not signal_to(pid, signal.SIGSTOP):
            return False
        # It may have said already that it goes on.
        drain = self.begin_drain(lambda: self.gateway.pid("engine") == pid)
        signal_to(pid, signal.SIGCONT)
        return drain is not None and self.stop_at_its_worst(pid, drain)

    def stop_at_its_worst(self, pid, drain):
        def gone():
            return not os.path.exists("/proc/%d" % pid)
        wait_for(lambda: gone() or is_waiting(pid), "the new engine to wait for the state")
        assert gone() or drain.poll() is None, "the machine is too slow for the time of the drain"
        signal_to(pid, signal.SIGSTOP)
        wait_for(gone, lambda: "its end\n" + self.gateway.read_log(), step=0.001)
        drain.communicate()
        return True


def signal_to(pid, number):
    with contextlib.suppress(ProcessLookupError, TypeError):
        os.kill(pid, number)
        return True
    return False


class Unmoved:
    """Who is master, since when, on both gateways, and what their BFD session did."""

    def __init__(self, network):
        self.network = network
        self.then = self.now()
        self.since = time.monotonic()

    def now(self):
        def of(gateway):
            main = next(one for one in gateway.instances() if one["name"] == "VI_1")
            session = bfd(gateway)
            return [main["state"], main["since"], main["counters"]["became_master"], session["state"], session["downs"]]
        return [of(gateway) for gateway in (self.network.gw1, self.network.gw2)]

    def still_holds(self):
        assert self.now() == self.then, self.network.gw1.read_log() + self.network.gw2.read_log()
        assert not self.network.capture.adverts("192.168.1.2", 99, since=self.since)
        assert not [one for one in self.network.capture.adverts("192.168.1.1", 0, since=self.since) if one.vrid == 51]

    def longest_silence(self):
        times = [one.at for one in self.network.capture.adverts("192.168.1.1", since=self.since) if one.vrid == 51]
        return max(later - earlier for earlier, later in zip(times, times[1:]))


def test_one_that_hangs_is_killed_in_time_and_another_one_tried(installed):
    network = installed
    start(network)
    engine, hangs, unmoved = network.gw1.pid("engine"), Hangs(network.gw1), Unmoved(network)
    hangs.stop_first()
    said, _ = hangs.upgrade.communicate(timeout=PATIENCE)
    assert hangs.upgrade.returncode == 0, said + network.gw1.read_log()
    assert "did not go on within" in network.gw1.read_log()
    assert network.gw1.pid("engine") != engine
    wait_for(lambda: bfd(network.gw1)["sent"], "what the new one says")
    unmoved.still_holds()
    print("longest silence", unmoved.longest_silence())
    # What the guard waits for is told, and short.
    stood = [float(each) for each in re.findall("did not go on within ([0-9.]+) ms", network.gw1.read_log())]
    assert len(stood) == 1, stood


def test_all_that_are_tried_hang(installed):
    network = installed
    start(network)
    unmoved = Unmoved(network)
    for _ in range(5):
        engine, hangs = network.gw1.pid("engine"), Hangs(network.gw1)
        hangs.stop_first()
        if hangs.stop_next() and hangs.stop_next():
            break
        hangs.upgrade.communicate(timeout=PATIENCE)
    said, _ = hangs.upgrade.communicate(timeout=PATIENCE)
    assert hangs.upgrade.returncode == 1
    assert TOO_SLOW in said
    assert network.gw1.pid("engine") == engine
    heard = network.gw2.instance()["counters"]["adverts_received"]
    wait_for(lambda: network.gw2.instance()["counters"]["adverts_received"] > heard + 5, "what the old one says")
    unmoved.still_holds()
    print("longest silence", unmoved.longest_silence())
    upgrade(network.gw1, version_of(BUILD))
    unmoved.still_holds()
