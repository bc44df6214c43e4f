# SPDX-License-Identifier: GPL-2.0-or-later
"""The gateways with a virtual MAC on a macvlan (use_vmac), and what each of them sends."""
import json

from gateways import INTERVAL, VIRTUAL, Gateways
from keepalived import Keepalived
from net import Capture, wait_for
from questions import arp_answers, arp_question, hardware_address

VIRTUAL_MAC = bytes.fromhex("00005e000133")
BROADCAST = b"\xff" * 6
DEVICE = "vrrp.51"
CONFIG = """
vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    version %(version)d
    advert_int %(interval)s
    priority %(priority)d
%(more)s
    virtual_ipaddress {
        192.168.1.200
    }
}
"""


def configure(gateway, more="use_vmac", version=3, interval=INTERVAL):
    gateway.configure(CONFIG % {"priority": gateway.priority, "more": "    " + more, "version": version,
                                "interval": interval})


def holds(gateway, device=DEVICE):
    return gateway.namespace.has_address(VIRTUAL, device)


def link(namespace, name):
    """As `ip -j link` shows it; None: there is none."""
    shown = namespace.run("ip -j link show dev " + name, check=False)
    return json.loads(shown)[0] if shown.startswith("[") else None


def has_device(gateway):
    return link(gateway.namespace, DEVICE) is not None


def device_index(gateway):
    return link(gateway.namespace, DEVICE)["ifindex"]


def setting(gateway, name):
    return gateway.namespace.run("cat /proc/sys/net/ipv4/conf/%s" % name).strip()


def interface_mac(gateway):
    return hardware_address(gateway.namespace)


class Lan:
    """The two gateways, the client, and what each gateway sends, seen at its port of the bridge."""

    def __init__(self, directory):
        self.network = Gateways(directory)
        self.gw1, self.gw2, self.client = self.network.gw1, self.network.gw2, self.network.client
        self.from_gw = {gateway: Capture(self.network.lan, gateway.name) for gateway in (self.gw1, self.gw2)}
        self.peers = []
        for gateway in (self.gw1, self.gw2):
            configure(gateway)

    def ask(self, address):
        arp_question(self.client, address)

    def answers(self, address, since):
        return arp_answers(self.network.capture, address, since)

    def ask_all(self, address, asked=3):
        """All answers to so many questions; each is followed by one to every gateway, so that none is still to come."""
        before = len(self.answers(address, 0))
        for _ in range(asked):
            self.ask(address)
            for other in ("192.168.1.1", "192.168.1.2"):
                known = len(self.answers(other, 0))
                self.ask(other)
                wait_for(lambda: len(self.answers(other, 0)) > known, "an answer of " + other)
        return self.answers(address, 0)[before:]

    def start(self):
        """gw2 only when gw1 is master, so that gw2 has never been one."""
        self.gw1.start()
        wait_for(lambda: holds(self.gw1), lambda: "gw1 to be master\n" + self.gw1.read_log())
        self.gw2.start()
        self.gw2.wait_until_backup()
        return self

    def wait_for_master(self, master, other):
        wait_for(lambda: holds(master) and not holds(other), lambda: "%s to be master\n%s\n%s" % (
            master.name, master.read_log() if master.process else "", other.read_log() if other.process else ""))

    def keepalived(self, gateway):
        peer = Keepalived(gateway).start()
        self.peers.append(peer)
        return peer

    def close(self):
        for peer in self.peers:
            peer.close()
        for capture in self.from_gw.values():
            capture.close()
        self.network.close()
