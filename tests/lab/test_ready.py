# SPDX-License-Identifier: GPL-2.0-or-later
"""A router that returns to one that serves makes sure first that its own links pass packets, says what it waits for, and does not wait
for ever: next hops that answer neither ARP nor neighbour solicitations, links that forward nothing, a carrier that is back."""
import contextlib
import time

import pytest

from gateways import VIRTUAL
from net import wait_for

NEXT_HOP6 = "2001:db8:a::100"
INTERVAL = 0.1  # so that the asking is longer than what a Backup waits anyway
TRIES = 5  # on a machine that stands still, the one that serves falls silent, and then there is nothing to wait for
GIVES_UP = "taking over all the same"


def configuration(gateway, address, more):
    return """
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    version 3
    advert_int %s
    priority %d
    virtual_ipaddress {
        %s
    }
    %s
}
""" % (INTERVAL, gateway.priority, address, more)


def routes(text):
    return "virtual_routes {\n %s dev eth1 no_track\n }\n" % text


class Arp:
    """The next hop of gw1's route is mute."""

    waits_for = "waiting for an answer of 10.0.0.100, the next hop of a virtual route"

    def __init__(self, network):
        self.network = network
        for gateway in (network.gw1, network.gw2):
            gateway.configure(self.text(gateway))

    def text(self, gateway):
        return configuration(gateway, VIRTUAL, routes("default via " + gateway.next_hop))

    def breaks(self):
        self.network.target.run("nft add table arp mute && nft 'add chain arp mute out { type filter hook output priority 0; policy drop; }'")

    def heals(self):
        self.network.target.run("nft delete table arp mute")


class Neighbour(Arp):
    """The same by IPv6."""

    waits_for = "waiting for an answer of %s, the next hop of a virtual route" % NEXT_HOP6

    def __init__(self, network):
        super().__init__(network)
        for number, gateway in enumerate((network.gw1, network.gw2), 1):
            gateway.namespace.run("sysctl -qw net.ipv6.conf.all.forwarding=1 && ip addr add 2001:db8:a::%d/64 dev eth1 nodad" % number)
            network.target.run("ip addr add %s/64 dev %s nodad" % (NEXT_HOP6, gateway.name))

    def text(self, gateway):
        return configuration(gateway, "fe80::51", routes("::/0 via " + NEXT_HOP6))

    def breaks(self):
        self.network.target.run("nft add table ip6 mute && nft 'add chain ip6 mute out { type filter hook output priority 0; }' && "
                                "nft add rule ip6 mute out oifname gw1 icmpv6 type nd-neighbor-advert drop")

    def heals(self):
        self.network.target.run("nft delete table ip6 mute")


class Forwarding(Arp):
    """gw1's kernel passes nothing on that comes by the uplink of the route."""

    waits_for = "eth1 forwards nothing (net.ipv4.conf.eth1.forwarding is 0): waiting for it"

    def switch(self, on):
        self.network.gw1.namespace.run("sysctl -qw net.ipv4.conf.eth1.forwarding=%d" % on)

    def breaks(self):
        self.switch(0)

    def heals(self):
        self.switch(1)


class TrackedForwarding(Forwarding):
    """The same without a route: the link is tracked."""

    def text(self, gateway):
        return configuration(gateway, VIRTUAL, "track_interface {\n eth1\n }\n")


def history(gateway):
    return [(entry["code"], entry["text"]) for entry in (gateway.instance() or {"history": []})["history"]]


def returns(gateway):
    gateway.start()
    wait_for(lambda: gateway.state() in ("BACKUP", "MASTER"), lambda: "gw1 to be back\n" + gateway.read_log())


def waits(case, gateway):
    return ("not-ready" in [code for code, _ in history(gateway)]) and any(text == case.waits_for for _, text in history(gateway))


def becomes_master(network):
    wait_for(lambda: network.gw1.state() == "MASTER", lambda: "gw1 to take over\n" + network.gw1.read_log())
    told = history(network.gw1)
    assert network.gw1.stop() == 0
    network.gw2.wait_for_state("MASTER")
    return told


def gives_up_after_a_second(case, network):
    """Of what one that returns, and waits in vain, says: true if it was waited for at all."""
    returns(network.gw1)
    told = becomes_master(network)
    said = [code for code, _ in told]
    if "not-ready" not in said:
        return False
    assert case.waits_for in [text for _, text in told], told
    given_up = [i for i, (_, text) in enumerate(told) if text.endswith(GIVES_UP)]
    assert given_up and said.index("not-ready") < given_up[0] < said.index("installed"), told
    return True


def waits_until_it_is_well(case, network):
    gw1, began = network.gw1, time.monotonic()
    returns(gw1)
    with contextlib.suppress(AssertionError):
        wait_for(lambda: waits(case, gw1) or gw1.state() == "MASTER", "it to wait", step=0.002)
    serving = gw1.state() == "MASTER"
    healing = time.monotonic()
    case.heals()
    told = becomes_master(network)
    case.breaks()
    if serving or any(text.endswith(GIVES_UP) for _, text in told):
        return False
    spoke = [advert.at for advert in network.capture.adverts("192.168.1.1", 100, since=began)]  # those of IPv4
    assert not spoke or min(spoke) > healing
    return True


@pytest.mark.parametrize("kind", [Arp, Neighbour, Forwarding, TrackedForwarding])
def test_it_waits_but_not_for_ever(network, kind):
    case = kind(network)
    network.gw2.start()
    network.gw2.wait_for_state("MASTER")
    case.breaks()
    for attempt in (gives_up_after_a_second, waits_until_it_is_well):
        assert any(attempt(case, network) for _ in range(TRIES)), "%s: never waited for" % attempt.__name__
    # And nothing is waited for where all is well.
    case.heals()
    returns(network.gw1)
    told = becomes_master(network)
    assert not {"not-ready", "next-hop-silent", "not-forwarding"} & {code for code, _ in told}, told


def test_the_carrier_of_a_tracked_link_is_back_and_its_next_hop_is_mute(network):
    """Then it is out of service, and says why, until somebody answers there; or, after half a minute, all the same."""
    network.start()
    network.pull_uplink(network.gw1)
    network.wait_for_master(network.gw2, network.gw1)
    mute = Arp(network)
    mute.breaks()
    network.pull_uplink(network.gw1, there=True)
    wait_for(lambda: any(text.endswith("carrier is there, waiting for an answer of next hop 10.0.0.100") for _, text in history(network.gw1)[-3:]),
             lambda: "the waiting to be told: %s" % history(network.gw1))
    # Longer than a healthy link takes to be proven, and than it waits for an election.
    since = time.monotonic()
    wait_for(lambda: len(network.capture.adverts("192.168.1.2", 99, since)) > 6, "gw2 to serve on")
    assert network.gw1.state() == "FAULT" and network.gw1.holds_nothing()
    status = network.gw1.vigia("status").stdout
    assert "waiting for an answer of next hop 10.0.0.100" in status, status
    assert not network.capture.adverts("192.168.1.1", 100, since)
    mute.heals()
    network.wait_for_gw1()
