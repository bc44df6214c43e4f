# SPDX-License-Identifier: GPL-2.0-or-later
"""The whole virtual MAC without a device of its own: use_vmac_rules."""
import os
import socket
import time

import pytest
from scapy.layers.inet6 import ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6NDOptDstLLAddr, ICMPv6NDOptSrcLLAddr, IPv6

import dual_stack
from gateways import VIRTUAL
from net import checksum, send_frame, wait_for
from questions import CLIENT, arp_answers, ask, echo_replies, echo_request, hardware_address

VMAC = bytes.fromhex("00005e000133")
BROADCAST = b"\xff" * 6
VMAC6 = "00:00:5e:00:02:33"


@pytest.fixture
def network(network):
    for gateway in (network.gw1, network.gw2):
        gateway.configure(more="use_vmac_rules")
    return network


def answers_for(capture, address, since=0.0):
    """ARP answers: their Ethernet source, and the sender's hardware address in them."""
    return [(frame[6:12], frame[22:28]) for frame in arp_answers(capture, address, since)]


def neighbour(network, address):
    return network.client.run("ip neigh show " + address)


# covers: VMAC-01 VMAC-02 VMAC-03 VMAC-04 AMB-18 IPH-09 TX-03 FSM-A6 FSM-A1 FSM-B8 ARP-01
def test_the_virtual_mac_is_everywhere_and_only_there(network):
    network.start()
    since = time.monotonic()
    assert ask(network, VIRTUAL) == [VMAC]
    assert answers_for(network.capture, VIRTUAL, since) == [(VMAC, VMAC)]
    for gateway in (network.gw1, network.gw2):
        own = hardware_address(gateway.namespace)
        assert answers_for(network.capture, gateway.address, since) == [(own, own)]
    assert {advert.source_mac for advert in network.capture.adverts("192.168.1.1", since=since)} <= {VMAC}
    wait_for(lambda: network.capture.adverts("192.168.1.1", since=since), "an advert")
    whole = BROADCAST + VMAC + b"\x08\x06\0\1\x08\0\6\4\0\1" + 2 * (VMAC + socket.inet_aton(VIRTUAL))
    assert {frame[:42] for _, frame in network.capture.gratuitous_arps(VIRTUAL)} == {whole}
    # The address answers, and the gateway forwards.
    own = hardware_address(network.client)
    send_frame(network.client, "eth0", echo_request(CLIENT, VIRTUAL, own, VMAC, 1))
    wait_for(lambda: echo_replies(network.capture, 1), "an answer to a ping")
    network.traffic()
    assert "00:00:5e:00:01:33" in neighbour(network, VIRTUAL)
    assert network.gw1.instance()["firewall"]["virtual_mac"]


# covers: ARP-08 VMAC-04
def test_a_question_from_the_address_has_the_virtual_mac(network):
    network.start()
    since = time.monotonic()
    network.gw1.namespace.run("ip neigh flush dev eth0 && ping -qc1 -W5 -I %s %s" % (VIRTUAL, CLIENT))
    asked = [frame for at, frame in network.capture.all() if at >= since and frame[12:14] == b"\x08\x06"
             and frame[20:22] == b"\0\1" and frame[38:42] == socket.inet_aton(CLIENT)
             and frame[28:32] == socket.inet_aton(VIRTUAL)]
    assert asked and all(frame[6:12] == VMAC and frame[22:28] == VMAC for frame in asked)


# covers: FSM-B4
def test_a_backup_takes_no_frames_for_it(network):
    network.start()
    own, gw2 = hardware_address(network.client), hardware_address(network.gw2.namespace)
    # By way of its own port, past the bridge, which knows where the virtual MAC is.
    send_frame(network.lan, "gw2", echo_request(CLIENT, "192.168.1.2", own, VMAC, 1))
    send_frame(network.lan, "gw2", echo_request(CLIENT, "192.168.1.2", own, gw2, 2))
    wait_for(lambda: echo_replies(network.capture, 2), "an answer to gw2's own MAC")
    assert not echo_replies(network.capture, 1)
    assert network.gw2.rules() == ""


def test_it_moves_without_loss(network):
    network.start()
    traffic = network.traffic()
    before = neighbour(network, VIRTUAL).split("lladdr")[1].split()[0]

    def stop():
        network.gw1.stop()
        wait_for(network.gw2.holds, "gw2 to hold everything")
        assert network.gw1.rules() == ""

    def start():
        network.gw1.start()
        network.wait_for_gw1()
    traffic.survives(stop, undo=start)
    traffic.survives(start, undo=stop)
    assert neighbour(network, VIRTUAL).split("lladdr")[1].split()[0] == before
    assert ask(network, VIRTUAL) == [VMAC]


def test_rules_stand_whatever_is_done_to_them(network):
    network.start()

    def spoil():
        network.gw1.namespace.run("nft list tables | grep -v ' nat$' | while read -r line; do nft delete $line; done",
                                  check=False)
        assert ask(network, VIRTUAL) == [VMAC]
        old = network.gw1.kill("engine")
        wait_for(lambda: network.gw1.pid("engine") not in (None, old), "a new engine")
        network.wait_for_gw1()
    network.traffic().survives(spoil, undo=lambda: None)
    assert ask(network, VIRTUAL) == [VMAC]


def test_a_reload_gives_it_up(network):
    network.start()
    network.gw1.configure()
    assert network.gw1.vigia("reload").returncode == 0
    own = hardware_address(network.gw1.namespace)
    assert network.gw1.rules() == ""
    assert ask(network, VIRTUAL) == [own]
    wait_for(lambda: any(frame[6:12] == own for _, frame in network.capture.gratuitous_arps(VIRTUAL)),
             "an announcement of the other MAC")
    network.traffic()


def put_a_bridge_before_eth0(gateway, calls):
    """br0 has the addresses; calls: whether it hands its frames to iptables."""
    gateway.namespace.run("ip link add br0 type bridge nf_call_iptables %d && ip link set eth0 master br0 && "
                          "ip addr flush dev eth0 && ip addr add %s/24 dev br0 && ip link set br0 up && "
                          "for tables in iptables ip6tables; do echo 0 > /proc/sys/net/bridge/bridge-nf-call-$tables; done"
                          % (calls, gateway.address))


@pytest.mark.skipif(not os.path.exists("/proc/sys/net/bridge"), reason="no frames of bridges pass iptables here")
def test_a_bridge_is_refused_while_its_frames_pass_iptables(network):
    """They would not be tracked, and what the client sends would leave with its own address."""
    gateway = network.gw1
    put_a_bridge_before_eth0(gateway, calls=1)
    gateway.configure(gateway.text(more="use_vmac_rules").replace("interface eth0", "interface br0"))
    gateway.start()
    gateway.wait_for_state("FAULT")
    assert gateway.instance()["blockers"] == ["no-device"]
    assert "set net.bridge.bridge-nf-call-iptables" in gateway.read_log()
    assert not gateway.holds()
    gateway.namespace.run("ip link set br0 type bridge nf_call_iptables 0")
    gateway.wait_for_state("MASTER")
    network.traffic()
    assert "00:00:5e:00:01:33" in neighbour(network, VIRTUAL)


@pytest.fixture(name="lab")
def fixture_lab(tmp_path):
    lab = dual_stack.DualStack(tmp_path)
    lab.configure(more="use_vmac_rules")
    yield lab
    lab.close()


def sum_is_right(packet):
    """The checksum in it is the one that is computed anew."""
    message = bytes(packet[IPv6].payload)
    header = bytes(packet[IPv6])[8:40] + len(message).to_bytes(4, "big") + b"\0\0\0\x3a"
    return checksum(header + message) == 0


# covers: VMAC-01 VMAC-05 VMAC-04 IPH-09 FSM-A6
def test_neighbour_advertisements_have_it(lab):
    lab.start()
    for address in (dual_stack.GLOBAL, dual_stack.LINK_LOCAL):
        answers = dual_stack.solicit(lab, address)
        assert [packet.src for packet in answers] == [VMAC6]
        assert answers[0][ICMPv6NDOptDstLLAddr].lladdr == VMAC6
        assert answers[0][ICMPv6ND_NA].S == 1 and sum_is_right(answers[0])
    for target in (dual_stack.GLOBAL, dual_stack.LINK_LOCAL):
        for _, packet in lab.announcements(target):
            assert packet.src == VMAC6 and packet[ICMPv6NDOptDstLLAddr].lladdr == VMAC6 and sum_is_right(packet)
    # The router's own address keeps its own MAC. The other gateway may have been master for a moment.
    own = dual_stack.link_local(lab.gw1)
    assert {packet.src for _, packet in lab.adverts() if packet[IPv6].src == own} == {VMAC6}
    assert [packet[ICMPv6NDOptDstLLAddr].lladdr for packet in dual_stack.solicit(lab, own)][0] == \
        dual_stack.mac(lab.gw1.namespace)
    # It answers, and forwards.
    lab.client.run("ping -6 -qc1 -W5 %s && ping -qc1 -W5 %s" % (dual_stack.GLOBAL, dual_stack.VIRTUAL4))
    lab.gw1.namespace.run("ip addr add 2001:db8:2::1/128 dev lo nodad")
    lab.client.run("ip -6 route add 2001:db8:2::1 via %s dev eth0" % dual_stack.LINK_LOCAL)
    wait_for(lambda: "1 received" in lab.client.run("ping -6 -qc1 -W1 2001:db8:2::1", check=False), "a ping by the gateway")
    assert VMAC6 in lab.client.run("ip -6 neigh show " + dual_stack.LINK_LOCAL)


# covers: VMAC-07
def test_solicitations_from_the_address_have_it(lab):
    lab.start()
    since = time.monotonic()
    lab.gw1.namespace.run("ip -6 neigh flush dev eth0 && ping -6 -qc1 -W5 -I %s 2001:db8:1::10" % dual_stack.GLOBAL)
    asked = [packet for _, packet in lab.packets(since) if ICMPv6ND_NS in packet
             and packet[ICMPv6ND_NS].tgt == "2001:db8:1::10" and packet[IPv6].src == dual_stack.GLOBAL]
    assert asked
    for packet in asked:
        assert packet.src == VMAC6 and packet[ICMPv6NDOptSrcLLAddr].lladdr == VMAC6 and sum_is_right(packet)


def test_both_families_move_with_it(lab):
    lab.start()
    lab.gw1.stop()
    lab.wait_for_master(lab.gw2, lab.gw1)
    assert [packet[ICMPv6NDOptDstLLAddr].lladdr for packet in dual_stack.solicit(lab, dual_stack.GLOBAL)] == [VMAC6]
    assert "netdev" not in lab.gw1.namespace.run("nft list ruleset")
