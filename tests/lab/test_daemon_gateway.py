# SPDX-License-Identifier: GPL-2.0-or-later
"""Two vigiads keep the course's network up: start, planned stop, preemption, reload, and what cables do."""
import os
import re
import time

from gateways import VIRTUAL
from net import gratuitous_arp, send_frame, vrrp_advert, wait_for


def test_the_configurations_of_the_slides(network):
    network.gw1.slide_configuration()
    network.gw2.slide_configuration()
    network.start()
    network.gw2.wait_for_state("BACKUP")
    wait_for(lambda: len(network.capture.adverts()) >= 2, "two adverts")
    for advert in network.capture.adverts():
        assert (advert.version, advert.type, advert.vrid, advert.priority) == (2, 1, 51, 100)
        assert (advert.source, advert.destination, advert.ttl) == ("192.168.1.1", "224.0.0.18", 255)
    assert network.capture.gratuitous_arps(VIRTUAL)
    assert "proto keepalived" in network.gw1.namespace.run("ip route show default")
    network.traffic()
    instance = network.gw1.instance()
    assert instance["peer"] is None
    assert instance["addresses"][0]["held"] and instance["routes"][0]["held"]


# covers: FSM-A9 FSM-A21
def test_a_planned_stop_loses_no_packet(network):
    network.start()

    def stop():
        since = time.monotonic()
        assert network.gw1.stop() == 0
        assert network.gw1.holds_nothing()
        wait_for(network.gw2.holds, "gw2 to take over")
        assert len(network.capture.adverts("192.168.1.1", 0, since)) >= 2

    def start():
        network.gw1.start()
        network.wait_for_gw1()
    network.traffic().survives(stop, undo=start)
    for file in (".pid", "-vrrp.pid", ".sock"):
        assert not os.path.exists(network.gw1.path(file))


def test_a_drained_gateway_stays_drained(network):
    """A default route that moves, and NAT; then a reload, and the deaths of engine and front."""
    network.start()
    gw1, gw2 = network.gw1, network.gw2

    def drain():
        done = gw1.vigia("drain")
        assert done.returncode == 0 and re.match("VI_1: 192.168.1.2 took over after [0-9.]+ m?s\n$", done.stdout)
        network.wait_for_master(gw2, gw1)

    def resume():
        assert gw1.vigia("resume").stdout == "VI_1: in service again\n"
        network.wait_for_gw1()
    network.traffic().survives(drain, undo=resume)
    gw1.configure(priority=200)
    assert gw1.vigia("reload").returncode == 0
    gw1.kill("engine")
    gw1.wait_for_state("DRAINED")
    gw1.kill("front")
    gw1.wait_for_state("DRAINED")
    assert gw1.holds_nothing() and gw2.holds()
    assert "drained" in gw1.instance()["blockers_text"]
    # The other one cannot be drained as well: nobody is left.
    done = gw2.vigia("drain", "VI_1", "--timeout", "0.5")
    assert done.returncode == 1 and "still master" in done.stdout
    assert gw2.holds() and gw2.state() == "MASTER"
    resume()
    # What cannot be, and who is asked for it.
    assert gw2.vigia("takeover", "NOBODY").returncode == 1
    assert gw2.vigia("takeover", "--force").returncode == 2


def test_the_better_router_preempts_without_loss(network):
    network.gw2.start()
    wait_for(network.gw2.holds, "gw2 to be alone")

    def start():
        network.gw1.start()
        network.wait_for_gw1()

    def stop():
        network.gw1.stop()
        wait_for(network.gw2.holds, "gw2 to be alone")
    network.traffic().survives(start, undo=stop)
    assert "not-forwarding" not in codes(network.gw1)
    # A kernel that passes nothing on is told of; somebody else serves, but that one may fail, too.
    stop()
    network.gw1.namespace.run("sysctl -qw net.ipv4.conf.eth1.forwarding=0")
    start()
    assert "not-forwarding" in codes(network.gw1)


def codes(gateway):
    return [entry["code"] for entry in gateway.instance()["history"]]


def test_the_last_router_ends_although_nobody_takes_over(network):
    network.gw1.start()
    wait_for(network.gw1.holds, "gw1 to be master")
    assert network.gw1.stop() == 0
    assert network.gw1.holds_nothing()


def test_a_second_signal_ends_at_once(network):
    text = network.gw1.text(interval=40)
    network.gw1.configure(text.replace("state BACKUP", "state MASTER").replace("priority 100", "priority 255"))
    network.gw1.start()
    wait_for(network.gw1.holds, "gw1 to be master")
    network.gw1.process.terminate()
    wait_for(lambda: network.capture.adverts(priority=0), "priority 0")
    assert network.gw1.holds()
    assert network.gw1.stop() == 0
    assert network.gw1.holds_nothing()


def test_an_uplink_that_fails_and_returns(network):
    network.start()
    network.pull_uplink(network.gw1)
    network.wait_for_master(network.gw2, network.gw1)
    assert network.gw1.state() == "FAULT"
    assert "eth1" in network.gw1.instance()["blockers_text"]
    assert network.capture.adverts("192.168.1.1", 0)
    network.traffic()
    network.pull_uplink(network.gw1, there=True)
    network.wait_for_gw1()


def test_a_cable_of_the_lan_that_fails_and_returns(network):
    network.start()
    network.pull_lan(network.gw1)
    network.wait_for_master(network.gw2, network.gw1)
    assert network.gw1.state() == "FAULT"
    network.traffic()
    network.pull_lan(network.gw1, there=True)
    network.wait_for_gw1()


def test_hosts_are_taken_back_from_a_rival(network):
    """A worse master, as after a parted network has joined again, has told the client that the address is its own."""
    network.gw1.configure(more="garp_master_delay 1000")
    network.gw1.start()
    wait_for(lambda: len(network.capture.gratuitous_arps(VIRTUAL)) == 6, "the announcements of a new master")
    rival = b"\x02\x00\x00\x00\x00\x77"
    send_frame(network.lan, "lan", gratuitous_arp(rival, VIRTUAL))
    wait_for(lambda: "02:00:00:00:00:77" in network.client.run("ip neigh show %s" % VIRTUAL) or
             not network.client.run("ip neigh show %s" % VIRTUAL), "the client to believe the rival")
    began = time.monotonic()
    send_frame(network.lan, "lan", vrrp_advert(rival, "192.168.1.77", 3, 51, 50, 10, [VIRTUAL]))
    wait_for(lambda: network.capture.gratuitous_arps(VIRTUAL, since=began), "gw1 to announce the address again")
    assert network.gw1.holds()


def test_an_interface_that_vanishes_and_comes_again(network):
    network.start()
    network.gw1.namespace.run("ip link del eth1")
    network.wait_for_master(network.gw2, network.gw1)
    network.connect_uplink(network.gw1)
    network.wait_for_gw1()
    network.traffic()


# covers: FSM-I5
def test_the_routers_own_interface_may_come_late(network):
    network.gw1.namespace.run("ip link set eth0 down && ip link set eth0 name other")
    network.gw1.start()
    network.gw1.wait_for_state("FAULT")
    assert "eth0" in network.gw1.instance()["blockers_text"]
    network.gw1.namespace.run("ip link set other name eth0 && ip link set eth0 up")
    wait_for(network.gw1.holds, "gw1 to be master")
    network.gw1.namespace.run("ip addr del 192.168.1.1/24 dev eth0")
    network.gw1.wait_for_state("FAULT")
    network.gw1.namespace.run("ip addr add 192.168.1.1/24 dev eth0")
    wait_for(network.gw1.holds, "gw1 to be master again")


def test_what_others_take_away_is_put_back(network):
    network.start()
    network.gw1.namespace.run("ip addr del %s/32 dev eth0" % VIRTUAL)
    wait_for(network.gw1.has_address, "the address")
    network.gw1.namespace.run("ip route del default")
    wait_for(network.gw1.has_route, "the route")


def test_a_route_comes_back_with_its_interface(network):
    """The kernel takes routes away in silence when their interface goes down."""
    network.gw1.configure(network.gw1.text().replace("eth1\n    }", "eth0\n    }"))
    network.gw1.start()
    wait_for(network.gw1.holds, "gw1 to be master")
    network.gw1.namespace.run("ip link set eth1 down")
    assert not network.gw1.has_route()
    network.gw1.namespace.run("ip link set eth1 up")
    wait_for(network.gw1.has_route, "the route")
    assert network.gw1.state() == "MASTER"


def test_reload_changes_what_changed_and_nothing_else(network):
    network.start()
    engine = network.gw1.pid("engine")
    since = network.gw1.instance()["since"]
    began = time.monotonic()
    network.gw1.configure(priority=150)
    network.gw1.kill("guard", 1)
    wait_for(lambda: network.capture.adverts("192.168.1.1", 150), "adverts of the new priority")
    network.gw1.configure(network.gw1.text(150).replace(
        VIRTUAL, VIRTUAL + "\n 192.168.1.201"))
    assert network.gw1.vigia("reload").returncode == 0
    wait_for(lambda: network.gw1.namespace.has_address("192.168.1.201"), "the new address")
    assert network.gw1.pid("engine") == engine
    assert network.gw1.instance()["since"] == since
    assert network.gw1.holds()
    assert not network.capture.adverts("192.168.1.2", since=began)


def test_a_bad_configuration_is_refused_at_reload(network):
    network.start()
    engine = network.gw1.pid("engine")
    network.gw1.configure("vrrp_instance VI_1 {\n    interface eth0\n    prioritty 100\n}\n")
    network.gw1.kill("guard", 1)
    wait_for(lambda: re.search(r"gw1\.conf:3:5: error: .*prioritty", network.gw1.read_log()), "the reason in the log")
    done = network.gw1.vigia("reload")
    assert done.returncode != 0
    assert "gw1.conf:3:5" in done.stdout + done.stderr
    assert network.gw1.pid("engine") == engine
    network.wait_for_gw1()
