# SPDX-License-Identifier: GPL-2.0-or-later
"""auth_hmac on the wire: vigiad among its like, and against forged adverts, whose digests are made here a second time."""
import hashlib
import hmac
import itertools
import socket
import struct
import time

import pytest

from gateways import VIRTUAL, Gateways
from net import VRRP_PROTOCOL, Capture, send_frame, vrrp_advert, wait_for

KEYS = {1: b"the first key, as long as one must be", 2: b"the second one, as long as it must be"}
WRONG = b"neither of the two, but long enough too"
MAC = b"\x02\0\0\0\0\x77"
FORGED = "192.168.1.77"
TRAILER = 28
STATIONS = {"gw1": ("192.168.1.1", "fe80::1"), "gw2": ("192.168.1.2", "fe80::2")}

CONFIG = """
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    version 3
    advert_int 0.5
    priority %(priority)d
    %(way)s
    %(hmac)s
    virtual_ipaddress {
        %(addresses)s
    }
}
"""


@pytest.fixture
def network(tmp_path):
    gateways = Gateways(tmp_path)
    for gateway in (gateways.gw1, gateways.gw2):
        gateway.namespace.run("ip addr add %s/64 dev eth0 nodad" % STATIONS[gateway.name][1])
    yield gateways
    gateways.close()


def block(active=1, keys=(1, 2), more=""):
    lines = ["key %d \"%s\"" % (number, KEYS[number].decode()) for number in keys]
    return "auth_hmac {\n%s\nactive_key %d\n%s\n}" % ("\n".join(lines), active, more)


def configure(gateway, priority, way="multicast", family=4, hmac_block=None):
    own = STATIONS[gateway.name][family == 6]
    other = STATIONS["gw2" if gateway.name == "gw1" else "gw1"][family == 6]
    gateway.configure(CONFIG % {
        "priority": priority, "hmac": block() if hmac_block is None else hmac_block,
        "way": "unicast_src_ip %s\n unicast_peer {\n %s\n }" % (own, other) if way == "unicast" else "",
        "addresses": VIRTUAL if family == 4 else "fe80::51\n 2001:db8::51"})


def wait_for_master(master, backup):
    master.wait_for_state("MASTER")
    backup.wait_until_backup()


def start(network):
    """gw2 only when gw1 is master, so that gw2 has never been one."""
    network.gw1.start()
    network.gw1.wait_for_state("MASTER")
    network.gw2.start()
    wait_for_master(network.gw1, network.gw2)


def digest(key, family, source, message, stamp):
    """As doc/authentication.md says."""
    unsummed = message[:6] + b"\0\0" + message[8:]
    who = struct.pack("!BBB", family, message[0] >> 4, message[1])
    return hmac.new(key, who + source + unsummed + stamp, hashlib.sha256).digest()[:16]


def split(frame):
    """family, source, message and trailer of a signed advert; None for other frames."""
    packet = frame[14:]
    if frame[12:14] == b"\x08\x00" and packet[9] == VRRP_PROTOCOL:
        family, source, payload = 4, packet[12:16], packet[20:struct.unpack("!H", packet[2:4])[0]]
    elif frame[12:14] == b"\x86\xdd" and packet[6] == VRRP_PROTOCOL:
        family, source, payload = 6, packet[8:24], packet[40:40 + struct.unpack("!H", packet[4:6])[0]]
    else:
        return None
    size = 8 + payload[3] * len(source)
    return family, source, payload[:size], payload[size:]


def forge(priority, wall, number=1, key=None, counter=0):
    """From a router that is not there, with an interval of 2 s. wall: seconds since 1970."""
    second = int(wall)

    def trailer(message):
        stamp = struct.pack("!BxxxIHH", number, second, int((wall - second) * 65536), counter)
        return stamp + digest(key or KEYS[number], 4, socket.inet_aton(FORGED), message, stamp)
    return vrrp_advert(MAC, FORGED, 3, 51, priority, 200, [VIRTUAL], trailer)


@pytest.mark.parametrize("way, family", itertools.product(("multicast", "unicast"), (4, 6)))
def test_takeover_and_return(network, way, family):
    configure(network.gw1, 100, way, family)
    configure(network.gw2, 90, way, family)
    capture = Capture(network.gw2.namespace, "eth0")
    network.things.insert(0, capture)
    start(network)
    network.gw1.stop()
    network.gw2.wait_for_state("MASTER")
    network.gw1.start()
    wait_for_master(network.gw1, network.gw2)
    assert not network.gw1.drops() and not network.gw2.drops()
    signed = [parts for parts in map(split, [frame for _, frame in capture.all()]) if parts]
    assert len(signed) >= 3
    for found, source, message, trailer in signed:
        assert (found, len(trailer), trailer[:4]) == (family, TRAILER, b"\1\0\0\0")
        assert abs(struct.unpack("!I", trailer[4:8])[0] - time.time()) < 60
        assert trailer[12:] == digest(KEYS[1], family, source, message, trailer[:12])
    stamps = [trailer[4:12] for _, _, _, trailer in signed]
    assert stamps == sorted(set(stamps))


def test_keys_change_without_a_transition(network):
    """Each router knows the new key before one of them signs with it, and forgets the old one when none does."""
    for gateway, priority in ((network.gw1, 100), (network.gw2, 90)):
        configure(gateway, priority, hmac_block=block(keys=(1,)))
    start(network)
    since = [gateway.instance()["since"] for gateway in (network.gw1, network.gw2)]
    for active, keys in ((1, (1, 2)), (2, (1, 2)), (2, (2,))):
        for gateway, priority in ((network.gw2, 90), (network.gw1, 100)):
            configure(gateway, priority, hmac_block=block(active, keys))
            assert gateway.vigia("reload").returncode == 0
            heard = network.gw2.instance()["counters"]["adverts_received"]
            wait_for(lambda: network.gw2.instance()["counters"]["adverts_received"] > heard + 2, "adverts to be heard")
    signed = [parts for parts in map(split, [frame for _, frame in network.capture.all()]) if parts]
    assert [key for key, _ in itertools.groupby(trailer[0] for _, _, _, trailer in signed)] == [1, 2]
    assert since == [gateway.instance()["since"] for gateway in (network.gw1, network.gw2)]
    assert not network.gw1.drops() and not network.gw2.drops()


def forgeries(now):
    unsigned = vrrp_advert(MAC, FORGED, 3, 51, 200, 200, [VIRTUAL])
    cut = vrrp_advert(MAC, FORGED, 3, 51, 200, 200, [VIRTUAL], lambda message: bytes(27))
    return [("auth-failure", forge(200, now, key=WRONG)), ("auth-failure", forge(200, now, number=9, key=KEYS[1])),
            ("auth-mismatch", unsigned), ("length", cut), ("replay", forge(200, now - 10)),
            ("replay", forge(200, now + 10))]


def test_a_forged_advert_is_counted_once_and_moves_nothing(network):
    gateway = network.gw1
    configure(gateway, 100)
    gateway.start()
    gateway.wait_for_state("MASTER")
    since = gateway.instance()["since"]
    expected = {}
    for reason, frame in forgeries(time.time()):
        expected[reason] = expected.get(reason, 0) + 1
        send_frame(network.client, "eth0", frame)
        wait_for(lambda: gateway.drops() == expected, "%s to be counted: %s" % (expected, gateway.drops()))
    assert (gateway.state(), gateway.instance()["since"]) == ("MASTER", since)
    assert gateway.instance()["counters"]["adverts_received"] == 0
    # With the key it is heard, once.
    good = forge(200, time.time())
    send_frame(network.client, "eth0", good)
    gateway.wait_for_state("BACKUP")
    expected["replay"] += 1

    def is_master_again():
        """Neither does a repetition keep a Backup quiet."""
        send_frame(network.client, "eth0", good)
        wait_for(lambda: gateway.drops()["replay"] == expected["replay"], "the repetition to be counted")
        expected["replay"] += 1
        return gateway.state() == "MASTER"
    wait_for(is_master_again, "the repetitions not to count")
    assert {**gateway.drops(), "replay": 0} == {**expected, "replay": 0}
    assert gateway.instance()["counters"]["adverts_received"] == 1


@pytest.mark.parametrize("way", ["multicast", "unicast"])
def test_what_was_captured_cannot_be_said_again(network, way):
    """An advert of the old master, and its farewell."""
    configure(network.gw1, 100, way)
    configure(network.gw2, 90, way)
    capture = Capture(network.gw2.namespace, "eth0")
    network.things.insert(0, capture)
    start(network)
    network.gw1.stop()
    network.gw2.wait_for_state("MASTER")

    def captured(priority):
        frames = [frame for _, frame in capture.all() if split(frame) and split(frame)[2][2] == priority]
        return frames[-1][:6] + MAC + frames[-1][12:]
    before = network.gw2.drops().get("replay", 0)
    send_frame(network.client, "eth0", captured(100))
    wait_for(lambda: network.gw2.drops().get("replay", 0) == before + 1, "the repetition to be counted")
    assert network.gw2.state() == "MASTER"
    network.gw1.start()
    wait_for_master(network.gw1, network.gw2)
    before, since = network.gw2.drops().get("replay", 0), network.gw2.instance()["since"]
    send_frame(network.client, "eth0", captured(0))
    wait_for(lambda: network.gw2.drops().get("replay", 0) == before + 1, "the farewell to be counted")
    heard = network.gw2.instance()["counters"]["adverts_received"]
    wait_for(lambda: network.gw2.instance()["counters"]["adverts_received"] > heard + 3, "adverts of gw1")
    assert network.gw2.instance()["since"] == since and set(network.gw2.drops()) == {"replay"}


def test_modes(network):
    """The way to introduce it: all verify, then all sign, then all insist."""
    def modes(first, second):
        for gateway, priority, mode in ((network.gw1, 100, first), (network.gw2, 90, second)):
            configure(gateway, priority, hmac_block=block(more="mode " + mode) if mode else "")
            if gateway.process:
                assert gateway.vigia("reload").returncode == 0
        if not network.gw1.process:
            start(network)
        wait_for_master(network.gw1, network.gw2)
        heard = network.gw2.instance()["counters"]["adverts_received"]
        wait_for(lambda: network.gw2.instance()["counters"]["adverts_received"] > heard + 2, "adverts to be heard")
    for first, second in (("", "receive-only"), ("receive-only", "receive-only"), ("permissive", "receive-only"),
                          ("receive-only", "permissive"), ("permissive", "permissive"), ("enforce", "permissive"),
                          ("enforce", "enforce")):
        modes(first, second)
    assert not network.gw1.drops() and not network.gw2.drops()
    # Signed or not is left to the sender until all insist; a wrong digest is not.
    modes("permissive", "permissive")
    send_frame(network.client, "eth0", forge(200, time.time(), key=WRONG))
    wait_for(lambda: network.gw1.drops() == {"auth-failure": 1}, "the forgery to be counted")
    assert network.gw1.state() == "MASTER"
    # Who does not know of it at all sees a message that is too long.
    send_frame(network.client, "eth0", vrrp_advert(MAC, FORGED, 3, 51, 200, 200, [VIRTUAL]))
    network.gw1.wait_for_state("BACKUP")


def test_a_router_without_keys_does_not_hear_signed_adverts(network):
    configure(network.gw1, 100)
    configure(network.gw2, 90, hmac_block="")
    network.gw1.start()
    network.gw2.start()
    wait_for(lambda: network.gw1.state() == "MASTER" and network.gw2.state() == "MASTER", "both to be master")
    wait_for(lambda: network.gw1.drops() and network.gw2.drops(), "adverts to be dropped")
    assert set(network.gw1.drops()) == {"auth-mismatch"} and set(network.gw2.drops()) == {"length"}


def test_monotonic_asks_for_order_only(network):
    gateway = network.gw1
    configure(gateway, 100, hmac_block=block(more="anti_replay monotonic"))
    gateway.start()
    gateway.wait_for_state("MASTER")
    for wall, counter in ((86400, 0), (86400, 1), (86401.5, 0)):
        heard = gateway.instance()["counters"]["adverts_received"]
        send_frame(network.client, "eth0", forge(50, wall, counter=counter))
        wait_for(lambda: gateway.instance()["counters"]["adverts_received"] == heard + 1, "the advert to be heard")
    assert not gateway.drops()
    for count, wall in enumerate((86401.5, 86400, 86401), start=1):
        send_frame(network.client, "eth0", forge(200, wall))
        wait_for(lambda: gateway.drops() == {"replay": count}, "the old advert to be counted")
    assert gateway.state() == "MASTER"


@pytest.mark.parametrize("way", ["multicast", "unicast"])
def test_the_last_words_of_a_dead_engine_are_signed(network, way):
    configure(network.gw1, 100, way)
    configure(network.gw2, 90, way)
    start(network)
    network.gw1.kill("engine")
    wait_for(lambda: network.gw2.instance()["counters"]["priority_zero_received"], "priority 0 to be heard")
    wait_for_master(network.gw1, network.gw2)
    # The second of the two last words is a repetition, unless it was the first one that came.
    assert set(network.gw2.drops()) <= {"replay"} and network.gw2.drops().get("replay", 0) <= 1
