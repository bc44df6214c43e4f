# SPDX-License-Identifier: GPL-2.0-or-later
"""What stands on the wire and what hosts see of a vigiad: the rows of doc/conformance.tsv that need a real network."""
import socket
import subprocess

import pytest

from gateways import VIRTUAL, instance_text
from net import PATIENCE, VRRP_PROTOCOL, Capture, send_frame, wait_for
from questions import CLIENT, ask, echo_replies, echo_request, hardware_address

ADDRESSES = ["192.168.1.203", "192.168.1.201", "192.168.1.202"]
GROUP_MAC = b"\x01\x00\x5e\x00\x00\x12"


def assert_as_written(advert, network, version):
    assert advert.destination_mac == GROUP_MAC
    assert advert.source_mac == hardware_address(network.gw1.namespace)
    assert (advert.source, advert.destination) == ("192.168.1.1", "224.0.0.18")
    assert (advert.ttl, advert.tos, advert.protocol) == (255, 0xc0, VRRP_PROTOCOL)
    assert advert.header_is_sound
    assert (advert.version, advert.type, advert.vrid) == (version, 1, 51)
    assert advert.addresses == ADDRESSES
    assert advert.interval == (1 if version == 2 else 10)
    assert (advert.auth_type, advert.rest) == ((0, bytes(8)) if version == 2 else (None, b""))
    assert (advert.sum_of_message if version == 2 else advert.sum_with_pseudo_header) == 0


# covers: V3-PKT-01 V3-PKT-02 V3-PKT-05 V3-PKT-10 V3-PKT-14 V2-PKT-01 V2-PKT-04 CKS-01 CKS-03 IPH-01
# covers: IPH-02 IPH-05 IPH-07 IPH-11 TX-01 TX-02 TX-08 FSM-A9 FSM-A10
@pytest.mark.parametrize("version", [2, 3])
def test_every_advert_is_as_written(network, version):
    text = instance_text(51, 100, version=version, advert_int="1" if version == 2 else "0.1", addresses=ADDRESSES)
    network.gw1.configure(text)
    network.gw1.start()
    wait_for(lambda: len(network.capture.adverts(priority=100)) >= 3, "three adverts")
    network.gw1.configure(text.replace("priority 100", "priority 99"))
    network.gw1.kill("guard", 1)
    wait_for(lambda: network.capture.adverts(priority=99), "an advert with the new priority")
    network.gw1.stop()
    wait_for(lambda: network.capture.adverts(priority=0), "priority 0")
    adverts = network.capture.adverts()
    for advert in adverts:
        assert_as_written(advert, network, version)
    priorities = [advert.priority for advert in adverts]
    assert priorities == sorted(priorities, reverse=True) and set(priorities) == {100, 99, 0}


# covers: CKS-11 IPH-01 FSM-I5
def test_another_primary_address_is_the_source_from_now_on(network):
    network.gw1.namespace.run("sysctl -qw net.ipv4.conf.all.promote_secondaries=1 && ip addr add 192.168.1.5/24 dev eth0")
    network.start()
    since = network.gw1.instance()["since"]
    network.gw1.namespace.run("ip addr del 192.168.1.1/24 dev eth0")
    advert = wait_for(lambda: network.capture.adverts("192.168.1.5"), "an advert from the new address")[0]
    assert advert.header_is_sound and advert.sum_with_pseudo_header == 0
    assert network.gw1.instance()["since"] == since
    assert not network.capture.adverts(priority=0)


# covers: FSM-B7 ARP-01 ARP-02 TX-07 AMB-07
def test_a_new_master_speaks_first_and_then_announces(network):
    network.gw1.configure(instance_text(51, 100, addresses=ADDRESSES))
    network.gw1.start()
    wait_for(lambda: all(network.capture.gratuitous_arps(address) for address in ADDRESSES), "all announcements")
    own = hardware_address(network.gw1.namespace)
    frames = [frame for _, frame in network.capture.all() if frame[6:12] == own]
    first_advert = next(i for i, frame in enumerate(frames) if frame[12:14] == b"\x08\0" and frame[23] == VRRP_PROTOCOL)
    for address in ADDRESSES:
        wanted = socket.inet_aton(address)
        announced = next(i for i, frame in enumerate(frames) if frame[12:14] == b"\x08\6" and frame[28:32] == wanted)
        assert first_advert < announced
        assert frames[announced][:42] == (b"\xff" * 6 + own + b"\x08\6\0\1\x08\0\6\4\0\1" + own + wanted + own + wanted)


# covers: FSM-I1 FSM-I2 V3-CFG-09 OPS-11
def test_an_owner_is_master_at_once(network):
    network.gw2.configure(instance_text(51, 254))
    network.gw2.start()
    wait_for(lambda: network.capture.adverts("192.168.1.2"), "gw2 to be master")
    network.gw1.configure(instance_text(51, 255, advert_int="40", more="nopreempt"))
    network.gw1.start()
    # At 40 s, its Master_Down_Interval would be two minutes.
    first = wait_for(lambda: network.capture.adverts("192.168.1.1"), "the owner")[0]
    assert first.priority == 255
    assert min(at for at, frame in network.capture.gratuitous_arps(VIRTUAL)
               if frame[6:12] == hardware_address(network.gw1.namespace)) > first.at
    network.gw2.wait_for_state("BACKUP")
    assert network.gw2.instance()["counters"]["became_master"] == 1


# covers: FSM-A1 FSM-A7 FSM-B1 FSM-B5 FSM-I7
def test_only_the_master_answers_for_the_address(network):
    network.start()
    macs = [hardware_address(gateway.namespace) for gateway in (network.gw1, network.gw2)]
    own = hardware_address(network.client)
    assert ask(network, VIRTUAL) == [macs[0]]
    for number, mac in enumerate(macs):
        send_frame(network.client, "eth0", echo_request(CLIENT, VIRTUAL, own, mac, number))
    wait_for(lambda: echo_replies(network.capture, 0), "the master's answer to a ping")
    # The Backup may pass it on, as the router it is, but does not answer.
    send_frame(network.client, "eth0", echo_request(CLIENT, "192.168.1.2", own, macs[1], 2))
    wait_for(lambda: echo_replies(network.capture, 2), "an answer of gw2 from its own address")
    assert macs[1] not in echo_replies(network.capture, 1)
    network.pull_uplink(network.gw1)
    network.wait_for_master(network.gw2, network.gw1)
    assert network.gw1.state() == "FAULT"
    assert ask(network, VIRTUAL) == [macs[1]]


# covers: IPH-08
def test_adverts_stay_on_their_link(network):
    uplinks = [Capture(network.target, name) for name in ("gw1", "gw2")]
    network.things = uplinks + network.things
    network.start()
    network.traffic()
    wait_for(lambda: len(network.capture.adverts()) >= 5, "five adverts")
    for uplink in uplinks:
        assert uplink.all() and not uplink.adverts()


# covers: IPH-12 IPH-13
def test_a_router_alone_hears_nobody(network):
    """With the same VRID on both of its interfaces: what it sends on one must not come in on either."""
    network.gw1.configure(instance_text(51, 100) + instance_text(51, 100, "eth1", addresses=["10.0.0.200"]))
    network.gw1.start()
    wait_for(lambda: network.gw1.instance() and network.gw1.instance()["counters"]["adverts_sent"] >= 5, "five adverts")
    status = network.gw1.status()
    for one in status["instances"]:
        assert one["state"] == "MASTER"
        assert one["counters"]["adverts_received"] == 0
        assert not any(one["drops"].values())
    assert not any(status["drops"].values())
    for interface in ("eth0", "eth1"):
        assert "224.0.0.18" in network.gw1.namespace.run("ip maddr show dev " + interface)
    before = network.gw1.instance()["counters"]["became_master"]
    network.gw1.namespace.run("ip link set eth0 down && ip link set eth0 up")
    wait_for(lambda: network.gw1.instance()["counters"]["became_master"] > before, "gw1 to be master again")
    assert "224.0.0.18" in network.gw1.namespace.run("ip maddr show dev eth0")


# covers: OPS-07 V3-CFG-07
def test_two_routers_share_the_load(network):
    other = "192.168.1.210"
    network.gw1.configure(instance_text(51, 100) + instance_text(52, 50, addresses=[other]))
    network.gw2.configure(instance_text(51, 50) + instance_text(52, 100, addresses=[other]))
    network.gw1.start()
    network.gw2.start()
    wait_for(lambda: network.gw1.has_address() and network.gw2.namespace.has_address(other) and
             not network.gw2.has_address() and not network.gw1.namespace.has_address(other), "one each")
    network.gw1.stop()
    wait_for(lambda: network.gw2.has_address() and network.gw2.namespace.has_address(other), "both on gw2")


# covers: OPS-03
def test_the_master_forwards_nothing_to_the_address_itself(network):
    network.start()
    network.target.run("ip route add %s via 10.0.0.1" % VIRTUAL)
    done = network.target.popen(["ping", "-c", "3", "-i", "0.1", "-W", "2", VIRTUAL], stdout=subprocess.DEVNULL)
    assert done.wait(timeout=PATIENCE) == 0
    wanted = socket.inet_aton(VIRTUAL)
    assert not [frame for _, frame in network.capture.all()
                if frame[12:14] == b"\x08\0" and frame[23] == 1 and frame[30:34] == wanted]
