# SPDX-License-Identifier: GPL-2.0-or-later
"""VRRP over IPv6, beside IPv4 with the same VRID: two vigiad on one LAN, and vigiad with Debian's keepalived."""
import time

import pytest
from scapy.layers.inet6 import ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6ND_RA, ICMPv6NDOptDstLLAddr, IPv6

from dual_stack import (CONFIG, EXCLUDED, GLOBAL, HELD, LINK_LOCAL, VIRTUAL4, DualStack, addresses, holds, holds_all,
                        holds_nothing, instance, link_local, mac, solicit)
from keepalived import Keepalived, needed
from net import VRRP_PROTOCOL, checksum, wait_for


@pytest.fixture(name="lab")
def fixture_lab(tmp_path):
    lab = DualStack(tmp_path)
    yield lab
    lab.close()


def message_of(packet):
    return bytes(packet[IPv6].payload)


def priority_of(packet):
    return message_of(packet)[2]


def pseudo_header(packet, length):
    raw = bytes(packet[IPv6])
    return raw[8:40] + length.to_bytes(4, "big") + b"\0\0\0" + bytes([VRRP_PROTOCOL])


# covers: V3-CFG-06 V3-PKT-13 V3-PKT-16 FSM-B7 FSM-A21
def test_both_families_move_together_and_return(lab):
    lab.start()
    lab.gw1.stop()
    lab.wait_for_master(lab.gw2, lab.gw1)
    lab.client.run("ping -6 -c 1 -W 5 %s && ping -c 1 -W 5 %s" % (GLOBAL, VIRTUAL4))
    lab.gw1.start()
    lab.wait_for_master(lab.gw1, lab.gw2)
    # The neighbour of the client is the new one at once: it was told.
    wait_for(lambda: mac(lab.gw1.namespace) in lab.client.run("ip -6 neigh show %s" % GLOBAL),
             "the client to know the new master")
    shown = lab.gw1.vigia("status").stdout
    assert "V4" in shown and "V6" in shown


# covers: IPH-03 IPH-04 IPH-05 IPH-07 IPH-11 V3-PKT-11 CKS-04 TX-04 TX-05
def test_every_advert_is_as_written(lab):
    source = link_local(lab.gw1)
    lab.start()
    wait_for(lambda: len(lab.adverts()) > 5, "adverts over IPv6")
    lab.gw1.stop()
    adverts = [packet for _, packet in lab.adverts() if packet[IPv6].src == source]
    assert {priority_of(packet) for packet in adverts} == {200, 0}
    for packet in adverts:
        message = message_of(packet)
        assert packet.dst == "33:33:00:00:00:12" and packet.src == mac(lab.gw1.namespace)
        assert packet[IPv6].dst == "ff02::12"
        assert (packet[IPv6].hlim, packet[IPv6].tc, packet[IPv6].nh) == (255, 0xc0, VRRP_PROTOCOL)
        assert message[:2] == b"\x31\x33" and message[3] == 2 and message[4:6] == b"\0\x32"
        assert message[8:24].hex() == "fe80" + "0" * 26 + "51"  # moved to the front
        assert len(message) == 8 + 2 * 16
        assert checksum(pseudo_header(packet, len(message)) + message) == 0


# covers: ND-01 ND-02 ND-06 ND-04 FSM-I7 FSM-B2
def test_announcements(lab):
    own = link_local(lab.gw1)
    lab.start()
    own_mac = mac(lab.gw1.namespace)

    def of_gw1(target):
        return [packet for _, packet in lab.announcements(target) if packet.src == own_mac]
    wait_for(lambda: all(len(of_gw1(target)) >= 6 for target in (LINK_LOCAL, GLOBAL, EXCLUDED)), "the announcements")
    # The link-local virtual address speaks for its virtual router; that of IPv4 has none.
    for target, source in ((LINK_LOCAL, LINK_LOCAL), (GLOBAL, LINK_LOCAL), (EXCLUDED, own)):
        for packet in of_gw1(target):  # a burst, and once more
            message = packet[ICMPv6ND_NA]
            assert (message.R, message.S, message.O) == (1, 0, 1)
            assert (packet[IPv6].src, packet[IPv6].dst, packet[IPv6].hlim) == (source, "ff02::1", 255)
            assert packet.dst == "33:33:00:00:00:01"
            assert packet[ICMPv6NDOptDstLLAddr].lladdr == own_mac
    # An address that a reload adds to a master.
    lab.gw1.configure((CONFIG % {"priority": 200, "more": ""}).replace("fe80::51\n", "fe80::51\n        2001:db8:1::7\n"))
    lab.gw1.process.send_signal(1)
    wait_for(lambda: lab.announcements("2001:db8:1::7"), "an announcement of the new address")


# covers: ND-07 ND-12 FSM-B3 FSM-A4
def test_no_detection_and_no_router_advertisement(lab):
    lab.start()
    lab.gw1.stop()
    lab.wait_for_master(lab.gw2, lab.gw1)
    for line in addresses(lab.gw2).splitlines():
        assert "tentative" not in line
        if GLOBAL in line:
            assert "nodad" in line
    for _, packet in lab.packets():
        assert ICMPv6ND_RA not in packet
        if ICMPv6ND_NS in packet and packet[IPv6].src == "::":
            assert packet[ICMPv6ND_NS].tgt not in HELD


# covers: FSM-A3 FSM-B2 FSM-A2 ND-11 CHG-11
def test_one_answer_to_a_solicitation(lab):
    lab.start()
    for address in (GLOBAL, LINK_LOCAL):
        answers = solicit(lab, address)
        assert [packet.src for packet in answers] == [mac(lab.gw1.namespace)]
        message = answers[0][ICMPv6ND_NA]
        assert (message.R, message.S, message.O) == (1, 1, 1)
        assert answers[0][ICMPv6NDOptDstLLAddr].lladdr == mac(lab.gw1.namespace)
    # The kernel says "router" of its addresses only while it is one.
    lab.gw1.namespace.run("sysctl -qw net.ipv6.conf.all.forwarding=0")
    assert [packet[ICMPv6ND_NA].R for packet in solicit(lab, GLOBAL)] == [0]
    groups = lab.gw1.namespace.run("cat /proc/net/igmp6")
    assert "eth0            ff0200000000000000000001ff000001" in groups
    assert "eth0            ff020000000000000000000000000012" in groups


# covers: TX-09 FSM-I5 IPH-03
def test_a_tentative_link_local_address_is_waited_for(lab):
    network = lab.gw1.namespace
    network.run("ip link set eth0 down && sysctl -qw net.ipv6.conf.eth0.dad_transmits=8 && ip link set eth0 up")
    lab.gw1.start()
    waiting = wait_for(lambda: (lambda one: one and one.get("blockers") == ["tentative"] and one)(instance(lab.gw1)), "a wait")
    assert waiting["state"] == "FAULT"
    assert "still tentative" in waiting["blockers_text"]
    wait_for(lambda: instance(lab.gw1, "V4")["state"] != "FAULT", "IPv4 not to wait for it")
    wait_for(lambda: lab.gw1.states() == {"V4": "MASTER", "V6": "MASTER"}, "both")
    # It goes, and comes back: nothing is left for a person to clear.
    own = link_local(lab.gw1)
    network.run("ip addr del %s/64 dev eth0" % own)
    wait_for(lambda: instance(lab.gw1).get("blockers") == ["no-address"], "the loss to be seen")
    network.run("ip addr add fe80::77/64 dev eth0 nodad")
    wait_for(lambda: instance(lab.gw1)["state"] == "MASTER", "the return")
    since = time.monotonic()
    wait_for(lambda: lab.adverts(since), "adverts")
    assert {packet[IPv6].src for _, packet in lab.adverts(since)} == {"fe80::77"}


def test_what_others_take_away_is_put_back(lab):
    lab.start()
    network = lab.gw1.namespace
    network.run("ip addr del %s/64 dev eth0" % GLOBAL)
    wait_for(lambda: holds(lab.gw1, GLOBAL), "the address to be back")
    network.run("ip -6 route del 2001:db8:ffff::/48")
    wait_for(lambda: holds_all(lab.gw1), "the route to be back")


def test_a_killed_daemon_leaves_nothing_when_it_stops(lab):
    lab.start()
    since = time.monotonic()
    lab.gw1.kill("engine")
    wait_for(lambda: [1 for _, packet in lab.adverts(since) if priority_of(packet) == 0], "priority 0 by the guard")
    lab.wait_for_master(lab.gw1, lab.gw2)
    lab.gw1.stop()
    wait_for(lambda: holds_nothing(lab.gw1), "everything to be taken away")


KEEPALIVED = """
global_defs {
    router_id %(name)s
}
vrrp_instance V6 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    version 3
    advert_int 0.5
    priority %(priority)d
    virtual_ipaddress {
        fe80::51
        2001:db8:1::1/64
    }
}
"""


@needed
@pytest.mark.parametrize("vigiad_is", ["better", "lesser"])
# covers: CKS-04 V3-PKT-11 IPH-03
def test_with_keepalived(lab, vigiad_is):
    ours, theirs = (lab.gw1, lab.gw2) if vigiad_is == "better" else (lab.gw2, lab.gw1)
    for gateway in (ours, theirs):
        gateway.configure(KEEPALIVED % {"name": gateway.name, "priority": gateway.priority})
    peer = Keepalived(theirs)

    def only(master, other):
        wait_for(lambda: holds(master, GLOBAL) and holds(master, LINK_LOCAL) and not holds(other, GLOBAL),
                 lambda: "%s to be the only master\n%s" % (master.name, ours.read_log()))

    def take_over(act, master, other):
        act()
        only(master, other)
        source = link_local(master)
        wait_for(lambda: {packet[IPv6].src for _, packet in lab.adverts()[-4:]} == {source}, "adverts of the new master alone")

    try:
        for gateway in (ours, theirs):
            link_local(gateway)
        ours.start()
        peer.start()
        only(lab.gw1, lab.gw2)
        better, lesser = (ours, peer) if vigiad_is == "better" else (peer, ours)
        take_over(better.stop, lab.gw2, lab.gw1)
        take_over(better.start, lab.gw1, lab.gw2)
        take_over(lesser.stop, lab.gw1, lab.gw2)
        heard = instance(ours)["peer"] if ours.process.poll() is None else None
        assert heard is None or (heard["version"] == 3 and heard["checksum"] == "pseudo-header")
    finally:
        peer.close()
