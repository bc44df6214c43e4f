# SPDX-License-Identifier: GPL-2.0-or-later
"""vigia decode on captures made here, octet by octet."""
import hashlib
import hmac
import json
import os
import socket
import struct
import subprocess

import pytest

VIGIA = os.environ["VIGIA"]
ETHERNET, RAW, COOKED, COOKED_2, WLAN = 1, 101, 113, 276, 105
GROUP_MAC = bytes.fromhex("01005e000012")
VIRTUAL_MAC = bytes.fromhex("00005e000133")
CONFIG = """
vrrp_instance VI_2 {
    interface eth0
    virtual_router_id 51
    priority 50
    virtual_ipaddress {
        10.0.0.1
    }
}
vrrp_instance VI_3 {
    version 3
    interface eth0
    virtual_router_id 53
    priority 50
    virtual_ipaddress {
        10.0.0.3
    }
}
vrrp_instance OTHER {
    interface eth1
    virtual_router_id 60
    priority 50
    virtual_ipaddress {
        10.0.0.9
    }
}
"""


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total > 0xFFFF:
        total = (total >> 16) + (total & 0xFFFF)
    return ~total & 0xFFFF


def address(text):
    return bytes(map(int, text.split(".")))


def ip(payload, source="192.168.1.2", destination="224.0.0.18", ttl=255, protocol=112):
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0xC0, 20 + len(payload), 0, 0x4000, ttl, protocol, 0,
                         address(source), address(destination))
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def v2(vrid=51, priority=100, interval=1, addresses=("10.0.0.1",), auth_type=0, auth=b"\0" * 8):
    body = b"".join(map(address, addresses)) + auth
    head = struct.pack("!BBBBBB", 0x21, vrid, priority, len(addresses), auth_type, interval)
    return head + struct.pack("!H", checksum(head + b"\0\0" + body)) + body


def v3(vrid=53, priority=100, interval=100, addresses=("10.0.0.3",)):
    body = b"".join(map(address, addresses))
    head = struct.pack("!BBBBH", 0x31, vrid, priority, len(addresses), interval)
    return head + struct.pack("!H", checksum(head + b"\0\0" + body)) + body


def ethernet(packet, ethertype=0x0800, vlans=()):
    tags = b"".join(struct.pack("!HH", 0x8100, vlan) for vlan in vlans)
    return GROUP_MAC + VIRTUAL_MAC + tags + struct.pack("!H", ethertype) + packet


def pcap(path, frames, link_type=ETHERNET, captured=65535):
    data = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, captured, link_type)
    for number, frame in enumerate(frames):
        kept = frame[:captured]
        data += struct.pack("<IIII", 1700000000, 250000 + number, len(kept), len(frame)) + kept
    path.write_bytes(data)
    return path


def pcapng(path, frames):
    def block(kind, body):
        length = 12 + len(body)
        return struct.pack("<II", kind, length) + body + struct.pack("<I", length)

    data = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)) + block(1, struct.pack("<HHI", ETHERNET, 0, 0))
    for frame in frames:
        padded = frame + b"\0" * (-len(frame) % 4)
        micros = 1700000000 * 1000000
        data += block(6, struct.pack("<IIIII", 0, micros >> 32, micros & 0xFFFFFFFF, len(frame), len(frame)) + padded)
    path.write_bytes(data)
    return path


def run(*arguments):
    return subprocess.run([VIGIA, "decode", *map(str, arguments)], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, env=dict(os.environ, TZ="UTC"))


def decode(*arguments, status=0):
    done = run(*arguments, "--json")
    assert done.returncode == status, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def reasons(lines):
    return [line["reason"] for line in lines]


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "keepalived.conf"
    path.write_text(CONFIG)
    return path


def test_text(tmp_path):
    file = pcap(tmp_path / "a.pcap", [ethernet(ip(v2())), ethernet(ip(v3(interval=25), ttl=64)),
                                      ethernet(b"\0" * 28, 0x0806)])
    done = run(file)
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout == (
        "2023-11-14 22:13:20.250000  192.168.1.2 > 224.0.0.18, ttl 255, version 2, vrid 51, priority 100, interval 1 s, "
        "addresses 10.0.0.1, from 00:00:5e:00:01:33  accepted\n"
        "2023-11-14 22:13:20.250001  192.168.1.2 > 224.0.0.18, ttl 64, from 00:00:5e:00:01:33  "
        "dropped (ttl): TTL or hop limit is not 255 (sent by something that is not on this link), or not within the limits of the unicast peer\n"
        "2 VRRP packets: 1 accepted, 1 not; 0 announcements; 1 other packets\n")


def test_json_has_every_field(tmp_path):
    lines = decode(pcap(tmp_path / "a.pcap", [ethernet(ip(v3(interval=25))), ethernet(ip(v3(), ttl=1))]))
    assert lines[0] == {
        "number": 1, "time": 1700000000.25, "accepted": True, "reason": None, "text": "accepted", "instance": None,
        "remarks": [], "source_mac": "00:00:5e:00:01:33", "vlan": None,
        "source": "192.168.1.2", "destination": "224.0.0.18", "ttl": 255,
        "version": 3, "type": 1, "vrid": 53, "priority": 100, "address_count": 1, "auth_type": None, "interval": 0.25,
        "checksum": struct.unpack("!H", v3(interval=25)[6:8])[0], "checksum_form": "message-only",
        "addresses": ["10.0.0.3"], "auth_data": None, "signature": None}
    assert lines[1].keys() == lines[0].keys()
    assert (lines[1]["accepted"], lines[1]["reason"], lines[1]["version"]) == (False, "ttl", None)


def test_drops_by_the_bytes(tmp_path):
    bad_sum = bytearray(v3())
    bad_sum[7] ^= 1
    frames = [ip(v2()), ip(v2(), ttl=254), ip(v2(), destination="255.255.255.255"), ip(v2(), source="224.0.0.1"),
              ip(b"\x41" + v2()[1:]), ip(b"\x22" + v2()[1:]), ip(v3() + b"\0"), ip(bytes(bad_sum)),
              ip(v2(), protocol=51)]
    lines = decode(pcap(tmp_path / "a.pcap", map(ethernet, frames)))
    assert reasons(lines) == [None, "ttl", "destination", "source", "version", "type", "length", "checksum", "protocol"]
    assert lines[4]["version"] == 4 and lines[4]["interval"] is None and lines[4]["addresses"] is None
    text = run(tmp_path / "a.pcap").stdout.splitlines()
    assert "type 2" in text[5] and "dropped (type)" in text[5]
    assert "addresses 1 promised" in text[6]


def test_drops_by_a_configuration(tmp_path, config):
    frames = [ip(v2()), ip(v2(vrid=52)), ip(v2(vrid=60)), ip(v2(interval=2)), ip(v2(addresses=("10.0.0.2",))),
              ip(v2(auth_type=1, auth=b"password")), ip(v2(auth_type=7)), ip(v3()), ip(v3(vrid=51)),
              ip(v3(interval=0)), ip(v3(addresses=())), ip(v3(addresses=("10.0.0.4",)))]
    file = pcap(tmp_path / "a.pcap", map(ethernet, frames))
    lines = decode(file, "--config", config, "--interface", "eth0")
    assert reasons(lines) == [None, "vrid", "vrid", "interval", "address-list", "auth-mismatch", "auth-type", None,
                              "version", "interval", "address-list", None]
    assert [line["instance"] for line in lines[:2]] == ["VI_2", None]
    assert lines[7]["instance"] == "VI_3"
    text = run(file, "--config", config, "--interface", "eth0").stdout
    assert "accepted by VI_2\n" in text and "dropped by VI_2 (interval): " in text
    assert text.endswith("12 VRRP packets: 3 accepted, 9 not; 0 announcements; 0 other packets\n")
    assert reasons(decode(file, "--config", config, "--interface", "eth1"))[:3] == ["vrid", "vrid", "address-list"]


def test_accepted_although_different(tmp_path, config):
    """Version 3 keeps such packets: RX-15, RX-17."""
    frames = [ip(v3()), ip(v3(interval=50)), ip(v3(addresses=("10.0.0.4",))), ip(v3(interval=1, addresses=("10.0.0.4",)))]
    file = pcap(tmp_path / "a.pcap", map(ethernet, frames))
    lines = decode(file, "--config", config, "--interface", "eth0")
    assert reasons(lines) == [None] * 4
    assert [line["remarks"] for line in lines] == [[], ["interval-differs"], ["addresses-differ"],
                                                   ["addresses-differ", "interval-differs"]]
    assert run(file, "--config", config, "--interface", "eth0").stdout.splitlines()[3].endswith(
        "accepted by VI_3, although the addresses are not the configured ones, "
        "although the interval is not the configured one")
    assert all(line["remarks"] == [] for line in decode(file))


def test_interface_must_be_told_apart(tmp_path, config):
    file = pcap(tmp_path / "a.pcap", [ethernet(ip(v2()))])
    done = run(file, "--config", config)
    assert done.returncode == 2 and "--interface" in done.stderr
    done = run(file, "--config", config, "--interface", "eth7")
    assert done.returncode == 2 and "eth7" in done.stderr
    config.write_text(CONFIG.replace("eth1", "eth0"))
    assert reasons(decode(file, "--config", config)) == [None]


def test_bad_configuration(tmp_path, config):
    file = pcap(tmp_path / "a.pcap", [ethernet(ip(v2()))])
    config.write_text(CONFIG.replace("priority 50", "priority 500"))
    done = run(file, "--config", config)
    assert done.returncode == 1 and "keepalived.conf:5:" in done.stderr and done.stdout == ""
    done = run(file, "--config", tmp_path / "missing")
    assert done.returncode == 1 and "missing" in done.stderr


@pytest.mark.parametrize("link_type, header, mac", [
    (RAW, b"", None),
    (COOKED, struct.pack("!HHH8sH", 1, 1, 6, VIRTUAL_MAC + b"\0\0", 0x0800), "00:00:5e:00:01:33"),
    (COOKED, struct.pack("!HHH8sH", 1, 772, 0, b"\0" * 8, 0x0800), None),
    (COOKED_2, struct.pack("!HHIHBB8s", 0x0800, 0, 3, 1, 1, 6, VIRTUAL_MAC + b"\0\0"), "00:00:5e:00:01:33"),
])
def test_link_types(tmp_path, link_type, header, mac):
    lines = decode(pcap(tmp_path / "a.pcap", [header + ip(v2()), header[:9]], link_type))
    assert len(lines) == 1 and lines[0]["accepted"] and lines[0]["source_mac"] == mac


def test_vlan_tags(tmp_path):
    lines = decode(pcap(tmp_path / "a.pcap", [ethernet(ip(v2()), vlans=(7,)), ethernet(ip(v2()), vlans=(7, 8))]))
    assert reasons(lines) == [None, None]
    assert [line["vlan"] for line in lines] == [7, 8]


def test_unknown_link_type(tmp_path):
    done = run(pcap(tmp_path / "a.pcap", [ip(v2())], WLAN))
    assert done.returncode == 1 and "link type" in done.stderr


def test_pcapng(tmp_path):
    lines = decode(pcapng(tmp_path / "a.pcapng", [ethernet(ip(v2())), ethernet(ip(v3()))]))
    assert reasons(lines) == [None, None] and lines[0]["time"] == 1700000000


@pytest.mark.parametrize("make", [pcap, pcapng])
def test_cut_short(tmp_path, make):
    whole = make(tmp_path / "whole", [ethernet(ip(v2()))] * 3)
    size = whole.stat().st_size
    cut = tmp_path / "cut"
    cut.write_bytes(whole.read_bytes()[:size - 20])
    assert len(decode(cut, status=4)) == 2
    done = run(cut)
    assert done.returncode == 4 and "after packet 2" in done.stderr and "2 VRRP packets" in done.stdout


def test_every_cut(tmp_path):
    """Wherever the file ends: no crash, and never a packet that is not there."""
    whole = pcap(tmp_path / "whole", [ethernet(ip(v2()))]).read_bytes()
    cut = tmp_path / "cut"
    for length in range(len(whole)):
        cut.write_bytes(whole[:length])
        done = run(cut, "--json")
        expected = 1 if length < 24 else 0 if length == 24 else 4
        assert (done.returncode, done.stdout) == (expected, ""), (length, done.stderr)
        assert (done.stderr != "") == (expected != 0)


def test_snap_length(tmp_path):
    file = pcap(tmp_path / "a.pcap", [ethernet(ip(v2()))], captured=40)
    line = decode(file)[0]
    assert (line["accepted"], line["reason"], line["source"]) == (None, "not-captured", "192.168.1.2")
    assert "cannot tell" in run(file).stdout


def test_output_that_cannot_be_written(tmp_path):
    file = pcap(tmp_path / "a.pcap", [ethernet(ip(v2()))])
    with open("/dev/full", "w") as full:
        done = subprocess.run([VIGIA, "decode", str(file)], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and "could not be written" in done.stderr


def ip6(message, hops=255, next_header=112):
    addresses = socket.inet_pton(socket.AF_INET6, "fe80::2") + socket.inet_pton(socket.AF_INET6, "ff02::12")
    if next_header == 112:
        pseudo = addresses + struct.pack("!II", len(message), 112)
        message = message[:6] + b"\0\0" + message[8:]
        message = message[:6] + struct.pack("!H", checksum(pseudo + message)) + message[8:]
    return struct.pack("!IHBB", 0x6C << 24, len(message), next_header, hops) + addresses + message


def test_ipv6(tmp_path, config):
    listed = b"".join(socket.inet_pton(socket.AF_INET6, address) for address in ("fe80::51", "2001:db8::1"))
    message = struct.pack("!BBBBHH", 0x31, 53, 100, 2, 100, 0) + listed
    file = pcap(tmp_path / "a.pcap", [ethernet(packet, 0x86DD) for packet in (
        ip6(message), ip6(message, hops=64), ip6(b"\x3a" + b"\0" * 39, next_header=44), ip6(b"\x80" * 8, next_header=58))])
    lines = decode(file)
    assert reasons(lines) == [None, "ttl", "protocol", "protocol"]  # whatever goes to the group
    assert (lines[0]["source"], lines[0]["destination"]) == ("fe80::2", "ff02::12")
    assert lines[0]["addresses"] == ["fe80::51", "2001:db8::1"] and lines[0]["checksum_form"] == "pseudo-header"
    # VRID 53 of that configuration is one of IPv4.
    assert reasons(decode(file, "--config", config, "--interface", "eth0"))[0] == "vrid"


def ah(message, key=b"secret12", sequence=7, **more):
    """RFC 2402 as keepalived has it in unicast: the TTL is not covered."""
    head = struct.pack("!BBHII", 112, 4, 0, 0xC0A80102, sequence)
    packet = ip(head + bytes(12) + message, protocol=51, **more)
    covered = packet[:1] + b"\0" + packet[2:6] + b"\0\0\0" + packet[9:10] + b"\0\0" + packet[12:]
    digest = hmac.new(key, covered, hashlib.md5).digest()[:12]
    return packet[:32] + digest + packet[44:]


def trailer(message, key, number=1, source="192.168.1.2"):
    stamp = struct.pack("!BxxxIHH", number, 1700000000, 0x8000, 3)
    covered = bytes([4, 3, message[1]]) + address(source) + message[:6] + b"\0\0" + message[8:] + stamp
    return message + stamp + hmac.new(key, covered, hashlib.sha256).digest()[:16]


KEY = "a key of forty octets, for what is signed"
SIGNED_CONFIG = """
vrrp_instance AH {
    interface eth0
    virtual_router_id 51
    authentication {
        auth_type AH
        auth_pass secret12
    }
    unicast_peer {
        192.168.1.2
    }
    virtual_ipaddress {
        10.0.0.1
    }
}
vrrp_instance HMAC {
    version 3
    interface eth0
    virtual_router_id 53
    auth_hmac {
        key 1 "%s"
        active_key 1
    }
    virtual_ipaddress {
        10.0.0.3
    }
}
""" % KEY


def test_signatures(tmp_path, config):
    """Shown always, judged with keys alone."""
    key = KEY.encode()
    signed = v2(auth_type=2)
    frames = [ah(signed, destination="192.168.1.1"), ah(signed, b"wrong123", destination="192.168.1.1"),
              ip(trailer(v3(), key)), ip(trailer(v3(), key[1:])), ip(trailer(v3(), key, 9)), ip(v3())]
    file = pcap(tmp_path / "a.pcap", map(ethernet, frames))
    lines = decode(file)
    assert reasons(lines) == [None] * 6
    assert lines[0]["signature"] == {"scheme": "ah", "spi": 0xC0A80102, "sequence": 7, "verified": None}
    assert lines[2]["signature"] == {"scheme": "hmac", "key": 1, "time": 1700000000.5, "counter": 3, "verified": None}
    assert lines[5]["signature"] is None
    text = run(file).stdout.splitlines()
    assert ", AH sequence 7, " in text[0] and "but for the signature (only --config can judge it)" in text[0]
    assert ", signed with key 1 at 2023-11-14 22:13:20.500000, " in text[2] and text[5].endswith("  accepted")
    config.write_text(SIGNED_CONFIG)
    lines = decode(file, "--config", config)
    assert reasons(lines) == [None, "auth-failure", None, "auth-failure", "auth-failure", "auth-mismatch"]
    assert [line["signature"] and line["signature"]["verified"] for line in lines] == [
        True, False, True, False, False, None]
    assert run(file, "--config", config).stdout.splitlines()[0].endswith("  accepted by AH")
    for secret in ("secret12", KEY):
        assert secret not in run(file, "--config", config).stdout


def test_unicast(tmp_path, config):
    """The virtual router whose peer has sent it, of two with one VRID."""
    settings = "interface eth0\nversion 3\nvirtual_router_id 53\nvirtual_ipaddress {\n%s\n}\nunicast_peer {\n%s\n}\n"
    config.write_text("".join("vrrp_instance %s {\n%s}\n" % (name, settings % both) for name, both in (
        ("A", ("10.0.0.3", "192.168.1.2 min_ttl 100")), ("B", ("10.0.0.4", "192.168.1.3")))))
    frames = [ip(v3(), destination="192.168.1.1"), ip(v3(), destination="192.168.1.1", ttl=9),
              ip(v3(addresses=("10.0.0.4",)), source="192.168.1.3", destination="192.168.1.1", ttl=9), ip(v3())]
    lines = decode(pcap(tmp_path / "a.pcap", map(ethernet, frames)), "--config", config)
    assert [(line["instance"], line["reason"]) for line in lines] == [
        ("A", None), ("A", "ttl"), ("B", None), (lines[3]["instance"], "destination")]
    assert lines[2]["remarks"] == []


def arp(sender, target, mac=VIRTUAL_MAC):
    return ethernet(struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + mac + address(sender) + bytes(6) + address(target),
                    0x0806)


def neighbour(target, solicited=False):
    """An advertisement, as a router says it."""
    target = socket.inet_pton(socket.AF_INET6, target)
    addresses = target + socket.inet_pton(socket.AF_INET6, "ff02::1")
    flags = 0xE0000000 if solicited else 0xA0000000
    body = struct.pack("!I", flags) + target + b"\2\1" + bytes.fromhex("0200000000aa")
    icmp = struct.pack("!BBH", 136, 0, 0) + body
    icmp = icmp[:2] + struct.pack("!H", checksum(addresses + struct.pack("!II", len(icmp), 58) + icmp)) + icmp[4:]
    return ethernet(struct.pack("!IHBB", 0x60000000, len(icmp), 58, 255) + addresses + icmp, 0x86DD)


def test_announcements(tmp_path, config):
    """Of addresses that are configured, were advertised before, or are at a virtual MAC."""
    own = bytes.fromhex("0200000000aa")
    frames = [arp("10.0.0.3", "10.0.0.3", own), arp("10.0.0.9", "10.0.0.9"), ethernet(ip(v3())),
              arp("10.0.0.3", "10.0.0.3", own), arp("10.0.0.3", "10.0.0.7", own), neighbour("2001:db8::1"),
              neighbour("2001:db8::1", solicited=True)]
    file = pcap(tmp_path / "a.pcap", frames)
    lines = decode(file)
    assert [line["number"] for line in lines] == [2, 3, 4]
    assert lines[0] == {"number": 2, "time": 1700000000.250001, "announcement": "gratuitous ARP", "address": "10.0.0.9",
                        "mac": "00:00:5e:00:01:33", "source_mac": "00:00:5e:00:01:33", "vlan": None}
    assert lines[2]["mac"] == "02:00:00:00:00:aa"
    text = run(file).stdout.splitlines()
    assert text[2] == ("2023-11-14 22:13:20.250003  gratuitous ARP: 10.0.0.3 is at 02:00:00:00:00:aa, "
                       "from 00:00:5e:00:01:33")
    assert text[-1] == "1 VRRP packets: 1 accepted, 0 not; 2 announcements; 4 other packets"
    assert [line["number"] for line in decode(file, "--config", config, "--interface", "eth0")] == [1, 2, 3, 4]
    config.write_text("vrrp_instance V6 {\ninterface eth0\nversion 3\nvirtual_router_id 51\nvirtual_ipaddress {\n"
                      "2001:db8::1\nfe80::1\n}\n}\n")
    lines = decode(file, "--config", config)
    assert [(line["number"], line.get("announcement")) for line in lines][-1] == (6, "unsolicited NA")
    assert "unsolicited NA: 2001:db8::1 is at 02:00:00:00:00:aa" in run(file, "--config", config).stdout


def test_not_a_capture(tmp_path):
    (tmp_path / "text").write_text("hello, this is no capture at all")
    done = run(tmp_path / "text")
    assert done.returncode == 1 and "text" in done.stderr
    done = run(tmp_path / "missing")
    assert done.returncode == 1 and done.stderr.count("missing") == 1


@pytest.mark.parametrize("arguments", [(), ("a", "b"), ("--wrong", "a"), ("a", "--interface", "eth0")])
def test_usage(arguments):
    assert run(*arguments).returncode == 2


def test_help():
    done = run("--help")
    assert done.returncode == 0 and done.stdout.startswith("usage: vigia decode")
