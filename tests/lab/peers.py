# SPDX-License-Identifier: GPL-2.0-or-later
"""vigiad beside another implementation: many virtual routers at once on one LAN, in half of which vigiad is the better
router, and who speaks and who answers, told by the port of the switch.

    client --- lan (a bridge) --- gw1: vigiad
                              --- gw2: the peer
"""
import socket
import time
from typing import NamedTuple

from scapy.layers.inet6 import Ether, ICMPv6ND_NA

from gateways import Gateway
from net import VRRP_PROTOCOL, Capture, Namespace, cable, send_frame, wait_for
from questions import arp_request, hardware_address, neighbour_solicitation

OURS, THEIRS = "ours", "theirs"
OWN = {OURS: "192.168.1.1", THEIRS: "192.168.1.2"}
OWN6 = {OURS: "fe80::1", THEIRS: "fe80::2"}
CLIENT, CLIENT6 = "192.168.1.10", "fe80::10"
PRIORITIES = {True: 200, False: 100}
AH, AH_SIZE = 51, 24
MESSAGE_ONLY = "v3_checksum_as_v2"
# The machine may stand still for a second and more; and some count waits in whole multiples of their own timers. It still
# tells Skew_Time, less than 1 s, from a Master_Down_Interval, more than 3 s.
SLACK = 2.0
ROUNDS = 3


class Case(NamedTuple):
    """One virtual router."""
    name: str
    vrid: int
    version: int
    family: int
    better: str
    both: str = ""  # lines for both routers' vrrp_instance
    ours: str = ""
    theirs: str = ""

    def other(self):
        return THEIRS if self.better == OURS else OURS

    def priority(self, who):
        return PRIORITIES[who == self.better]

    def addresses(self):
        return ["192.168.1.%d" % (100 + self.vrid)] if self.family == 4 else \
            ["fe80::%x" % (0x5100 + self.vrid), "2001:db8:1::%x" % (0x5100 + self.vrid)]

    def virtual_mac(self):
        return bytes((0, 0, 0x5e, 0, 1 if self.family == 4 else 2, self.vrid))

    def skew_time(self, who):
        return (256 - self.priority(who)) / 256

    def down_interval(self, who):
        return 3 + self.skew_time(who)

    def lines(self, who):
        return self.both + "\n" + (self.ours if who == OURS else self.theirs)

    def checksum(self, who):
        """The form that is configured, as vigia status names it; None when nothing is."""
        words = self.lines(who).split()
        if MESSAGE_ONLY not in words:
            return None
        return "pseudo-header" if words[-1] == "off" else "message-only"

    def instance(self, who):
        """As both vigiad and keepalived read it."""
        peer = THEIRS if who == OURS else OURS
        own = OWN if self.family == 4 else OWN6
        more = self.lines(who).replace("OWN", own[who])
        return """vrrp_instance V%d {
    state BACKUP
    interface eth0
    virtual_router_id %d
    version %d
    advert_int 1
    priority %d
    %s
    virtual_ipaddress {
        %s
    }
}
""" % (self.vrid, self.vrid, self.version, self.priority(who), more.replace("PEER", own[peer]),
            "\n        ".join(self.addresses()))


def both_ways(kinds):
    """(name, version, family, lines of both, of ours, of theirs): each once with either as the better one."""
    cases = []
    for name, version, family, *lines in kinds:
        for better in (OURS, THEIRS):
            cases.append(Case(name, len(cases) + 1, version, family, better, *lines))
    return cases


class Spoken(NamedTuple):
    """An advert that a router sent."""
    at: float
    vrid: int
    family: int
    priority: int
    frame: bytes


def read_advert(at, frame):
    if frame[12:14] == b"\x08\0" and frame[23] in (VRRP_PROTOCOL, AH):
        vrrp = frame[34 + (AH_SIZE if frame[23] == AH else 0):]
        return Spoken(at, vrrp[1], 4, vrrp[2], frame)
    if frame[12:14] == b"\x86\xdd" and frame[20] == VRRP_PROTOCOL:
        return Spoken(at, frame[55], 6, frame[56], frame)
    return None


def read_adverts(capture, since=0.0):
    found = [read_advert(at, frame) for at, frame in capture.all() if at >= since]
    return [advert for advert in found if advert]


class PeerCrashed(AssertionError):
    """The other program, by itself: what was to be shown of it could not be."""


class Pair:
    """make_peer(gateway, cases) makes the other router: something with start, stop, kill, read_log and close."""

    def __init__(self, directory, cases, make_peer):
        self.cases = cases
        self.crashes = 0  # of the peer, which make us begin anew as well
        self.lan, self.client = Namespace("lan"), Namespace("client")
        self.ours = Gateway("gw1", directory, OWN[OURS], None, None, 100)
        gateway = Gateway("gw2", directory, OWN[THEIRS], None, None, 100)
        self.things = [self.ours, gateway, self.client, self.lan]
        self.lan.run("ip link add lan type bridge && ip link set lan up")
        for name, namespace, own, own6 in (("client", self.client, CLIENT, CLIENT6),
                                           ("gw1", self.ours.namespace, OWN[OURS], OWN6[OURS]),
                                           ("gw2", gateway.namespace, OWN[THEIRS], OWN6[THEIRS])):
            cable(self.lan, name, namespace, "eth0")
            # Addresses that are known before, and no others: the peers tell of them in their configurations.
            namespace.run("ip link set eth0 addrgenmode none && ip addr add %s/24 dev eth0 && "
                          "ip addr add %s/64 dev eth0 nodad && sysctl -qw net.ipv6.conf.all.forwarding=1 && "
                          "sysctl -qw net.ipv4.ip_forward=1" % (own, own6))
            self.lan.run("ip link set %s master lan" % name)
        self.captures = {OURS: Capture(self.lan, "gw1"), THEIRS: Capture(self.lan, "gw2")}
        self.things = list(self.captures.values()) + self.things
        self.ours.configure("".join(case.instance(OURS) for case in cases))
        self.peer = make_peer(gateway, cases)
        self.things.insert(0, self.peer)

    def start(self):
        self.ours.start()
        self.peer.start()

    def look_after_peer(self):
        if getattr(self.peer, "has_crashed", bool)():
            raise PeerCrashed(self.logs())

    def revive(self):
        """Both run, also after a crash of the peer."""
        if getattr(self.peer, "has_crashed", bool)():
            self.crashes += 1
            self.peer.revive()
        if self.peer.process.poll() is not None:
            self.peer.start()
        if self.ours.process.poll() is not None:
            self.ours.start()

    def logs(self):
        """The ends of both."""
        return "\n".join(line for log in (self.ours.read_log(), self.peer.read_log()) for line in log.splitlines()[-20:])

    def spoken(self, who, since=0.0):
        return read_adverts(self.captures[who], since)

    def first(self, who, case, since):
        """Their first advert as master."""
        return next((advert for advert in self.spoken(who, since)
                     if (advert.vrid, advert.family) == (case.vrid, case.family) and advert.priority), None)

    def last(self, who, case, before, priorities=None):
        said = [advert for advert in self.spoken(who) if (advert.vrid, advert.family) == (case.vrid, case.family)
                and advert.at < before and (priorities is None or advert.priority in priorities)]
        return said[-1] if said else None

    def states(self):
        status = self.ours.status()
        return {int(one["name"][1:]): one["state"] for one in status["instances"]} if status else {}

    def unsettled(self):
        """Virtual routers that do not have the better one as their only speaker since two intervals and more."""
        since = time.monotonic() - 2.5
        count = {(who, case.vrid): 0 for who in OWN for case in self.cases}
        for who in OWN:
            for advert in self.spoken(who, since):
                count[(who, advert.vrid)] += 1
        states = self.states()
        return [case for case in self.cases
                if count[(case.better, case.vrid)] < 2 or count[(case.other(), case.vrid)]
                or states.get(case.vrid) != ("MASTER" if case.better == OURS else "BACKUP")]

    def wait_until_settled(self):
        def settled():
            time.sleep(0.05)
            self.revive()
            return not self.unsettled()
        try:
            wait_for(settled, "the better router to be the only master")
        except AssertionError as error:
            raise AssertionError("%s: %s\n%s" % (error, self.unsettled(), self.logs())) from error

    def wait_for_speaker(self, who, since, cases=None):
        """{case: its first advert} of all (or these) virtual routers."""
        def found():
            self.look_after_peer()
            firsts = {case: self.first(who, case, since) for case in cases or self.cases}
            return firsts if all(firsts.values()) else None
        try:
            return wait_for(found, "%s to be master of all" % who)
        except PeerCrashed:
            raise
        except AssertionError as error:
            missing = [case for case in cases or self.cases if not self.first(who, case, since)]
            raise AssertionError("%s: %s\n%s" % (error, missing, self.logs())) from error

    def answers(self, since):
        """{address: [(who, hardware address)]} of the answers to ARP and neighbour solicitations."""
        found = {}
        for who, capture in self.captures.items():
            for at, frame in capture.all():
                if at < since:
                    continue
                if frame[12:14] == b"\x08\x06" and frame[20:22] == b"\0\2":
                    found.setdefault(socket.inet_ntoa(frame[28:32]), []).append((who, frame[22:28]))
                elif frame[12:14] == b"\x86\xdd" and frame[20] == 58 and frame[54] == 136 and frame[58] & 0x40:
                    message = Ether(frame)[ICMPv6ND_NA]
                    found.setdefault(message.tgt, []).append((who, frame[-6:]))
        return found

    def ask(self, addresses):
        """Asks for each of the addresses `ROUNDS` times, one round behind the answers to the last; all answers to it."""
        mac = hardware_address(self.client)
        since = time.monotonic()
        everything = [*addresses, *OWN.values(), *OWN6.values()]
        for asked in range(1, ROUNDS + 1):
            for address in everything:
                send_frame(self.client, "eth0", question(mac, address))
            wait_for(lambda: all(len(self.answers(since).get(address, ())) >= asked for address in everything),
                     "answers to all questions")
        found = self.answers(since)
        return {address: found[address] for address in addresses}

    def close(self):
        for thing in self.things:
            thing.close()


def question(mac, address):
    return neighbour_solicitation(mac, CLIENT6, address) if ":" in address else arp_request(mac, CLIENT, address)
