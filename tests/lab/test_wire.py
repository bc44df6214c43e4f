# SPDX-License-Identifier: GPL-2.0-or-later
"""What vigiad sends, as tshark reads it: an independent eye on checksums, lengths, addresses and flags.

    wire eth0 --- gw1 eth0
"""
import collections
import shutil
import subprocess

import pytest

from gateways import Gateway
from net import PATIENCE, Namespace, cable, wait_for

pytestmark = pytest.mark.skipif(not shutil.which("tshark"), reason="there is no tshark")

OWN, OWN6 = "192.168.1.1", "fe80::1"
GROUP, GROUP6 = "224.0.0.18", "ff02::12"
AUTHENTICATION = "authentication {\n auth_type %s\n auth_pass secret12\n }"
# VRID: (version, lines, addresses)
ROUTERS = {
    51: (2, "", ["192.168.1.201", "192.168.1.202"]),
    52: (2, AUTHENTICATION % "PASS", ["192.168.1.203"]),
    53: (2, AUTHENTICATION % "AH", ["192.168.1.204"]),
    54: (3, "", ["192.168.1.205", "192.168.1.206", "192.168.1.207"]),
    55: (3, "v3_checksum_as_v2", ["192.168.1.208"]),
    56: (3, "use_vmac", ["192.168.1.209"]),
    57: (3, "", ["fe80::57", "2001:db8:1::57"]),
    58: (3, "use_vmac", ["fe80::58", "2001:db8:1::58"]),
}
FIELDS = ["eth.src", "eth.dst", "eth.type", "ip.version", "ip.src", "ip.dst", "ip.ttl", "ip.dsfield", "ip.proto", "ip.flags",
          "ip.len", "ip.hdr_len", "ip.checksum.status", "ipv6.src", "ipv6.dst", "ipv6.hlim", "ipv6.tclass", "ipv6.nxt",
          "ipv6.plen", "ah.spi", "ah.sequence", "vrrp.version", "vrrp.type", "vrrp.virt_rtr_id", "vrrp.prio",
          "vrrp.addr_count", "vrrp.adver_int", "vrrp.short_adver_int", "vrrp.reserved_mbz", "vrrp.auth_type", "vrrp.auth_string",
          "vrrp.checksum.status", "vrrp.ip_addr", "vrrp.ipv6_addr", "arp.opcode", "arp.src.hw_mac", "arp.src.proto_ipv4",
          "arp.dst.hw_mac", "arp.dst.proto_ipv4", "icmpv6.type", "icmpv6.checksum.status", "icmpv6.nd.na.flag.r",
          "icmpv6.nd.na.flag.s", "icmpv6.nd.na.flag.o", "icmpv6.nd.na.target_address", "icmpv6.opt.linkaddr",
          "_ws.malformed", "_ws.expert.severity"]
GOOD = "1"  # as tshark numbers what it thinks of a checksum


def instance(vrid):
    version, lines, addresses = ROUTERS[vrid]
    return """vrrp_instance V%d {
    interface eth0
    virtual_router_id %d
    version %d
    advert_int 1
    priority 254
    %s
    virtual_ipaddress {
        %s
    }
}
""" % (vrid, vrid, version, lines, "\n        ".join(addresses))


def capture_life(directory):
    """From its start to its end: first adverts, announcements, an advert with priority 0."""
    wire, gw1 = Namespace("wire"), Gateway("gw1", directory, OWN, None, None, 254)
    sniffer = None
    try:
        cable(wire, "eth0", gw1.namespace, "eth0")
        gw1.namespace.run("ip link set eth0 addrgenmode none && ip addr flush dev eth0 && ip addr add %s/24 dev eth0 && "
                          "ip addr add %s/64 dev eth0 nodad && sysctl -qw net.ipv6.conf.all.forwarding=1" % (OWN, OWN6))
        path = str(directory / "wire.pcap")
        sniffer = wire.popen(["tcpdump", "-i", "eth0", "-U", "-w", path], stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, text=True)
        assert "listening" in sniffer.stderr.readline()
        gw1.configure("".join(instance(vrid) for vrid in ROUTERS))
        gw1.start()
        wait_for(lambda: all(one["state"] == "MASTER" and one["counters"]["adverts_sent"] >= 2
                             for one in (gw1.status() or {"instances": [{"state": None}]})["instances"]),
                 "two adverts of each\n" + gw1.read_log())
        words = gw1.namespace.run("ip -o link show dev eth0").split()
        mac = words[words.index("link/ether") + 1]
        gw1.stop()
        sniffer.terminate()
        sniffer.wait(timeout=PATIENCE)
        return path, mac
    finally:
        if sniffer and sniffer.poll() is None:
            sniffer.kill()
            sniffer.wait()
        gw1.close()
        wire.close()


def read(path):
    """A {field: value or list of values} for each frame."""
    done = subprocess.run(
        ["tshark", "-n", "-r", path, "-T", "fields", "-E", "separator=|", "-E", "occurrence=a", "-E", "aggregator= ",
         "-o", "ip.check_checksum:TRUE", *[part for field in FIELDS for part in ("-e", field)]],
        text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr
    return [dict(zip(FIELDS, line.split("|"))) for line in done.stdout.splitlines()]


@pytest.fixture(name="life", scope="module")
def fixture_life(tmp_path_factory):
    path, mac = capture_life(tmp_path_factory.mktemp("wire"))
    frames = read(path)
    virtual = {"00:00:5e:00:%02x:%02x" % (2 if ":" in ROUTERS[vrid][2][0] else 1, vrid) for vrid in ROUTERS}
    return [frame for frame in frames if frame["eth.src"] in virtual | {mac}], mac


def source_mac(vrid, mac):
    version, lines, addresses = ROUTERS[vrid]
    return "00:00:5e:00:%02x:%02x" % (2 if ":" in addresses[0] else 1, vrid) if "use_vmac" in lines else mac


def adverts(frames):
    found = collections.defaultdict(list)
    for frame in frames:
        if frame["vrrp.virt_rtr_id"]:
            found[int(frame["vrrp.virt_rtr_id"])].append(frame)
    assert set(found) == set(ROUTERS)
    return found


# covers: V3-PKT-01 V3-PKT-02 V3-PKT-05 V3-PKT-07 V3-PKT-09 V3-PKT-10 V3-PKT-11 V3-PKT-14 V2-PKT-01 V2-PKT-07 V2-PKT-08 CKS-01
# covers: CKS-03 CKS-04 CKS-11 IPH-01 IPH-02 IPH-03 IPH-04 IPH-05 IPH-07 IPH-09 IPH-11 TX-01 TX-02 TX-03 TX-04 TX-05 TX-08
def test_adverts(life):
    frames, mac = life
    for vrid, sent in adverts(frames).items():
        version, lines, addresses = ROUTERS[vrid]
        v6, ah = ":" in addresses[0], "AH" in lines
        assert [frame["vrrp.prio"] for frame in sent][-1] == "0" and {frame["vrrp.prio"] for frame in sent} == {"254", "0"}
        length = 8 + len(addresses) * (16 if v6 else 4) + (8 if version == 2 else 0)
        for frame in sent:
            assert frame["eth.src"] == source_mac(vrid, mac)
            assert (frame["vrrp.version"], frame["vrrp.type"]) == (str(version), "1")
            assert frame["vrrp.addr_count"] == str(len(addresses))
            assert not frame["_ws.malformed"], frame
            if v6:
                assert frame["eth.dst"] == "33:33:00:00:00:12"
                assert (frame["ipv6.src"], frame["ipv6.dst"], frame["ipv6.hlim"]) == (OWN6, GROUP6, "255")
                assert (frame["ipv6.nxt"], frame["ipv6.plen"]) == ("112", str(length))
                assert int(frame["ipv6.tclass"], 16) == 0xc0
                assert frame["vrrp.ipv6_addr"].split() == addresses
            else:
                assert frame["eth.dst"] == "01:00:5e:00:00:12"
                assert (frame["ip.src"], frame["ip.dst"], frame["ip.ttl"]) == (OWN, GROUP, "255")
                assert (frame["ip.proto"], frame["ip.hdr_len"]) == ("51" if ah else "112", "20")
                assert frame["ip.len"] == str(20 + (24 if ah else 0) + length)
                assert int(frame["ip.dsfield"], 16) == 0xc0
                assert frame["ip.checksum.status"] == GOOD
                assert frame["vrrp.ip_addr"].split() == addresses
            # tshark holds the form with the pseudo-header for the only right one.
            if lines != "v3_checksum_as_v2":
                assert frame["vrrp.checksum.status"] == GOOD, frame
            if version == 2:
                assert frame["vrrp.adver_int"] == "1"
                assert frame["vrrp.auth_type"] == ("2" if ah else "1" if lines else "0")
                assert frame["vrrp.auth_string"] == ("secret12" if lines and not ah else "")
            else:
                assert (frame["vrrp.short_adver_int"], frame["vrrp.reserved_mbz"]) == ("100", "0")
        if ah:
            numbers = [int(frame["ah.sequence"]) for frame in sent]
            assert numbers == sorted(set(numbers)) and {int(frame["ah.spi"], 0) for frame in sent} == {0xc0a80101}


# covers: ARP-01 ARP-02 VMAC-01 FSM-B8 AMB-07
def test_gratuitous_arp(life):
    frames, mac = life
    announced = collections.defaultdict(set)
    for frame in frames:
        if frame["arp.opcode"] and frame["arp.src.proto_ipv4"] == frame["arp.dst.proto_ipv4"]:
            announced[frame["arp.src.proto_ipv4"]].add((frame["eth.src"], frame["eth.dst"], frame["arp.opcode"],
                                                        frame["arp.src.hw_mac"], frame["arp.dst.hw_mac"]))
    for vrid, (_, _, addresses) in ROUTERS.items():
        for address in addresses:
            if ":" not in address:
                wanted = source_mac(vrid, mac)
                assert announced[address] == {(wanted, "ff:ff:ff:ff:ff:ff", "1", wanted, wanted)}


# covers: ND-01 ND-02 VMAC-01
def test_neighbour_advertisements(life):
    frames, mac = life
    announced = collections.defaultdict(list)
    for frame in frames:
        if frame["icmpv6.type"] == "136":
            announced[frame["icmpv6.nd.na.target_address"]].append(frame)
    for vrid, (_, _, addresses) in ROUTERS.items():
        for address in addresses:
            if ":" not in address:
                continue
            assert announced[address]
            for frame in announced[address]:
                assert (frame["eth.src"], frame["eth.dst"]) == (source_mac(vrid, mac), "33:33:00:00:00:01")
                assert (frame["ipv6.src"], frame["ipv6.dst"], frame["ipv6.hlim"]) == (addresses[0], "ff02::1", "255")
                assert [frame["icmpv6.nd.na.flag." + flag] for flag in "rso"] == ["1", "0", "1"]
                assert frame["icmpv6.opt.linkaddr"] == source_mac(vrid, mac)
                assert frame["icmpv6.checksum.status"] == GOOD
