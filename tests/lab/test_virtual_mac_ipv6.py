# SPDX-License-Identifier: GPL-2.0-or-later
"""Virtual routers of IPv6 with a virtual MAC on a macvlan (use_vmac): what is said with it, and that a backup says nothing."""
import socket
import time

import pytest
from scapy.layers.inet6 import ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6NDOptDstLLAddr, ICMPv6NDOptSrcLLAddr, Ether, IPv6
from dual_stack import GLOBAL, LINK_LOCAL, DualStack, link_local, mac, solicit

from net import Capture, wait_for

VIRTUAL_MAC = "00:00:5e:00:02:33"
CLIENT = "2001:db8:1::10"
CONFIG = """
vrrp_instance V6 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    version 3
    advert_int 0.5
    priority %d
    use_vmac vmac6
    virtual_ipaddress {
        %s
        %s/64
    }
}
"""
MLD_REPORT = 143


class VirtualMacLab(DualStack):
    """With what each gateway sends, seen at its port of the bridge."""

    def __init__(self, directory):
        super().__init__(directory)
        self.sent = {}
        for gateway in (self.gw1, self.gw2):
            gateway.configure(CONFIG % (gateway.priority, LINK_LOCAL, GLOBAL))
            self.sent[gateway] = Capture(self.lan, gateway.name)
            self.things.insert(0, self.sent[gateway])

    def start(self):
        """gw2 only when gw1 is master, so that gw2 has never been one."""
        link_local(self.gw1)
        link_local(self.gw2)
        self.gw1.start()
        self.gw1.wait_for_state("MASTER")
        self.gw2.start()
        self.gw2.wait_until_backup()
        return self

    def frames_of(self, gateway, since=0.0):
        """Those of IPv6, as packets."""
        return [Ether(frame) for at, frame in self.sent[gateway].all() if frame[12:14] == b"\x86\xdd" and at >= since]

    def with_virtual_mac(self, gateway, since=0.0):
        return [packet for packet in self.frames_of(gateway, since) if packet.src == VIRTUAL_MAC]


def reports(packet, group):
    """Whether it is a multicast listener report about the group. It stands behind a hop-by-hop header of 8 octets."""
    message = bytes(packet[IPv6])[48:]
    return message[:1] == bytes([MLD_REPORT]) and socket.inet_pton(socket.AF_INET6, group) in message


@pytest.fixture(name="lab")
def fixture_lab(tmp_path):
    lab = VirtualMacLab(tmp_path)
    yield lab
    lab.close()


# covers: VMAC-01 VMAC-04 VMAC-05 IPH-09 ND-03
def test_everything_about_the_addresses_has_the_virtual_mac(lab):
    lab.start()
    for address in (GLOBAL, LINK_LOCAL):
        answers = solicit(lab, address)
        assert [packet.src for packet in answers] == [VIRTUAL_MAC]
        assert answers[0][ICMPv6NDOptDstLLAddr].lladdr == VIRTUAL_MAC
        announced = wait_for(lambda: lab.announcements(address), "announcements")
        assert {(packet.src, packet[ICMPv6NDOptDstLLAddr].lladdr) for _, packet in announced} == {(VIRTUAL_MAC, VIRTUAL_MAC)}
    assert {packet.src for _, packet in lab.adverts()} == {VIRTUAL_MAC}
    # A switch that snoops hears of the groups by which the addresses are asked for.
    for group in ("ff02::1:ff00:51", "ff02::1:ff00:1"):
        wait_for(lambda: [packet for packet in lab.with_virtual_mac(lab.gw1) if reports(packet, group)],
                 "a report of " + group)
    lab.client.run("ping -6 -qc1 -W5 " + GLOBAL)
    lab.gw1.namespace.run("ip addr add 2001:db8:2::1/128 dev lo nodad")
    lab.client.run("ip -6 route add 2001:db8:2::1 via %s dev eth0" % LINK_LOCAL)
    wait_for(lambda: "1 received" in lab.client.run("ping -6 -qc1 -W1 2001:db8:2::1", check=False), "a ping by the gateway")
    assert VIRTUAL_MAC in lab.client.run("ip -6 neigh show " + LINK_LOCAL)


# covers: VMAC-07 VMAC-04
def test_questions_in_the_name_of_an_address_have_the_virtual_mac(lab):
    lab.start()
    since = time.monotonic()
    lab.gw1.namespace.run("ip -6 neigh flush dev eth0; ip -6 neigh flush dev vmac6; ping -6 -qc1 -W5 -I %s %s"
                          % (GLOBAL, CLIENT))
    asked = [packet for packet in lab.frames_of(lab.gw1, since)
             if ICMPv6ND_NS in packet and packet[ICMPv6ND_NS].tgt == CLIENT]
    assert asked
    for packet in asked:
        if packet[IPv6].src in (GLOBAL, LINK_LOCAL):
            assert packet.src == VIRTUAL_MAC and packet[ICMPv6NDOptSrcLLAddr].lladdr == VIRTUAL_MAC
        else:
            assert packet[IPv6].src == link_local(lab.gw1)


# covers: FSM-B4
def test_a_backup_never_speaks_with_the_virtual_mac(lab):
    lab.start()
    heard = lab.gw2.instance()["counters"]["adverts_received"]
    solicit(lab, GLOBAL)
    wait_for(lambda: lab.gw2.instance()["counters"]["adverts_received"] > heard + 4, "adverts")
    assert lab.with_virtual_mac(lab.gw2) == []
    # Nor does one that has become one.
    lab.gw1.stop()
    lab.gw2.wait_for_state("MASTER")
    lab.gw1.start()
    lab.gw1.wait_for_state("MASTER")
    lab.gw2.wait_for_state("BACKUP")
    since = time.monotonic()
    heard = lab.gw2.instance()["counters"]["adverts_received"]
    solicit(lab, GLOBAL)
    wait_for(lambda: lab.gw2.instance()["counters"]["adverts_received"] > heard + 4, "adverts")
    assert lab.with_virtual_mac(lab.gw2, since) == []


# covers: ND-05 VMAC-04 VMAC-05
def test_an_owners_real_addresses_have_the_virtual_mac(lab):
    """They stand on eth0 before vigiad starts, and after it has ended."""
    own = "fe80::1"
    lab.gw1.namespace.run("ip link set eth0 addrgenmode none && ip -6 addr flush dev eth0 scope link && "
                          "ip addr add %s/64 dev eth0 nodad && ip addr add %s/64 dev eth0 nodad" % (own, GLOBAL))
    for gateway, priority in ((lab.gw1, 255), (lab.gw2, 100)):
        gateway.configure(CONFIG % (priority, own, GLOBAL))
    own_mac = mac(lab.gw1.namespace)
    for _ in range(2):
        since = time.monotonic()
        lab.gw1.start()
        lab.gw1.wait_for_state("MASTER")
        first = wait_for(lambda: lab.adverts(since), "an advert")[0][0]
        lab.client.run("ip -6 neigh flush dev eth0; ping -6 -qc1 -W5 %s" % GLOBAL)
        lab.gw1.namespace.run("ip -6 neigh flush dev eth0; ping -6 -qc1 -W5 -I %s %s" % (GLOBAL, CLIENT))
        answers = [packet for packet in lab.frames_of(lab.gw1, first)
                   if ICMPv6ND_NA in packet and packet[ICMPv6ND_NA].tgt in (own, GLOBAL)]
        assert answers
        assert {(packet.src, packet[ICMPv6NDOptDstLLAddr].lladdr) for packet in answers} == {(VIRTUAL_MAC, VIRTUAL_MAC)}
        asked = [packet for packet in lab.frames_of(lab.gw1, first)
                 if ICMPv6ND_NS in packet and packet[IPv6].src in (own, GLOBAL) and ICMPv6NDOptSrcLLAddr in packet]
        assert asked and own_mac not in {packet[ICMPv6NDOptSrcLLAddr].lladdr for packet in asked}
        assert lab.gw1.stop() == 0
    assert "netdev" not in lab.gw1.namespace.run("nft list ruleset")
