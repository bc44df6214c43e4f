# SPDX-License-Identifier: GPL-2.0-or-later
"""Who answers packets to a virtual address, and who does not: accept off, and owners that lost the address."""
import os
import signal
import socket
import subprocess
import time

import pytest
from scapy.layers.inet6 import ICMPv6ND_NA

import dual_stack
from gateways import VIRTUAL, instance_text
from net import send_frame, wait_for
from questions import CLIENT, arp_replies, ask, echo_replies, echo_request, hardware_address



@pytest.fixture
def network(network):
    for gateway in (network.gw1, network.gw2):
        gateway.configure(more="no_accept")
    return network


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
    wait_for(lambda: answers_ping(network.gw1.namespace, VIRTUAL), "an answer to the gateway itself")
    assert network.gw1.instance()["accept"] is False and network.gw1.instance()["firewall"]["refuses"]
    assert "packets to the virtual addresses are dropped (accept off)" in network.gw1.vigia("status", "VI_1").stdout


# covers: V3-CFG-10
def test_rules_come_and_go_with_the_master(network):
    network.start()
    assert VIRTUAL in network.gw1.rules() and network.gw2.rules() == ""
    network.pull_uplink(network.gw1)
    network.wait_for_master(network.gw2, network.gw1)
    wait_for(lambda: network.gw1.rules() == "", "gw1 to have no rules")
    assert VIRTUAL in network.gw2.rules()
    network.gw2.stop()
    assert network.gw2.rules() == ""


def test_a_reload_turns_accept_on_and_off(network):
    network.start()
    assert not answers_ping(network.client, VIRTUAL)
    network.gw1.configure()
    assert network.gw1.vigia("reload").returncode == 0
    wait_for(lambda: answers_ping(network.client, VIRTUAL), "an answer")
    assert network.gw1.rules() == ""
    network.gw1.configure(more="no_accept")
    assert network.gw1.vigia("reload").returncode == 0
    assert not answers_ping(network.client, VIRTUAL)


def test_a_reload_moves_the_rules_and_nothing_comes_through(network):
    """Another table, another priority, counters: each in one transaction."""
    network.start()
    pings = network.client.popen(["ping", "-q", "-i", "0.002", VIRTUAL], stdout=subprocess.PIPE, text=True)
    text = network.gw1.text(more="no_accept")
    for style, wanted in (("nftables mine", "table inet mine "), ("nftables mine\nnftables_priority -7", "priority filter - 7"),
                          ("nftables\nnftables_counters", "counter packets"), ("", "table inet vigia")):
        network.gw1.configure("global_defs {\n%s\n}\n" % style + text if style else text)
        assert network.gw1.vigia("reload").returncode == 0
        rules = network.gw1.rules()
        assert wanted in rules and rules.count("table inet ") == 1 and VIRTUAL in rules, (style, rules)
    pings.send_signal(signal.SIGINT)
    assert ", 0 received" in pings.communicate()[0]
    # An engine that dies leaves nothing behind, whatever its tables were called.
    network.gw1.configure("global_defs {\nnftables mine\n}\n" + text)
    assert network.gw1.vigia("reload").returncode == 0
    network.gw1.kill_engines(4)
    network.wait_for_master(network.gw2, network.gw1)
    wait_for(lambda: network.gw1.rules() == "", "gw1 to have no rules")


def test_rules_stand_whatever_dies(network):
    network.start()
    network.gw1.namespace.run("nft flush ruleset")
    assert VIRTUAL in network.gw1.rules()
    guard = network.gw1.kill("guard", signal.SIGSTOP)
    old = network.gw1.kill("engine")
    assert VIRTUAL in network.gw1.rules()
    os.kill(guard, signal.SIGCONT)
    wait_for(lambda: network.gw1.pid("engine") not in (None, old), "a new engine")
    network.wait_for_gw1()
    assert VIRTUAL in network.gw1.rules()
    assert not answers_ping(network.client, VIRTUAL)
    # Nobody is left who would remove them: they end by themselves.
    network.gw1.kill_all()
    wait_for(lambda: network.gw1.rules() == "", "the rules to vanish")


def test_the_guard_removes_the_rules_of_a_dead_engine(network):
    network.start()
    network.gw1.kill_engines(4)
    network.wait_for_master(network.gw2, network.gw1)
    wait_for(lambda: network.gw1.rules() == "", "gw1 to have no rules")
    network.wait_for_gw1()
    assert VIRTUAL in network.gw1.rules()


# covers: AMB-11 FSM-B1 FSM-B5
def test_an_owner_that_lost_is_mute(network):
    """Both own the address; the one with the greater primary address is master, and the only one that answers."""
    other = "192.168.1.210"
    owner = instance_text(51, 255, addresses=[VIRTUAL, other])
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
    # Out of service it is as mute.
    assert "stay, but answer nobody until" in network.gw1.vigia("drain").stdout
    assert network.gw1.state() == "DRAINED" and ask(network, VIRTUAL) == [hardware_address(network.gw2.namespace)]
    assert network.gw1.vigia("resume").returncode == 0
    network.gw1.wait_for_state("BACKUP")
    network.gw2.stop()
    network.gw1.wait_for_state("MASTER")
    assert ask(network, VIRTUAL) == [gw1]
    assert arp_replies(network.capture, VIRTUAL, 0)
    wait_for(lambda: network.gw1.rules() == "", "gw1 to have no rules")


# covers: FSM-A5 FSM-A8
def test_neighbour_discovery_passes_where_accept_is_off(tmp_path):
    lab = dual_stack.DualStack(tmp_path)
    try:
        lab.configure(more="no_accept")
        lab.start()
        for address in (dual_stack.GLOBAL, dual_stack.LINK_LOCAL):
            assert len(dual_stack.solicit(lab, address)) == 1
        assert not answers_ping(lab.client, dual_stack.GLOBAL)
        assert not answers_ping(lab.client, dual_stack.LINK_LOCAL + "%eth0")
        # The answer to a question from the address comes to the address.
        lab.gw1.namespace.run("ip -6 neigh flush dev eth0; ping -6 -qc1 -W1 -I %s 2001:db8:1::10"
                              % dual_stack.GLOBAL, check=False)
        wait_for(lambda: "REACHABLE" in lab.gw1.namespace.run("ip -6 neigh show 2001:db8:1::10"), "the client to be known")
        assert [packet for _, packet in lab.packets() if ICMPv6ND_NA in packet]
    finally:
        lab.close()
