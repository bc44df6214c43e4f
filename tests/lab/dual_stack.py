# SPDX-License-Identifier: GPL-2.0-or-later
"""A client and two gateways on one LAN, with a virtual router for IPv4 and one for IPv6 that share a VRID.

    client --- lan (a bridge) --- gw1 eth0
                              --- gw2 eth0
"""
import json
import time

from scapy.layers.inet6 import Ether, ICMPv6ND_NA, IPv6

from gateways import Gateway
from net import VRRP_PROTOCOL, Capture, Namespace, bridge, send_frame, wait_for
from questions import hardware_address, neighbour_solicitation

LINK_LOCAL, GLOBAL, EXCLUDED, VIRTUAL4 = "fe80::51", "2001:db8:1::1", "2001:db8:1::4", "192.168.1.200"
HELD = (LINK_LOCAL, GLOBAL, EXCLUDED, VIRTUAL4)

# The link-local address stands last on purpose.
CONFIG = """
vrrp_instance V4 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    version 3
    advert_int 0.5
    priority %(priority)d
    %(more)s
    virtual_ipaddress {
        192.168.1.200
    }
    virtual_ipaddress_excluded {
        2001:db8:1::4
    }
}
vrrp_instance V6 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    version 3
    advert_int 0.5
    priority %(priority)d
    %(more)s
    virtual_ipaddress {
        2001:db8:1::1/64
        fe80::51
    }
    virtual_routes {
        2001:db8:ffff::/48 via fe80::99
    }
}
"""


class DualStack:
    """The whole network. Nothing runs on the gateways until it is started."""

    def __init__(self, directory):
        self.lan = Namespace("lan")
        self.client = Namespace("client")
        self.gw1 = Gateway("gw1", directory, "192.168.1.1", None, None, 200)
        self.gw2 = Gateway("gw2", directory, "192.168.1.2", None, None, 100)
        self.things = [self.gw1, self.gw2, self.lan, self.client]
        bridge(self.lan, "lan", {"client": (self.client, "eth0"), "gw1": (self.gw1.namespace, "eth0"),
                                 "gw2": (self.gw2.namespace, "eth0")})
        self.client.run("ip addr add 192.168.1.10/24 dev eth0 && ip addr add 2001:db8:1::10/64 dev eth0 nodad")
        for gateway in (self.gw1, self.gw2):
            gateway.namespace.run("ip addr add %s/24 dev eth0 && sysctl -qw net.ipv4.ip_forward=1 && "
                                  "sysctl -qw net.ipv6.conf.all.forwarding=1" % gateway.address)
        self.configure()
        self.capture = Capture(self.client, "eth0")
        self.things.insert(0, self.capture)

    def configure(self, more=""):
        """Both gateways, with `more` in the blocks of both virtual routers."""
        for gateway in (self.gw1, self.gw2):
            gateway.configure(CONFIG % {"priority": gateway.priority, "more": more})

    def start(self):
        """gw2 only when gw1 is master, so that gw2 has never been one."""
        for gateway in (self.gw1, self.gw2):
            link_local(gateway)
        self.gw1.start()
        wait_for(lambda: set(self.gw1.states().values()) == {"MASTER"}, lambda: "gw1 to be master\n" + self.gw1.read_log())
        self.gw2.start()
        wait_for(lambda: self.gw2.instances() and all(one["state"] == "BACKUP" and one["peer"] for one in self.gw2.instances()),
                 lambda: "gw2 to hear gw1\n" + self.gw2.read_log())
        self.wait_for_master(self.gw1, self.gw2)
        return self

    def wait_for_master(self, master, other):
        wait_for(lambda: holds_all(master) and holds_nothing(other) and master.states() == {"V4": "MASTER", "V6": "MASTER"},
                 lambda: "%s to hold everything\n%s\n%s" % (master.name, master.read_log(), other.read_log()))

    def packets(self, since=0.0):
        return [(at, Ether(frame)) for at, frame in self.capture.all()
                if frame[12:14] == b"\x86\xdd" and at >= since]

    def adverts(self, since=0.0):
        return [(at, packet) for at, packet in self.packets(since) if packet[IPv6].nh == VRRP_PROTOCOL]

    def announcements(self, target, since=0.0):
        return [(at, packet) for at, packet in self.packets(since)
                if ICMPv6ND_NA in packet and packet[ICMPv6ND_NA].tgt == target and packet[ICMPv6ND_NA].S == 0]

    def close(self):
        for thing in self.things:
            thing.close()


def lifetimes(gateway):
    """Of the virtual addresses that stand, by address."""
    links = json.loads(gateway.namespace.run("ip -j address show"))
    return {one["local"]: one["valid_life_time"] for link in links for one in link["addr_info"] if one["local"] in HELD}


def wait_for_state(gateway, state):
    wait_for(lambda: gateway.states() == {"V4": state, "V6": state},
             lambda: "%s to be %s\n%s" % (gateway.name, state, gateway.read_log()))


def addresses(gateway):
    return gateway.namespace.run("ip -o address show dev eth0", check=False)


def holds(gateway, address):
    return " %s/" % address in addresses(gateway)


def holds_all(gateway):
    shown = addresses(gateway)
    return all(" %s/" % address in shown for address in HELD) and \
        "via fe80::99" in gateway.namespace.run("ip -6 route show proto 18", check=False)


def holds_nothing(gateway):
    shown = addresses(gateway)
    return not any(" %s/" % address in shown for address in HELD) and \
        not gateway.namespace.run("ip -6 route show proto 18", check=False)


def instance(gateway, name="V6"):
    return next((one for one in gateway.instances() if one["name"] == name), None)


def link_local(gateway):
    """The kernel's own address, when its detection is over."""
    def read():
        words = gateway.namespace.run("ip -6 -o address show dev eth0 scope link").splitlines()
        own = [line.split()[3].split("/")[0] for line in words if "/64" in line and "tentative" not in line]
        return own[0] if own else None
    return wait_for(read, "a link-local address of " + gateway.name)


def mac(namespace):
    """Of eth0, as scapy writes it."""
    return hardware_address(namespace).hex(":")


def solicit(lab, target, source="2001:db8:1::10"):
    """Who answers a neighbour solicitation of the client: the advertisements."""
    own_mac = hardware_address(lab.client)
    since = time.monotonic()
    own = [link_local(lab.gw1), link_local(lab.gw2)]
    for asked in (target, *own):
        send_frame(lab.client, "eth0", neighbour_solicitation(own_mac, source, asked))

    def answers(address):
        return [packet for at, packet in lab.packets(since)
                if ICMPv6ND_NA in packet and packet[ICMPv6ND_NA].tgt == address and packet[ICMPv6ND_NA].S == 1]
    # The routers' own addresses, asked for behind it, tell when all is answered.
    for address in own:
        wait_for(lambda: answers(address), "the answer of " + address)
    return answers(target)
