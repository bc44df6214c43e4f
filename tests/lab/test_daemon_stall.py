# SPDX-License-Identifier: GPL-2.0-or-later
"""An engine that stood still for longer than the protocol allows acts on nothing that it believed before."""
import os
import signal
import time

from gateways import INTERVAL
from net import wait_for

DOWN = 4 * INTERVAL  # more than Master_Down_Interval of either gateway


def freeze(gateway):
    return gateway.kill("engine", signal.SIGSTOP)


def thaw(engine):
    now = time.monotonic()
    os.kill(engine, signal.SIGCONT)
    return now


def turns_within(lateness, limit):
    return next(entry["turns"] for entry in lateness["histogram"] if entry["at_most"] == limit)


def codes(gateway):
    """What happened to the virtual router, oldest first."""
    return [entry["code"] for entry in gateway.instance()["history"] if "code" in entry]


# covers: TMR-10
def test_a_frozen_master_listens_before_it_speaks(network):
    network.start()
    engines = []

    def adverts(source, since, count):
        return wait_for(lambda: network.capture.adverts(source, since=since)[count - 1:], "adverts of " + source)[0].at

    def freeze_it():
        since = time.monotonic()
        engines.append(freeze(network.gw1))
        adverts("192.168.1.2", since, 5)  # they wait in its socket

    def thaw_it():
        thawed = thaw(engines[-1])
        network.wait_for_gw1()
        spoke = adverts("192.168.1.1", thawed, 1)
        # It heard gw2 by adverts that waited, let go, and took over as a backup with the better priority does.
        assert spoke - thawed > 0.9 * INTERVAL
        quiet = adverts("192.168.1.1", spoke, 2)
        assert not network.capture.adverts("192.168.1.2", since=quiet)
    traffic = network.traffic()
    freeze_it()
    traffic.flows()
    traffic.survives(thaw_it, undo=freeze_it)
    assert "stalled" in codes(network.gw1)


def test_a_frozen_master_that_is_alone_keeps_its_addresses(network):
    network.gw1.start()
    network.gw1.wait_for_state("MASTER")
    wait_for(network.gw1.holds, "gw1 to hold everything")
    traffic = network.traffic()
    first = traffic.sent
    engine = freeze(network.gw1)
    time.sleep(1.5 * DOWN)
    thawed = thaw(engine)
    wait_for(lambda: network.capture.adverts("192.168.1.1", 100, thawed), "gw1 to go on")
    network.gw1.wait_for_state("MASTER")
    wait_for(lambda: "stall-over" in codes(network.gw1), "a record of it")
    assert network.capture.gratuitous_arps("192.168.1.200", thawed)
    lateness = network.gw1.status()["lateness"]
    assert lateness["longest"] > 1.5 * DOWN - INTERVAL and lateness["last_stall"]["late"] > lateness["stall_limit"]
    assert lateness["stalls"] == lateness["histogram"][-1]["turns"] - turns_within(lateness, lateness["stall_limit"])
    assert "the engine stood still" in network.gw1.read_log()
    assert traffic.lost_since(first) == []


def test_a_frozen_backup_takes_nothing_over(network):
    network.start()
    engine = freeze(network.gw2)
    time.sleep(2 * DOWN)
    thawed = thaw(engine)
    before = network.gw2.instance()["counters"]["adverts_received"]
    wait_for(lambda: network.gw2.instance()["counters"]["adverts_received"] > before + 5, "gw2 to go on listening")
    assert not network.capture.adverts("192.168.1.2", since=thawed)
    assert network.gw2.state() == "BACKUP"
