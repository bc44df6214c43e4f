# SPDX-License-Identifier: GPL-2.0-or-later
"""Questions of the client of gateways.py, frame by frame past its own kernel, and who answers them."""
import ipaddress
import socket
import struct
import time

from scapy.layers.inet6 import Ether, ICMPv6ND_NS, ICMPv6ND_RA, ICMPv6NDOptPrefixInfo, ICMPv6NDOptSrcLLAddr, IPv6

from net import checksum, send_frame, wait_for

CLIENT = "192.168.1.10"


def hardware_address(namespace, interface="eth0"):
    words = namespace.run("ip -o link show dev " + interface).split()
    return bytes.fromhex(words[words.index("link/ether") + 1].replace(":", ""))


def arp_answers(capture, address, since=0.0):
    """The frames that answer for the address: the sender's hardware address stands in them at 6 and at 22."""
    wanted = socket.inet_aton(address)
    return [frame for at, frame in capture.all()
            if frame[12:14] == b"\x08\x06" and frame[20:22] == b"\0\2" and frame[28:32] == wanted and at >= since]


def arp_replies(capture, address, since):
    """The hardware addresses that the address was said to have in answers."""
    return [frame[22:28] for frame in arp_answers(capture, address, since)]


def arp_request(mac, source, target):
    """The frame: who has target? Tell source."""
    body = mac + socket.inet_aton(source) + bytes(6) + socket.inet_aton(target)
    return b"\xff" * 6 + mac + b"\x08\x06\0\1\x08\0\6\4\0\1" + body + bytes(18)


def neighbour_solicitation(mac, source, target):
    """The same over IPv6."""
    end = ipaddress.ip_address(target).packed[13:]
    group = ipaddress.ip_address(bytes.fromhex("ff0200000000000000000001ff") + end)
    return bytes(Ether(src=mac.hex(":"), dst="33:33:ff:" + end.hex(":")) /
                 IPv6(src=source, dst=str(group), hlim=255) / ICMPv6ND_NS(tgt=target) /
                 ICMPv6NDOptSrcLLAddr(lladdr=mac.hex(":")))


def router_advertisement(mac, prefix):
    """Of a router that is none of ours, to all: a default route by it, and a /64 to make addresses of."""
    return bytes(Ether(src=mac.hex(":"), dst="33:33:00:00:00:01") / IPv6(src="fe80::7", dst="ff02::1", hlim=255) /
                 ICMPv6ND_RA(routerlifetime=1800) / ICMPv6NDOptPrefixInfo(prefix=prefix, prefixlen=64))


def arp_question(client, address):
    send_frame(client, "eth0", arp_request(hardware_address(client), CLIENT, address))


def ask(network, address):
    """ARP from the client: who answers. The question for a router's own address behind it tells when all is answered."""
    since = time.monotonic()
    for target in (address, "192.168.1.1", "192.168.1.2"):
        arp_question(network.client, target)
    for router in ("192.168.1.1", "192.168.1.2"):
        wait_for(lambda: arp_replies(network.capture, router, since), "the ARP answer of " + router)
    return arp_replies(network.capture, address, since)


def echo_request(source, target, from_mac, to_mac, number):
    icmp = struct.pack("!BBHHH", 8, 0, 0, 77, number)
    icmp = icmp[:2] + struct.pack("!H", checksum(icmp)) + icmp[4:]
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 28, 0, 0, 64, 1, 0) + socket.inet_aton(source) + socket.inet_aton(target)
    ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    return to_mac + from_mac + b"\x08\x00" + ip + icmp


def echo_replies(capture, number):
    """Hardware addresses of those who answered this question."""
    return [frame[6:12] for _, frame in capture.all()
            if frame[12:14] == b"\x08\x00" and frame[23] == 1 and frame[34] == 0
            and struct.unpack("!HH", frame[38:42]) == (77, number)]
