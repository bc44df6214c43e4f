# SPDX-License-Identifier: GPL-2.0-or-later
"""Who answers packets to a virtual address, and who does not: accept off, and owners that lost the address."""
import os
import signal
import socket
import subprocess
import time

import pytest
from scapy.layers.inet6 import ICMPv6ND_NA

import test_ipv6
from gateways import CONFIG, VIRTUAL, Gateways
from net import send_frame, wait_for
from test_daemon_protocol import CLIENT, arp_replies, ask, echo_replies, echo_request, hardware_address, instance

REFUSING = CONFIG.replace("advert_int 0.1", "advert_int 0.1\n    no_accept")


@pytest.fixture
def network(tmp_path):
    gateways = Gateways(tmp_path)
    for gateway in (gateways.gw1, gateways.gw2):
        configure(gateway, REFUSING)
    yield gateways
    gateways.close()


def configure(gateway, text):
    gateway.configure(text % {"priority": gateway.priority, "next_hop": gateway.next_hop})


def rules(gateway):
    """What nft lists of the daemon's tables."""
    return gateway.namespace.run("nft list ruleset | sed '/^table ip nat/,/^}/d'")


def answers_ping(namespace, address):
    return subprocess.run(namespace.command("ping", "-qc1", "-W1", address), stdout=subprocess.DEVNULL).returncode == 0


def packets_from(capture, address, since):
    """All IPv4 packets with this source, and ICMP errors about it."""
    wanted = socket.inet_aton(address)
    return [frame for at, frame in capture.all() if at >= since and frame[12:14] == b"\x08\x00"
            and (frame[26:30] == wanted or (frame[23] == 1 and frame[34] in (3, 11)))]


# covers: FSM-A8 OPS-03
def test_nothing_comes_back_from_a_refused_address(network):
    network.start()
    gw1, own = hardware_address(network.gw1.namespace), hardware_address(network.client)
    assert ask(network, VIRTUAL) == [gw1]
    since = time.monotonic()
    send_frame(network.client, "eth0", echo_request(CLIENT, VIRTUAL, own, gw1, 1))
    with network.client.socket(socket.AF_INET, socket.SOCK_STREAM) as caller:
        caller.setblocking(False)
        caller.connect_ex((VIRTUAL, 9))
        # What is asked later and answered shows that the questions before it were seen.
        send_frame(network.client, "eth0", echo_request(CLIENT, "192.168.1.1", own, gw1, 2))
        wait_for(lambda: echo_replies(network.capture, 2), "an answer from the router's own address")
        assert not packets_from(network.capture, VIRTUAL, since)
    # From the other side, too: neither an answer nor the packet itself on the LAN.
    network.target.run("ip route add %s via 10.0.0.1" % VIRTUAL)
    assert not answers_ping(network.target, VIRTUAL)
    wanted = socket.inet_aton(VIRTUAL)
    assert not [frame for at, frame in network.capture.all() if at >= since and frame[12:14] == b"\x08\0"
                and frame[30:34] == wanted and frame[6:12] == gw1]
    # The gateway does its work, and its own programs reach the address.
    network.traffic()
    assert answers_ping(network.gw1.namespace, VIRTUAL)
    assert network.gw1.instance()["accept"] is False and network.gw1.instance()["firewall"]["refuses"]
    assert "packets to the virtual addresses are dropped (accept off)" in network.gw1.vigia("status", "VI_1").stdout


# covers: V3-CFG-10
def test_rules_come_and_go_with_the_master(network):
    network.start()
    assert VIRTUAL in rules(network.gw1) and rules(network.gw2) == ""
    network.pull_uplink(network.gw1)
    network.wait_for_master(network.gw2, network.gw1)
    wait_for(lambda: rules(network.gw1) == "", "gw1 to have no rules")
    assert VIRTUAL in rules(network.gw2)
    network.gw2.stop()
    assert rules(network.gw2) == ""


def test_a_reload_turns_accept_on_and_off(network):
    network.start()
    assert not answers_ping(network.client, VIRTUAL)
    configure(network.gw1, CONFIG)
    assert network.gw1.vigia("reload").returncode == 0
    assert answers_ping(network.client, VIRTUAL)
    assert rules(network.gw1) == ""
    configure(network.gw1, REFUSING)
    assert network.gw1.vigia("reload").returncode == 0
    assert not answers_ping(network.client, VIRTUAL)


def test_rules_stand_whatever_dies(network):
    network.start()
    network.gw1.namespace.run("nft flush ruleset")
    assert VIRTUAL in rules(network.gw1)
    old = network.gw1.kill("engine")
    assert VIRTUAL in rules(network.gw1)
    wait_for(lambda: network.gw1.pid("engine") not in (None, old), "a new engine")
    network.wait_for_gw1()
    assert VIRTUAL in rules(network.gw1)
    assert not answers_ping(network.client, VIRTUAL)
    # Nobody is left who would remove them: they end by themselves.
    pids = [network.gw1.pid(which) for which in ("guard", "engine", "front")]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: rules(network.gw1) == "", "the rules to vanish")


def test_the_guard_removes_the_rules_of_a_dead_engine(network):
    network.start()
    for _ in range(3):
        wait_for(lambda: network.gw1.state() == "MASTER", "gw1 to be master")
        network.gw1.kill("engine")
    network.wait_for_master(network.gw2, network.gw1)
    wait_for(lambda: rules(network.gw1) == "", "gw1 to have no rules")
    network.wait_for_gw1()
    assert VIRTUAL in rules(network.gw1)


# covers: AMB-11 FSM-B1 FSM-B5
def test_an_owner_that_lost_is_mute(network):
    """Both own the address; the one with the greater primary address is master, and the only one that answers."""
    other = "192.168.1.210"
    owner = instance(51, 255, addresses=[VIRTUAL, other])
    network.gw1.configure(owner)
    network.gw2.configure(owner)
    network.gw1.namespace.run("ip addr add %s/24 dev eth0" % VIRTUAL)
    network.gw1.start()
    network.gw1.wait_for_state("MASTER")
    assert ask(network, VIRTUAL) == [hardware_address(network.gw1.namespace)]
    network.gw2.start()
    network.gw1.wait_for_state("BACKUP")
    assert network.gw1.namespace.has_address(VIRTUAL)
    assert ask(network, VIRTUAL) == [hardware_address(network.gw2.namespace)]
    own, gw1 = hardware_address(network.client), hardware_address(network.gw1.namespace)
    send_frame(network.client, "eth0", echo_request(CLIENT, VIRTUAL, own, gw1, 1))
    send_frame(network.client, "eth0", echo_request(CLIENT, "192.168.1.1", own, gw1, 2))
    wait_for(lambda: gw1 in echo_replies(network.capture, 2), "an answer from its other address")
    assert not echo_replies(network.capture, 1)
    assert network.gw1.instance()["firewall"]["mutes"]
    network.gw2.stop()
    network.gw1.wait_for_state("MASTER")
    assert ask(network, VIRTUAL) == [gw1]
    assert arp_replies(network.capture, VIRTUAL, 0)
    assert rules(network.gw1) == ""


# covers: FSM-A5 FSM-A8
def test_neighbour_discovery_passes_where_accept_is_off(tmp_path):
    lab = test_ipv6.Lab(tmp_path)
    try:
        for gateway in (lab.gw1, lab.gw2):
            text = test_ipv6.CONFIG.replace("advert_int 0.1", "advert_int 0.1\n    no_accept")
            gateway.configure(text % {"priority": gateway.priority})
        lab.start()
        for address in (test_ipv6.GLOBAL, test_ipv6.LINK_LOCAL):
            assert len(test_ipv6.solicit(lab, address)) == 1
        assert not answers_ping(lab.client, test_ipv6.GLOBAL)
        assert not answers_ping(lab.client, test_ipv6.LINK_LOCAL + "%eth0")
        # The answer to a question from the address comes to the address.
        lab.gw1.namespace.run("ip -6 neigh flush dev eth0; ping -6 -qc1 -W1 -I %s 2001:db8:1::10"
                              % test_ipv6.GLOBAL, check=False)
        assert "REACHABLE" in lab.gw1.namespace.run("ip -6 neigh show 2001:db8:1::10")
        assert [packet for _, packet in lab.packets() if ICMPv6ND_NA in packet]
    finally:
        lab.close()
