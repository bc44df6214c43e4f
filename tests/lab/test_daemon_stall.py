# SPDX-License-Identifier: GPL-2.0-or-later
"""An engine that stood still for longer than the protocol allows acts on nothing that it believed before."""
import os
import signal
import time

from net import wait_for

INTERVAL = 0.1
DOWN = 0.4  # a little more than Master_Down_Interval of either gateway


def freeze(gateway):
    return gateway.kill("engine", signal.SIGSTOP)


def thaw(engine):
    now = time.monotonic()
    os.kill(engine, signal.SIGCONT)
    return now


def codes(gateway):
    """What happened to the virtual router, oldest first."""
    return [entry["code"] for entry in gateway.instance()["history"] if "code" in entry]


# covers: TMR-10
def test_a_frozen_master_listens_before_it_speaks(network):
    network.start()
    traffic = network.traffic()
    engine = freeze(network.gw1)
    network.gw2.wait_for_state("MASTER")
    traffic.flows()
    time.sleep(5 * DOWN)  # its socket fills with adverts of gw2
    first = traffic.sent
    thawed = thaw(engine)
    network.wait_for_gw1()
    spoke = network.capture.adverts("192.168.1.1", since=thawed)[0].at
    # It heard gw2 by adverts that waited, let go, and took over as a backup with the better priority does.
    assert spoke - thawed > 0.9 * INTERVAL
    assert traffic.lost_since(first) == []
    assert "stalled" in codes(network.gw1)
    quiet = network.capture.adverts("192.168.1.1", since=spoke)[1].at
    assert not network.capture.adverts("192.168.1.2", since=quiet)


def test_a_frozen_master_that_is_alone_keeps_its_addresses(network):
    network.gw1.start()
    network.gw1.wait_for_state("MASTER")
    wait_for(network.gw1.holds, "gw1 to hold everything")
    traffic = network.traffic()
    first = traffic.sent
    engine = freeze(network.gw1)
    time.sleep(2 * DOWN)
    thawed = thaw(engine)
    wait_for(lambda: network.capture.adverts("192.168.1.1", 100, thawed), "gw1 to go on")
    network.gw1.wait_for_state("MASTER")
    assert "stall-over" in codes(network.gw1)
    assert network.capture.gratuitous_arps("192.168.1.200", thawed)
    assert traffic.lost_since(first) == []


def test_a_frozen_backup_takes_nothing_over(network):
    network.start()
    engine = freeze(network.gw2)
    time.sleep(5 * DOWN)
    thawed = thaw(engine)
    before = network.gw2.instance()["counters"]["adverts_received"]
    wait_for(lambda: network.gw2.instance()["counters"]["adverts_received"] > before + 5, "gw2 to go on listening")
    assert not network.capture.adverts("192.168.1.2", since=thawed)
    assert network.gw2.state() == "BACKUP"
