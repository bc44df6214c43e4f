# SPDX-License-Identifier: GPL-2.0-or-later
"""Adverts to listed routers: vigiad among its like, and beside keepalived."""
import time

import pytest

import keepalived
from gateways import INTERVAL
from net import Capture, wait_for

CONFIG = """
vrrp_instance VI_1 {
    %(place)s
    virtual_router_id 51
    version %(version)d
    advert_int %(interval)s
    priority %(priority)d
    unicast_src_ip %(source)s
    unicast_ttl %(ttl)d
    unicast_peer {
        %(peer)s
    }
    virtual_ipaddress {
        %(virtual)s
    }
    %(more)s
}
"""
AH = "authentication {\n auth_type AH\n auth_pass secret12\n }"
ADDRESSES = {"gw1": "192.168.1.1", "gw2": "192.168.1.2"}


def configure(gateway, priority, version=3, interval=None, **more):
    source = ADDRESSES[gateway.name]
    other = next(address for address in ADDRESSES.values() if address != source)
    values = {"place": "interface eth0", "version": version, "interval": interval or (1 if version == 2 else INTERVAL),
              "priority": priority, "source": source, "peer": other, "ttl": 255, "virtual": "192.168.1.200 dev eth0 no_track",
              "more": "", **more}
    gateway.configure(CONFIG % values)


@keepalived.needed
@pytest.mark.parametrize("version, more", [(2, ""), (3, ""), (2, AH)])
def test_keepalived_hears_us_and_is_heard(network, peer, version, more):
    configure(network.gw1, 100, version, 1, more=more)
    configure(network.gw2, 90, version, 1, more=more)
    keepalived.take_turns(network.gw1, peer, lambda: configure(network.gw1, 80, version, 1, more=more))
    # Nothing of all this was said to the group.
    assert not [advert for advert in network.capture.adverts() if advert.destination == "224.0.0.18"]


def start(network):
    """gw2 only when gw1 is master, so that gw2 has never been one."""
    network.gw1.start()
    network.gw1.wait_for_state("MASTER")
    network.gw2.start()
    network.gw2.wait_until_backup()


def test_only_listed_routers_are_spoken_to(network):
    configure(network.gw1, 100, ttl=77)
    configure(network.gw2, 90, more="check_unicast_src")
    start(network)
    assert "224.0.0.18" not in network.gw1.namespace.run("ip maddr show dev eth0")
    heard = network.gw2.namespace.run("timeout 60 tcpdump -c 1 -nvi eth0 'ip proto 112' 2>/dev/null")
    assert "ttl 77" in heard and "tos 0xc0" in heard and "192.168.1.1 > 192.168.1.2" in heard
    network.gw1.stop()
    network.gw2.wait_for_state("MASTER")
    assert not network.gw2.drops()


def test_the_source_may_be_named_later(network):
    """The address that is used anyway, then another one: the router goes on, and its peer sees no change of master."""
    configure(network.gw1, 100)
    configure(network.gw2, 90)
    text = open(network.gw1.config).read()
    network.gw1.configure(text.replace("unicast_src_ip 192.168.1.1", ""))
    start(network)
    before, other = network.gw1.instance(), network.gw2.instance()
    heard = Capture(network.gw2.namespace, "eth0")
    network.things.insert(0, heard)
    for source in ("192.168.1.1", "192.168.1.11", "192.168.1.1"):
        network.gw1.namespace.run("ip addr replace 192.168.1.11/24 dev eth0")
        network.gw1.configure(text.replace("unicast_src_ip 192.168.1.1", "unicast_src_ip " + source))
        assert network.gw1.vigia("reload").returncode == 0
        since = time.monotonic()
        wait_for(lambda: heard.adverts(source=source, since=since), "an advert from " + source)
    after = network.gw1.instance()
    assert (after["since"], after["state"]) == (before["since"], "MASTER")
    assert after["counters"]["adverts_sent"] > before["counters"]["adverts_sent"] > 0
    assert not heard.adverts(priority=0)
    # Whom it hears from an unknown address, gw2 takes for the master all the same.
    assert network.gw2.instance()["since"] == other["since"]


@pytest.mark.parametrize("family, place", [(4, "interface eth0"), (4, ""), (6, "interface eth0")])
def test_a_master_that_knows_another_hardware_address_is_heard(network, family, place):
    """As when an interface was replaced: the master's kernel would speak to the old one for seconds."""
    address = {4: "192.168.1.%d", 6: "2001:db8:1::%d"}[family]
    for number, gateway in enumerate((network.gw1, network.gw2), 1):
        more = {"source": address % number, "peer": address % (3 - number), "virtual": "fe80::51"} if family == 6 else {}
        if family == 6:
            gateway.namespace.run("ip addr add %s/64 dev eth0 nodad" % more["source"])
        configure(gateway, gateway.priority, place=place, **more)
    network.gw1.start()
    network.gw1.wait_for_state("MASTER")
    network.gw1.namespace.run("ip neigh replace %s lladdr 02:00:00:00:00:99 dev eth0 nud reachable" % address % 2)
    network.gw2.start()
    network.gw2.wait_until_backup()
    assert network.gw2.instance()["counters"]["became_master"] == 0
    # An interface that becomes another one while it listens.
    heard = network.gw2.instance()["counters"]["adverts_received"]
    network.gw2.namespace.run("ip link set eth0 address 02:00:00:00:00:98")
    wait_for(lambda: network.gw2.instance()["counters"]["adverts_received"] > heard + 8, "adverts to the new address")
    assert network.gw2.instance()["counters"]["became_master"] == 0


def test_the_guard_tells_the_peers_of_a_dead_engine(network):
    configure(network.gw1, 100)
    configure(network.gw2, 90)
    start(network)
    network.gw1.kill("engine")
    wait_for(lambda: network.gw2.instance()["counters"]["priority_zero_received"], "priority 0 to be heard")
    wait_for(lambda: network.gw1.has_address() and not network.gw2.has_address(), "gw1 to be master again")


def test_a_multicast_router_and_a_unicast_one_do_not_hear_each_other(network):
    """With the same VRID: each tells why."""
    configure(network.gw1, 100)
    network.gw2.configure("vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n version 3\n advert_int 0.5\n"
                          " priority 90\n virtual_ipaddress {\n 192.168.1.200\n }\n}\n")
    network.gw1.start()
    network.gw2.start()
    wait_for(lambda: network.gw1.state() == "MASTER" and network.gw2.state() == "MASTER", "both to be master")
    for gateway in (network.gw1, network.gw2):
        wait_for(lambda: gateway.drops(), "adverts to be dropped")
        assert set(gateway.drops()) == {"destination"}


def test_a_source_address_that_comes_late(network):
    """Without its source address a router hears nobody: it must not become master."""
    configure(network.gw1, 100)
    configure(network.gw2, 90)
    network.gw2.start()
    network.gw2.wait_for_state("MASTER")
    network.gw1.namespace.run("ip addr del 192.168.1.1/24 dev eth0 && ip addr add 192.168.1.7/24 dev eth0")
    network.gw1.start()
    network.gw1.wait_for_state("FAULT")
    assert "192.168.1.1 is not (yet) on eth0" in network.gw1.instance()["blockers_text"]
    network.gw1.namespace.run("ip addr add 192.168.1.1/24 dev eth0")
    wait_for(lambda: network.gw1.state() == "MASTER" and network.gw2.state() == "BACKUP", "gw1 to take over")


def test_without_an_interface(network):
    """A router that speaks from an address, wherever that is: here on the loopback, and moved to another link."""
    for gateway in (network.gw1, network.gw2):
        other = network.gw2 if gateway is network.gw1 else network.gw1
        number = gateway.name[-1]
        gateway.namespace.run("ip addr add 10.9.0.%s/32 dev lo && ip route add 10.9.0.%s via %s src 10.9.0.%s"
                              % (number, other.name[-1], other.address, number))
        configure(gateway, gateway.priority, place="", source="10.9.0." + number, peer="10.9.0." + other.name[-1])
    start(network)
    assert network.gw1.has_address() and not network.gw2.has_address()
    network.gw1.namespace.run("ip addr del 10.9.0.1/32 dev lo")
    network.gw2.wait_for_state("MASTER")
    wait_for(lambda: network.gw1.state() == "FAULT" and not network.gw1.has_address(), "gw1 to let go")
    assert "no interface has the address 10.9.0.1" in network.gw1.instance()["blockers_text"]
    network.gw1.namespace.run("ip addr add 10.9.0.1/32 dev eth1")
    network.gw1.namespace.run("ip route replace 10.9.0.2 via 192.168.1.2 src 10.9.0.1")
    wait_for(lambda: network.gw1.state() == "MASTER" and network.gw2.state() == "BACKUP", "gw1 to be back")
    assert set(network.gw1.drops()) <= {"not-running"} and not network.gw2.drops()


SIMPLE = """
vrrp_instance %(name)s {
    interface eth0
    virtual_router_id 51
    version 3
    advert_int %(interval)s
    priority %(priority)d
    %(more)s
    virtual_ipaddress {
        %(address)s
    }
}
"""


def simple(name, priority, address, more, interval=INTERVAL):
    return SIMPLE % {"name": name, "priority": priority, "address": address, "more": more, "interval": interval}


def peers(*addresses):
    return "unicast_peer {\n%s\n}" % "\n".join(addresses)


@pytest.mark.parametrize("beside_keepalived", [pytest.param(True, marks=keepalived.needed), False])
def test_ipv6(network, beside_keepalived):
    stations = {network.gw1: "2001:db8:1::1", network.gw2: "2001:db8:1::2"}
    for gateway, own in stations.items():
        other, = set(stations.values()) - {own}
        gateway.namespace.run("ip addr add %s/64 dev eth0 nodad" % own)
        gateway.configure(simple("VI_1", gateway.priority, "fe80::51\n 2001:db8:1::51",
                                 "unicast_src_ip %s\n%s" % (own, peers(other)), 1 if beside_keepalived else INTERVAL))
    if beside_keepalived:
        second = keepalived.Keepalived(network.gw2)
        network.things.insert(0, second)
    else:
        second = network.gw2
    second.start()
    wait_for(lambda: second.state() == "MASTER", "gw2 to be master\n" + second.read_log())
    network.gw1.start()
    wait_for(lambda: network.gw1.state() == "MASTER" and second.state() == "BACKUP",
             "gw1 to take over\n" + network.gw1.read_log() + second.read_log())
    network.gw1.stop()
    wait_for(lambda: second.state() == "MASTER", "gw2 to take over")
    network.gw1.start()
    wait_for(lambda: network.gw1.state() == "MASTER" and second.state() == "BACKUP", "gw1 to be back")
    assert not network.gw1.drops()


def test_two_of_one_vrid(network):
    """Told apart by the source; and a third one of the same VRID, which speaks to the group."""
    for gateway, own, other, first, second in ((network.gw1, "1", "2", 100, 90), (network.gw2, "2", "1", 90, 100)):
        gateway.namespace.run("ip addr add 192.168.1.10%s/24 dev eth0" % own)
        gateway.configure(
            simple("A", first, "192.168.1.201", "unicast_src_ip 192.168.1.%s\n%s" % (own, peers("192.168.1." + other)))
            + simple("B", second, "192.168.1.202",
                     "unicast_src_ip 192.168.1.10%s\n%s" % (own, peers("192.168.1.10" + other)))
            + simple("C", first, "192.168.1.203", ""))
        gateway.start()
    wait_for(lambda: network.gw1.states() == {"A": "MASTER", "B": "BACKUP", "C": "MASTER"}
             and network.gw2.states() == {"A": "BACKUP", "B": "MASTER", "C": "BACKUP"},
             "each to find its like\n" + network.gw1.read_log() + network.gw2.read_log())
    network.gw2.stop()
    wait_for(lambda: set(network.gw1.states().values()) == {"MASTER"}, "gw1 to have all")
    for instance in network.gw1.status()["instances"]:
        assert not any(count for reason, count in instance["drops"].items()), instance


def test_a_source_and_a_group_of_its_own(network):
    """mcast_src_ip and mcast_dst_ip: seen on the wire, and the group is joined."""
    for gateway in (network.gw1, network.gw2):
        source = gateway.address.replace("192.168.1.", "192.168.1.8")
        gateway.namespace.run("ip addr add %s/24 dev eth0" % source)
        gateway.configure(simple("VI_1", gateway.priority, "192.168.1.200",
                                 "mcast_src_ip %s\n mcast_dst_ip 224.0.0.77" % source))
    start(network)
    assert network.gw2.instance()["peer"]["address"] == "192.168.1.81"
    groups = network.gw2.namespace.run("ip maddr show dev eth0")
    assert "224.0.0.77" in groups and "224.0.0.18" not in groups
    wait_for(network.capture.adverts, "adverts")
    assert {(advert.source, advert.destination, advert.destination_mac) for advert in network.capture.adverts()} <= {
        ("192.168.1.81", "224.0.0.77", b"\x01\0\x5e\0\0\x4d"), ("192.168.1.82", "224.0.0.77", b"\x01\0\x5e\0\0\x4d")}
    network.gw1.stop()
    network.gw2.wait_for_state("MASTER")
    assert not network.gw2.drops()


def test_a_peer_that_must_first_be_found_does_not_void_preempt_delay(network):
    """The master's kernel has given up looking for gw1, and asks again only once per second: ten adverts wait for that."""
    network.gw2.namespace.run("sysctl -qw net.ipv4.neigh.eth0.base_reachable_time_ms=500 "
                              "net.ipv4.neigh.eth0.delay_first_probe_time=1")
    configure(network.gw1, 100, interval="0.1", more="preempt_delay 600")
    configure(network.gw2, 90, interval="0.1")
    network.gw1.start()
    network.gw1.wait_for_state("MASTER")
    network.gw2.start()

    def waits():
        network.pull_lan(network.gw1)
        network.gw2.wait_for_state("MASTER")
        network.gw1.wait_for_state("FAULT")
        wait_for(lambda: "lladdr" not in network.gw2.namespace.run("ip neigh show 192.168.1.1 dev eth0"),
                 "gw2 to have lost sight of gw1")
        before = network.gw1.instance()["counters"]
        network.pull_lan(network.gw1, there=True)
        wait_for(lambda: network.gw1.instance()["counters"]["adverts_received"] >= before["adverts_received"] + 20
                 or network.gw1.state() == "MASTER", "gw2 to be heard")
        return network.gw1.instance()["counters"]["became_master"] == before["became_master"]
    # At 100 ms a machine that stands still makes any router master: it gets three chances.
    assert any(waits() for _ in range(3))
    assert network.gw1.state() == "BACKUP" and network.gw2.state() == "MASTER"
