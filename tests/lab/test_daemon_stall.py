# SPDX-License-Identifier: GPL-2.0-or-later
"""An engine that was stopped for 0.2, 2 and 20 intervals. Shorter than the protocol allows, nobody notices; after longer it acts on
nothing that it believed before. Adverts come every 100 ms."""
import os
import signal
import time
from typing import NamedTuple

import pytest

from net import wait_for
from standstill import Standstill

INTERVAL = 0.1
SHORT, LONGER, LONG = 0.2 * INTERVAL, 2 * INTERVAL, 20 * INTERVAL
DOWN = 0.36  # Active_Down_Interval of either gateway, and a little less
CHECK = 1.25 * INTERVAL  # after an advert: then a Backup looks whether it was awake
PROMPT = 0.02  # so soon after SIGCONT an engine that is not alone on its processor has spoken
SLACK = 0.002
HELD_UP = 0.005
TRIES = 40


@pytest.fixture(name="quick")
def fixture_quick(network):
    for gateway in (network.gw1, network.gw2):
        gateway.configure(interval=INTERVAL)
    return network


class Stall(NamedTuple):
    heard: float  # the last advert before it
    stopped: float
    thawed: float  # the moment before SIGCONT, and behind it
    runs: float


def stall(network, gateway, length):
    """Its engine stands still for so long, and begins to just before an advert of gw1 is due; or later, as this program itself is."""
    count = len(network.capture.adverts("192.168.1.1"))
    heard = wait_for(lambda: network.capture.adverts("192.168.1.1")[count:], "an advert", step=0.002)[-1].at
    time.sleep(max(0, heard + 0.9 * INTERVAL - time.monotonic()))
    engine = gateway.kill("engine", signal.SIGSTOP)
    stopped = time.monotonic()
    time.sleep(length)
    thawed = time.monotonic()
    os.kill(engine, signal.SIGCONT)
    runs = time.monotonic()
    return Stall([advert.at for advert in network.capture.adverts("192.168.1.1") if advert.at < stopped][-1], stopped, thawed, runs)


def codes(gateway):
    """What happened to the virtual router, oldest first."""
    return [entry["code"] for entry in gateway.instance()["history"] if "code" in entry]


def transitions(network):
    return [[entry for entry in gateway.instance()["history"] if entry["from"] != entry["to"]]
            for gateway in (network.gw1, network.gw2) if gateway.process]


def metric(gateway, name):
    lines = gateway.vigia("metrics").stdout.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(name + " "))


class Lateness:
    """What a gateway says of its engine, from now on."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.before = gateway.status()["lateness"]

    def tells(self, least, most):
        """Of one turn that was late, for a time between these: something else may have been due before the advert was."""
        def told():
            now = self.gateway.status()["lateness"]
            return now["sum"] - self.before["sum"] > least - SLACK and \
                metric(self.gateway, "vigia_engine_lateness_longest_seconds") == now["longest"] and \
                metric(self.gateway, "vigia_engine_stalls_total") == now["stalls"] and now
        now = wait_for(told, lambda: "a turn that was %f s late: %s" % (least, self.gateway.status()["lateness"]))
        assert now["longest"] > least - SLACK
        assert now["stalls"] == now["histogram"][-1]["turns"] - \
            next(entry["turns"] for entry in now["histogram"] if entry["at_most"] == now["stall_limit"])
        if least > now["stall_limit"] + SLACK:
            assert now["stalls"] > self.before["stalls"]
            # The machine may have stood still behind it, too.
            assert now["stalls"] > self.before["stalls"] + 1 or least - SLACK < now["last_stall"]["late"] < most + PROMPT, now
            wait_for(lambda: "the engine stood still" in self.gateway.read_log(), "a line of the log")


def stall_of(network, gateway, length, due, until=3600.0):
    """One that began before what the engine has to do so long after the last advert of gw1, ended behind it (if it is that long), and
    before `until` after that advert. When the machine, or this program, was held up: once more.
    (the stall, who was what before it, the lateness before it)"""
    for _ in range(TRIES):
        before, lateness = transitions(network), Lateness(gateway)
        with Standstill() as machine:
            one = stall(network, gateway, length)
            wait_for(lambda: len(network.capture.adverts("192.168.1.1", since=one.thawed)) > 2, "gw1 to go on")
        begun = one.heard + SLACK < one.stopped < one.heard + INTERVAL - SLACK
        ended = one.thawed > one.heard + due + SLACK or length < due - 0.9 * INTERVAL
        # What the machine does while the engine stands still anyway, is all the same.
        held_up = machine.within(one.heard, one.stopped) + machine.within(one.thawed, one.runs + INTERVAL)
        if begun and ended and one.runs < one.heard + until and held_up < HELD_UP:
            return one, before, lateness
        if network.gw2.process:
            network.wait_for_gw1()
    return pytest.fail("the machine has no time for a stall of %f s" % length)


@pytest.mark.parametrize("length", [SHORT, LONGER])
def test_nobody_notices_a_master_that_stops_for_a_moment(quick, length):
    network = quick.start()
    one, before, lateness = stall_of(network, network.gw1, length, INTERVAL, DOWN - PROMPT)
    assert transitions(network) == before, network.gw1.read_log() + network.gw2.read_log()
    spoke = network.capture.adverts("192.168.1.1", since=one.thawed)[0]
    assert spoke.at - one.runs < PROMPT
    assert spoke.priority == 100
    assert not network.capture.adverts("192.168.1.2", since=one.heard)
    lateness.tells(one.thawed - one.heard - INTERVAL, one.runs - one.stopped)


# covers: TMR-10
def test_a_master_that_stood_still_listens_before_it_speaks(quick):
    network = quick.start()
    stalls = []

    def adverts(source, since, count):
        return wait_for(lambda: network.capture.adverts(source, since=since)[count - 1:], "adverts of " + source)[0].at

    def freeze_it():
        stalls.append((network.gw1.kill("engine", signal.SIGSTOP), time.monotonic()))
        time.sleep(LONG)
        adverts("192.168.1.2", stalls[-1][1], 5)  # they wait in its socket

    def thaw_it():
        engine, stopped = stalls[-1]
        thawed = time.monotonic()
        os.kill(engine, signal.SIGCONT)
        network.wait_for_gw1()
        spoke = adverts("192.168.1.1", thawed, 1)
        # It heard gw2 by adverts that waited, let go, and took over as a backup with the better priority does.
        assert spoke - thawed > 0.9 * INTERVAL
        quiet = adverts("192.168.1.1", spoke, 2)
        assert not network.capture.adverts("192.168.1.2", since=quiet)
        assert network.capture.gratuitous_arps("192.168.1.200", thawed)
        said = network.gw1.status()["lateness"]
        assert said["stalls"] > 0 and said["longest"] > thawed - stopped - INTERVAL - SLACK
    traffic = network.traffic()
    freeze_it()
    traffic.flows()
    traffic.survives(thaw_it, undo=freeze_it)
    assert "stalled" in codes(network.gw1)


def test_a_master_that_stood_still_and_is_alone_says_so_again(quick):
    network = quick
    network.gw1.start()
    network.gw1.wait_for_state("MASTER")
    wait_for(network.gw1.holds, "gw1 to hold everything")
    traffic = network.traffic()
    first = traffic.sent
    one, _, lateness = stall_of(network, network.gw1, LONG, INTERVAL)
    assert network.capture.adverts("192.168.1.1", 100, one.thawed)[0].at - one.thawed > 0.9 * INTERVAL
    network.gw1.wait_for_state("MASTER")
    assert codes(network.gw1).count("stalled") == codes(network.gw1).count("stall-over") > 0
    assert network.capture.gratuitous_arps("192.168.1.200", one.thawed)
    lateness.tells(one.thawed - one.heard - INTERVAL, one.runs - one.stopped)
    assert traffic.lost_since(first) == []


@pytest.mark.parametrize("length", [SHORT, LONGER, LONG])
def test_a_backup_that_stood_still_takes_nothing_over(quick, length):
    network = quick.start()
    one, before, lateness = stall_of(network, network.gw2, length, CHECK)
    received = network.gw2.instance()["counters"]["adverts_received"]
    wait_for(lambda: network.gw2.instance()["counters"]["adverts_received"] > received + 4, "gw2 to go on listening")
    assert transitions(network) == before
    assert network.gw2.state() == "BACKUP"
    assert not network.capture.adverts("192.168.1.2", since=one.heard)
    if length > CHECK:
        lateness.tells(one.thawed - one.heard - CHECK, one.runs - one.stopped)
