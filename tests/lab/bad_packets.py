# SPDX-License-Identifier: GPL-2.0-or-later
"""Every kind of bad packet, made octet by octet, each with the reason to drop it; the virtual routers that they are for, and the
one gateway that has these.

    wire eth0 --- gw1 eth0
"""
import hashlib
import hmac
import socket
import struct

from scapy.layers.inet import IP, IPOption
from scapy.layers.inet6 import Ether, IPv6, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting
from scapy.packet import Raw

from gateways import Gateway
from net import VRRP_PROTOCOL, Namespace, cable, checksum, wait_for

OWN, PEER, GROUP = "192.168.1.1", "192.168.1.2", "224.0.0.18"
OWN6, PEER6, GROUP6 = "fe80::1", "fe80::2", "ff02::12"
SECRET = b"secret12"
V2, V3, V6, PASS, HEADER, OWNER, UNICAST, FAULTY, FAST, STEADY = range(51, 61)
LONG = 100  # seconds: all happens within one interval
NAMES = {None: None, V2: "V2", V3: "V3", V6: "V6", PASS: "PASS", HEADER: "HEADER", OWNER: "OWNER",
         UNICAST: "UNICAST", FAULTY: "FAULTY", FAST: "FAST", STEADY: "STEADY"}
LISTS = {vrid: ["192.168.1.%d" % (150 + vrid)] for vrid in NAMES if vrid}
LISTS[V6] = ["fe80::51", "2001:db8:1::1"]


def instance(vrid, version, interval, priority=254, more=""):
    return """vrrp_instance %s {
    interface eth0
    virtual_router_id %d
    version %d
    advert_int %s
    priority %d
    %s
    virtual_ipaddress {
        %s
    }
}
""" % (NAMES[vrid], vrid, version, interval, priority, more, "\n        ".join(LISTS[vrid]))


def authentication(kind):
    return "authentication {\n auth_type %s\n auth_pass %s\n }" % (kind, SECRET.decode())


# The intervals of version 3 are at most 40.95 s.
CONFIG = instance(V2, 2, LONG) + instance(V3, 3, 40) + instance(V6, 3, 40) + \
    instance(PASS, 2, LONG, more=authentication("PASS")) + instance(HEADER, 2, LONG, more=authentication("AH"))
CONFIG_OF_OWNER = instance(OWNER, 2, LONG, 255)
# One with a peer that is not there, and one that waits for an interface.
CONFIG_OF_OTHERS = instance(UNICAST, 3, 40, more="check_unicast_src\n unicast_src_ip %s\n unicast_peer {\n 192.168.1.77\n }" % OWN) + \
    instance(FAULTY, 3, 40, more="track_interface {\n eth9\n }")


def packed(address):
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)


def message(vrid, version=None, priority=200, kind=1, count=None, interval=None, addresses=None, auth_type=None, auth=None,
            source=None, destination=None, form="right", change=0, vrid_sent=None):
    """The VRRP message of a peer of this virtual router; form: what the checksum covers."""
    v6 = vrid == V6
    version = version if version is not None else 3 if vrid in (V3, V6, UNICAST, FAULTY, FAST) else 2
    addresses = LISTS.get(vrid, LISTS[V2]) if addresses is None else addresses
    if version == 2:
        auth_type = {PASS: 1, HEADER: 2}.get(vrid, 0) if auth_type is None else auth_type
        middle = struct.pack("!BB", auth_type, LONG if interval is None else interval)
        tail = (SECRET if auth_type == 1 else bytes(8)) if auth is None else auth
    else:
        middle, tail = struct.pack("!H", 4000 if interval is None else interval), auth or b""
    count = len(addresses) if count is None else count
    head = struct.pack("!BBBB", version << 4 | kind, vrid_sent or vrid, priority, count) + middle
    body = b"".join(map(packed, addresses)) + tail
    covered = head + b"\0\0" + body
    if form == "right" and version != 2:
        form = "pseudo-header"
    if form == "pseudo-header":
        ends = packed(source or (PEER6 if v6 else PEER)) + packed(destination or (GROUP6 if v6 else GROUP))
        covered = ends + struct.pack("!II" if v6 else "!HH", *((len(covered), VRRP_PROTOCOL) if v6 else
                                                                (VRRP_PROTOCOL, len(covered)))) + covered
    return head + struct.pack("!H", checksum(covered) ^ change) + body


def ip4(payload, source=PEER, destination=GROUP, ttl=255, proto=VRRP_PROTOCOL, to=None, **more):
    mac = to or "01:00:5e:00:00:12"
    return bytes(Ether(src="02:00:00:00:00:02", dst=mac) /
                 IP(src=source, dst=destination, ttl=ttl, proto=proto, tos=0xc0, **more) / Raw(payload))


def ip6(payload, source=PEER6, destination=GROUP6, hlim=255, nh=VRRP_PROTOCOL, extension=None, to=None, **more):
    header = IPv6(src=source, dst=destination, hlim=hlim, tc=0xc0, **more)
    if extension is None:
        header.nh = nh
        packet = header / Raw(payload)
    else:
        extension.nh = nh
        packet = header / extension / Raw(payload)
    return bytes(Ether(src="02:00:00:00:00:02", dst=to or "33:33:00:00:00:12", type=0x86dd) / packet)


def with_header(vrid=HEADER, sequence=1, secret=SECRET, **more):
    """Behind an authentication header (RFC 2402): what routers may change counts as zero."""
    ah = struct.pack("!BBHII", VRRP_PROTOCOL, 4, 0, 0x01020304, sequence)
    payload = message(vrid, **more)
    signed = bytes(IP(src=PEER, dst=GROUP, ttl=0, proto=51, tos=0, chksum=0, len=44 + len(payload)) /
                   Raw(ah + bytes(12) + payload))
    return ip4(ah + hmac.new(secret, signed, hashlib.md5).digest()[:12] + payload, proto=51)


def good(vrid, **more):
    if vrid == HEADER:
        return with_header(sequence=more.pop("sequence"), **more)
    return ip6(message(vrid, **more)) if vrid == V6 else ip4(message(vrid, **more))


def of_the_header(own_mac):
    """Everything in front of the message; none of it belongs to a virtual router yet."""
    right, right6 = message(V3), message(V6)
    return [
        ("TTL 254", ip4(right, ttl=254), "ttl", None),
        ("TTL 64, and a wrong checksum", ip4(message(V3, change=1), ttl=64), "ttl", None),
        ("TTL 0", ip4(message(V2), ttl=0), "ttl", None),
        ("hop limit 254", ip6(right6, hlim=254), "ttl", None),
        ("hop limit 1", ip6(right6, hlim=1), "ttl", None),
        ("IPv4, version 5", ip4(right, version=5), "ip-header", None),
        ("IPv4, header of 16 octets", ip4(right, ihl=4), "ip-header", None),
        ("IPv4, header longer than the packet", ip4(right, ihl=15), "ip-header", None),
        ("IPv4, wrong checksum", ip4(right, chksum=1), "ip-header", None),
        ("IPv4, more promised than there is", ip4(right, len=60), "ip-header", None),
        ("IPv4, shorter than its header", ip4(right, len=19), "ip-header", None),
        ("IPv6, more promised than there is", ip6(right6, plen=len(right6) + 1), "ip-header", None),
        ("IPv6, no payload", ip6(right6, plen=0), "ip-header", None),
        ("IPv6, version 7", ip6(right6, version=7), "ip-header", None),
        ("IPv6, cut within an extension", ip6(b"", extension=IPv6ExtHdrHopByHop(len=200)), "ip-header", None),
        ("first fragment", ip4(right, flags="MF"), "fragment", None),
        ("later fragment", ip4(right, frag=3), "fragment", None),
        ("IPv6, first fragment", ip6(right6, extension=IPv6ExtHdrFragment(m=1)), "fragment", None),
        ("IPv6, later fragment", ip6(right6, extension=IPv6ExtHdrFragment(offset=3)), "fragment", None),
        ("IPv6, segments left", ip6(right6, extension=IPv6ExtHdrRouting(addresses=[OWN6], segleft=1)), "destination", None),
        ("IPv6 to the group, UDP", ip6(right6, nh=17), "protocol", None),
        ("source 0.0.0.0", ip4(message(V3, source="0.0.0.0"), source="0.0.0.0"), "source", None),
        ("source a group", ip4(message(V3, source="224.0.0.5"), source="224.0.0.5"), "source", None),
        ("source broadcast", ip4(message(V3, source="255.255.255.255"), source="255.255.255.255"), "source", None),
        ("source ::", ip6(message(V6, source="::"), source="::"), "source", None),
        ("source a group of IPv6", ip6(message(V6, source="ff02::5"), source="ff02::5"), "source", None),
        ("to broadcast", ip4(message(V3, destination="255.255.255.255"), destination="255.255.255.255",
                             to="ff:ff:ff:ff:ff:ff"), "destination", None),
        ("to us", ip4(message(V3, destination=OWN), destination=OWN, to=own_mac), "destination", V3),
        ("version 2, to us", ip4(message(V2), destination=OWN, to=own_mac), "destination", V2),
        ("to us over IPv6", ip6(message(V6, destination=OWN6), destination=OWN6, to=own_mac), "destination", V6),
        ("to another group", ip4(message(V3, destination="224.0.0.19"), destination="224.0.0.19"), "destination", V3),
        ("to another group of IPv6", ip6(message(V6, destination="ff02::13"), destination="ff02::13"), "destination", V6),
    ]


def of_the_message():
    """RFC 9568 and 3768 7.1, as far as the octets alone tell."""
    v2, v3, v6 = message(V2), message(V3), message(V6)
    other_sum = message(V3, form="pseudo-header", destination="224.0.0.19")
    return [
        ("version 0", ip4(message(V3, version=0)), "version", V3),
        ("version 4", ip4(message(V3, version=4)), "version", V3),
        ("version 4 over IPv6", ip6(message(V6, version=4)), "version", V6),
        ("version 2 over IPv6", ip6(message(V6, version=2)), "version", V6),
        ("version 2 at one of version 3", ip4(message(V3, version=2)), "version", V3),
        ("version 3 at one of version 2", ip4(message(V2, version=3)), "version", V2),
        ("type 0", ip4(message(V3, kind=0)), "type", V3),
        ("type 2", ip4(message(V3, kind=2)), "type", V3),
        ("version 2, type 2", ip4(message(V2, kind=2)), "type", V2),
        ("type 15 over IPv6", ip6(message(V6, kind=15)), "type", V6),
        ("no message", ip4(b""), "length", None),
        ("a message of one octet", ip4(v3[:1]), "length", None),
        ("a message of four octets", ip4(v3[:4]), "length", V3),
        ("no addresses", ip4(v3[:8]), "length", V3),
        ("one octet too short", ip4(v3[:-1]), "length", V3),
        ("one octet too long", ip4(v3 + b"\0"), "length", V3),
        ("one address more than counted", ip4(message(V3, addresses=2 * LISTS[V3], count=1)), "length", V3),
        ("255 addresses counted, one there", ip4(message(V3, count=255)), "length", V3),
        ("version 3 with the data of version 2", ip4(message(V3, auth=bytes(8))), "length", V3),
        ("a trailer where none is due", ip4(v3 + bytes(28)), "length", V3),
        ("version 2 without its data", ip4(v2[:-8]), "length", V2),
        ("version 2, its data cut", ip4(v2[:-1]), "length", V2),
        ("version 2, too long", ip4(v2 + bytes(4)), "length", V2),
        ("IPv6, an address cut", ip6(v6[:-4]), "length", V6),
        ("IPv6, too long", ip6(v6 + bytes(16)), "length", V6),
        ("an authentication header cut", ip4(bytes((VRRP_PROTOCOL, 4)) + bytes(12), proto=51), "length", None),
        ("one bit of the checksum", ip4(message(V3, change=1)), "checksum", V3),
        ("version 2, one bit of the checksum", ip4(message(V2, change=0x8000)), "checksum", V2),
        ("version 2 with a pseudo-header", ip4(message(V2, form="pseudo-header")), "checksum", V2),
        ("the sum for another group", ip4(other_sum), "checksum", V3),
        ("IPv6, one bit of the checksum", ip6(message(V6, change=0x0100)), "checksum", V6),
        ("IPv6 without pseudo-header", ip6(message(V6, form="message-only")), "checksum", V6),
        ("IPv6, the sum for another source", ip6(message(V6, source="fe80::3")), "checksum", V6),
        ("a wrong sum behind options", ip4(message(V3, change=1), options=IPOption(b"\x94\x04\0\0")), "checksum", V3),
        ("VRID 99", ip4(message(99, version=3)), "vrid", None),
        ("VRID 0", ip4(message(0, version=3)), "vrid", None),
        ("version 2, VRID 99", ip4(message(99)), "vrid", None),
        ("IPv4 for a VRID of IPv6", ip4(message(99, version=3, vrid_sent=V6)), "vrid", None),
    ]


def of_the_configuration():
    """What only the configuration of the virtual router tells."""
    stranger = ["192.168.1.99"]
    return [
        ("count 0", ip4(message(V3, addresses=[])), "address-list", V3),
        ("count 0 and interval 0", ip4(message(V3, addresses=[], interval=0)), "address-list", V3),
        ("IPv6, count 0", ip6(message(V6, addresses=[])), "address-list", V6),
        ("IPv6, first address global", ip6(message(V6, addresses=LISTS[V6][::-1])), "address-list", V6),
        ("interval 0", ip4(message(V3, interval=0)), "interval", V3),
        ("interval 0, but for the reserved bits", ip4(message(V3, interval=0xf000)), "interval", V3),
        ("interval 0 with priority 0", ip4(message(V3, interval=0, priority=0)), "interval", V3),
        ("IPv6, interval 0", ip6(message(V6, interval=0)), "interval", V6),
        ("version 2, count 0", ip4(message(V2, addresses=[])), "address-list", V2),
        ("version 2, another list", ip4(message(V2, addresses=stranger)), "address-list", V2),
        ("version 2, another list with priority 0", ip4(message(V2, addresses=stranger, priority=0)), "address-list", V2),
        ("version 2, one address more", ip4(message(V2, addresses=LISTS[V2] + stranger)), "address-list", V2),
        ("version 2, another interval", ip4(message(V2, interval=LONG - 1)), "interval", V2),
        ("version 2, interval 0", ip4(message(V2, interval=0)), "interval", V2),
        ("version 2, another interval of the owner", ip4(message(V2, interval=1, priority=255)), "interval", V2),
        ("version 2, another interval with priority 0", ip4(message(V2, interval=1, priority=0)), "interval", V2),
        ("authentication type 3", ip4(message(V2, auth_type=3)), "auth-type", V2),
        ("authentication type 255", ip4(message(PASS, auth_type=255)), "auth-type", PASS),
        ("text where none is due", ip4(message(V2, auth_type=1)), "auth-mismatch", V2),
        ("type 2 without a header where none is due", ip4(message(V2, auth_type=2)), "auth-mismatch", V2),
        ("a header where none is due", with_header(V2, auth_type=2), "auth-mismatch", V2),
        ("a header with type 0", with_header(V2, auth_type=0), "auth-mismatch", V2),
        ("no text", ip4(message(PASS, auth_type=0)), "auth-mismatch", PASS),
        ("a header instead of text", with_header(PASS, auth_type=2), "auth-mismatch", PASS),
        ("another text", ip4(message(PASS, auth=b"secret13")), "auth-failure", PASS),
        ("a shorter text", ip4(message(PASS, auth=b"secret1\0")), "auth-failure", PASS),
        ("text instead of a header", ip4(message(HEADER, auth_type=1)), "auth-mismatch", HEADER),
        ("no header and type 0", ip4(message(HEADER, auth_type=0)), "auth-mismatch", HEADER),
        ("type 2 without a header", ip4(message(HEADER)), "auth-failure", HEADER),
        ("the digest of another secret", with_header(secret=b"secret13", sequence=1000), "auth-failure", HEADER),
        ("version 2 at the owner", ip4(message(OWNER)), "owner", OWNER),
        ("priority 0 at the owner", ip4(message(OWNER, priority=0)), "owner", OWNER),
    ]


def of_others(own_mac):
    """For CONFIG_OF_OTHERS. The last one is kept, and told of: it might be another router's."""
    return [
        ("from nobody's peer", ip4(message(UNICAST, destination=OWN), destination=OWN, to=own_mac), "peer", UNICAST),
        ("for one that waits", ip4(message(FAULTY)), "not-running", FAULTY),
        ("from our own address", ip4(message(V3, source=OWN, priority=254), source=OWN), "looped", V3),
    ]


class Lab:
    def __init__(self, directory):
        self.wire = Namespace("wire")
        self.gw1 = Gateway("gw1", directory, OWN, None, None, 254)
        self.things = [self.gw1, self.wire]
        cable(self.wire, "eth0", self.gw1.namespace, "eth0")
        for namespace in (self.wire, self.gw1.namespace):
            namespace.run("ip link set eth0 addrgenmode none && ip addr flush dev eth0")
        self.gw1.namespace.run("ip addr add %s/24 dev eth0 && ip addr add %s/64 dev eth0 nodad" % (OWN, OWN6))
        self.sender = self.wire.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.sender.bind(("eth0", 0))

    def start(self, config, state):
        self.gw1.configure(config)
        self.gw1.start()
        self.wait_for_states(state)

    def wait_for_states(self, state):
        wait_for(lambda: set(self.states().values()) == {state}, "all to be %s\n%s" % (state, self.gw1.read_log()))

    def states(self):
        status = self.gw1.status()
        return {one["name"]: one["state"] for one in status["instances"] if one["name"] != "OWNER"} if status else {}

    def own_mac(self):
        words = self.gw1.namespace.run("ip -o link show dev eth0").split()
        return words[words.index("link/ether") + 1]

    def close(self):
        self.sender.close()
        for thing in self.things:
            thing.close()


def counters(status):
    """{(virtual router or None, reason): count} of all that are not zero."""
    found = {(None, reason): count for reason, count in status["drops"].items()}
    for one in status["instances"]:
        found.update({(one["name"], reason): count for reason, count in one["drops"].items()})
    return {key: count for key, count in found.items() if count}


def increments(before, after):
    return {key: count - before.get(key, 0) for key, count in after.items() if count != before.get(key, 0)}


def all_packets(lab):
    return of_the_header(lab.own_mac()) + of_the_message() + of_the_configuration()
