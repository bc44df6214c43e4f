# SPDX-License-Identifier: GPL-2.0-or-later
"""BFD on the wire: vigiad with FRR's bfdd, with Debian's keepalived, and with its like. Cuts are silent: packets are
dropped on their way, and no interface shows it."""
import time

import pytest

import keepalived
from frr import Bfdd, installed as frr_installed
from gateways import Gateway
from net import Capture, wait_for

# The machine may stand still for a second: a session is lost after 2.5 s of silence.
INTERVAL, MULTIPLIER = 500, 5
NEIGHBORS = {  # ours, theirs
    "v4": ("192.168.1.1", "192.168.1.2"),
    "v6": ("2001:db8:1::1", "2001:db8:1::2"),
    "link": ("fe80::1%eth0", "fe80::2%eth0"),
    "far": ("10.0.0.1", "10.1.1.1"),  # behind the target, which is a router here
}
INSTANCE = """
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    version 3
    advert_int %(advert_int)s
    priority %(priority)d
    track_bfd {
        %(track)s
    }
    virtual_ipaddress {
        192.168.1.200
    }
}
"""


def session(name, end=0, interval=INTERVAL, multiplier=MULTIPLIER, more=""):
    ours, theirs = NEIGHBORS[name][end], NEIGHBORS[name][1 - end]
    far = "multihop" if name == "far" else ""
    return "bfd_instance %s {\n neighbor_ip %s\n source_ip %s\n min_rx %d\n min_tx %d\n multiplier %d\n %s\n %s\n}\n" % (
        name, theirs, ours, interval, interval, multiplier, far, more)


def instance(track="v4", priority=100, advert_int=0.5):
    return INSTANCE % {"track": track, "priority": priority, "advert_int": advert_int}


@pytest.fixture(name="lab")
def fixture_lab(network):
    """The network with IPv6 on the LAN, and with a way from uplink to uplink by way of the target."""
    for number, gateway in enumerate((network.gw1, network.gw2), 1):
        gateway.namespace.run("nft delete table ip nat && ip addr add 2001:db8:1::%d/64 dev eth0 nodad && "
                              "ip addr add fe80::%d/64 dev eth0 nodad" % (number, number))
    network.gw1.namespace.run("ip route add 10.1.1.0/24 via 10.0.0.100")
    network.gw2.namespace.run("ip route add 10.0.0.0/24 via 10.1.1.100")
    network.target.run("sysctl -qw net.ipv4.ip_forward=1")
    return network


def cut(lab, more=""):
    """Nothing passes the switch, nor the target, in any direction; with `more` as the rule's condition, what fits it."""
    lab.lan.run("nft add table bridge cut && nft 'add chain bridge cut way { type filter hook forward priority 0; }' && "
                "nft add rule bridge cut way %s drop" % more)
    lab.target.run("nft add table ip cut && nft 'add chain ip cut way { type filter hook forward priority 0; }' && "
                   "nft add rule ip cut way %s drop" % more)


def mend(lab):
    lab.lan.run("nft delete table bridge cut")
    lab.target.run("nft delete table ip cut")


def bfd(gateway, name):
    """What the status says of a session; {} while it says nothing."""
    status = gateway.status() or {}
    return next((one for one in status.get("bfd", []) if one["name"] == name), {})


def wait_for_session(gateway, name, state, what=""):
    return wait_for(lambda: bfd(gateway, name).get("state") == state and bfd(gateway, name),
                    lambda: "%s to be %s%s: %s\n%s" % (name, state, what, bfd(gateway, name), gateway.read_log()))


@pytest.mark.skipif(not frr_installed, reason="FRR is not installed")
class TestBfdd:
    @pytest.fixture(name="peer")
    def fixture_peer(self, lab):
        words = {"v4": "192.168.1.1 local-address 192.168.1.2 interface eth0",
                 "v6": "2001:db8:1::1 local-address 2001:db8:1::2 interface eth0",
                 "link": "fe80::1 local-address fe80::2 interface eth0",
                 "far": "10.0.0.1 multihop local-address 10.1.1.1"}
        peer = Bfdd(lab.gw2, words, INTERVAL, MULTIPLIER)
        lab.things.insert(0, peer)
        peer.start()
        lab.gw1.configure("".join(session(name) for name in words) + instance("v4 \n v6 weight 7"))
        return peer

    # covers: BFD-01 BFD-02 BFD-03 BFD-04 BFD-06 BFD-09 BFD-15
    def test_both_ends_go_up_and_down(self, lab, peer):
        lab.gw1.start()

        def wait_for_both(state, status):
            for name in NEIGHBORS:
                wait_for_session(lab.gw1, name, state)
                wait_for(lambda: peer.status(name) == status,
                         lambda: "%s to be %s at bfdd: %s\n%s" % (name, status, peer.session(name), peer.read_log()))
        wait_for_both("Up", "up")
        for name in NEIGHBORS:
            wait_for(lambda: bfd(lab.gw1, name)["interval"] == INTERVAL / 1000 and not bfd(lab.gw1, name)["polling"],
                     "the interval to be agreed on")
            assert bfd(lab.gw1, name)["detection_time"] == INTERVAL * MULTIPLIER / 1000
            assert peer.session(name)["remote-receive-interval"] == INTERVAL
        lab.gw1.wait_for_state("MASTER")
        cut(lab)
        wait_for_both("Down", "down")
        for name in NEIGHBORS:
            shown = bfd(lab.gw1, name)
            # Who is first says so, but nobody hears it.
            assert shown["diag"] == 1 and shown["cause"]["code"] == "detection-expired", shown
            assert peer.session(name)["diagnostic"] == "control detection time expired", peer.session(name)
        lab.gw1.wait_for_state("FAULT")
        mend(lab)
        wait_for_both("Up", "up")
        lab.gw1.wait_for_state("MASTER")
        shown = lab.gw1.vigia("status").stdout
        assert "v4" in shown and "with fe80::2%eth0;" in shown

    # covers: BFD-13
    def test_a_neighbor_shut_down_on_purpose_is_no_failure(self, lab, peer):
        lab.gw1.start()
        wait_for_session(lab.gw1, "v4", "Up")
        lab.gw1.wait_for_state("MASTER")
        peer.shut_down("v4")
        shown = wait_for_session(lab.gw1, "v4", "Down")
        assert shown["cause"]["code"] == "neighbor-admin-down" and shown["diag"] == 3
        # As long as it takes to lose a session that is silent.
        wait_for(lambda: not bfd(lab.gw1, "v4")["remote"], "it to be forgotten")
        assert lab.gw1.state() == "MASTER" and bfd(lab.gw1, "v4")["tracked_as"] == "up"

    def test_bfdd_hears_that_we_stop(self, lab, peer):
        lab.gw1.start()
        wait_for_session(lab.gw1, "v4", "Up")
        wait_for(lambda: peer.status("v4") == "up", "bfdd to be up")
        lab.gw1.stop()
        wait_for(lambda: peer.status("v4") == "down", "bfdd to be down")
        assert peer.session("v4")["diagnostic"] == "neighbor signaled session down"
        assert peer.session("v4")["remote-diagnostic"] == "administratively down"


@keepalived.needed
def test_keepalived_is_up_and_down_with_us(lab, peer):
    words = "".join(session(name, 1, more="hoplimit 255" if name == "v6" else "") for name in ("v4", "v6"))
    lab.gw2.configure(words)
    lab.gw1.configure(session("v4") + session("v6") + instance("v4 weight 5 \n v6 weight 7"))
    peer.start()
    lab.gw1.start()

    def last(name):
        """The state that keepalived logged last."""
        lines = [line for line in peer.read_log().splitlines() if "(%s) Entering" % name in line]
        return lines[-1].split("Entering ")[1].split()[0] if lines else None
    for name in ("v4", "v6"):
        wait_for_session(lab.gw1, name, "Up", " with keepalived")
        wait_for(lambda: last(name) == "Up", lambda: "keepalived to be up\n" + peer.read_log())
    cut(lab)
    for name in ("v4", "v6"):
        assert wait_for_session(lab.gw1, name, "Down")["diag"] == 1
        wait_for(lambda: last(name) == "Down", lambda: "keepalived to be down\n" + peer.read_log())
    mend(lab)
    for name in ("v4", "v6"):
        wait_for_session(lab.gw1, name, "Up", " with keepalived again")


def start_both(lab, names, more=""):
    lab.gw1.configure("".join(session(name) for name in names) + instance(names[0]))
    lab.gw2.configure("".join(session(name, 1, more=more) for name in names) + instance(names[0], 90))
    lab.gw1.start()
    lab.gw2.start()


# covers: BFD-06
def test_one_way(lab):
    """Who hears nothing says so to the one who does."""
    start_both(lab, ["v4"])
    for gateway in (lab.gw1, lab.gw2):
        wait_for_session(gateway, "v4", "Up")
    cut(lab, "ip daddr 192.168.1.2 udp dport 3784")
    deaf, told = wait_for_session(lab.gw2, "v4", "Down"), wait_for_session(lab.gw1, "v4", "Down")
    assert (deaf["diag"], deaf["cause"]["code"]) == (1, "detection-expired")
    assert (told["diag"], told["cause"]["code"]) == (3, "neighbor-down")
    assert "Control Detection Time Expired" in told["cause"]["text"]


def packets(capture, port, family):
    """(source port, TTL, payload) of the UDP packets to the port."""
    found = []
    for _, frame in capture.all():
        four = frame[12:14] == b"\x08\0" and frame[23] == 17
        if not four and not (frame[12:14] == b"\x86\xdd" and frame[20] == 17):
            continue
        udp = frame[34:] if four else frame[54:]
        if int.from_bytes(udp[2:4], "big") == port and (4 if four else 6) == family:
            found.append((int.from_bytes(udp[:2], "big"), frame[22] if four else frame[21], udp[8:]))
    return found


# covers: BFD-01 BFD-02 BFD-04 BFD-15
def test_packets_are_as_written(lab):
    capture = Capture(lab.gw2.namespace, "eth0")
    uplink = Capture(lab.gw2.namespace, "eth1")
    lab.things[:0] = [capture, uplink]
    names = ["v4", "v6", "far"]
    start_both(lab, names)
    for name in names:
        wait_for_session(lab.gw1, name, "Up")

    def enough():
        found = [packets(capture, 3784, 4), packets(capture, 3784, 6), packets(uplink, 4784, 4)]
        return found if all(len(one) >= 3 for one in found) else None
    kinds = wait_for(enough, "three packets of each session")
    ports = []
    for found, hops in zip(kinds, (255, 255, 254)):
        assert {ttl for _, ttl, _ in found} == {hops}
        assert all(49152 <= port and len(payload) == 24 and payload[0] >> 5 == 1 for port, _, payload in found)
        assert len({port for port, _, _ in found}) == 1
        ports.append(found[0][0])
    assert len(set(ports)) == 3
    # Neither kind on the other's way, and no echo.
    assert not packets(capture, 4784, 4) and not packets(uplink, 3784, 4)
    assert not packets(capture, 3785, 4) and not packets(capture, 3785, 6)


# covers: BFD-02
def test_packets_from_too_far_away_are_dropped(lab):
    start_both(lab, ["v4"], "ttl 254")
    dropped = wait_for(lambda: bfd(lab.gw1, "v4").get("drops"), "packets to be dropped")
    assert set(dropped) == {"hops"}
    assert bfd(lab.gw1, "v4")["state"] == "Down" and not bfd(lab.gw1, "v4")["received"]
    assert "too far away" in lab.gw1.read_log()


def test_a_reload_leaves_a_session_alone(lab):
    start_both(lab, ["v4"])
    for gateway in (lab.gw1, lab.gw2):
        wait_for_session(gateway, "v4", "Up")
    before = bfd(lab.gw1, "v4")
    lab.gw1.configure(session("v4") + session("v6") + instance("v4", 101))
    assert lab.gw1.vigia("reload").returncode == 0
    after = wait_for(lambda: bfd(lab.gw1, "v6") and bfd(lab.gw1, "v4"), "the new configuration")
    for same in ("discriminator", "since", "ups", "downs"):
        assert before[same] == after[same]
    lab.gw1.configure(session("v4", interval=400) + instance("v4", 101))
    assert lab.gw1.vigia("reload").returncode == 0
    wait_for(lambda: bfd(lab.gw2, "v4")["remote"]["min_tx"] == 0.4 and not bfd(lab.gw1, "v4")["polling"],
             "the new interval to be agreed on")
    assert bfd(lab.gw1, "v4")["downs"] == before["downs"] and not bfd(lab.gw1, "v6")


def test_the_engine_is_killed(lab):
    """What it held stays where it is while the session comes up anew: the next engine is never in FAULT."""
    lab.gw1.configure(session("link") + instance("link"))
    lab.gw2.configure(session("link", 1))
    lab.gw1.start()
    lab.gw2.start()
    lab.gw1.wait_for_state("MASTER")
    wait_for_session(lab.gw2, "link", "Up")
    before = bfd(lab.gw1, "link")["discriminator"]
    lab.gw1.kill("engine")
    wait_for(lambda: bfd(lab.gw1, "link").get("discriminator", before) != before, "a new session")
    # It begins as Down, and says so: the other end does not wait for silence.
    wait_for(lambda: bfd(lab.gw2, "link")["downs"] == 1, "the other end to know")
    assert bfd(lab.gw2, "link")["cause"]["code"] != "detection-expired"
    wait_for_session(lab.gw1, "link", "Up", " anew")
    lab.gw1.wait_for_state("MASTER")
    assert "FAULT" not in lab.gw1.read_log().split("the engine died", 1)[1], lab.gw1.read_log()


def test_a_silent_uplink_moves_the_master_at_once(lab, tmp_path):
    """Sessions of 10 ms with the router above; VRRP alone would never see it, and its timers are a second and more. How long
    it takes exactly is for bench/bfd-failover; here it may take some of the machine's stalls more."""
    router = Gateway("above", tmp_path, None, None, None, 0)
    lab.things.append(router)
    router.namespace.close()
    router.namespace = lab.target
    pairs = {lab.gw1: ("10.0.0.1", "10.0.0.100", 254), lab.gw2: ("10.1.1.1", "10.1.1.100", 253)}
    fast = "bfd_instance %s {\n neighbor_ip %s\n multiplier %d\n}\n"
    router.configure("".join(fast % (gateway.name, address, 30) for gateway, (address, _, _) in pairs.items()))
    for gateway, (_, above, priority) in pairs.items():
        # Ours go down after 300 ms, since the machine stands still for 100 now and then.
        gateway.configure(fast % ("up", above, 30) + instance("up", priority, 1))
    router.start()
    lab.gw1.start()
    lab.gw1.wait_for_state("MASTER")
    lab.gw2.start()
    lab.gw2.wait_until_backup()
    wait_for_session(lab.gw2, "up", "Up")
    capture = Capture(lab.client, "eth0")
    lab.things.insert(0, capture)

    def moves_soon():
        began = time.monotonic()
        lab.target.run("nft add table netdev cut && nft 'add chain netdev cut way { type filter hook ingress device gw1 "
                       "priority 0; }' && nft add rule netdev cut way drop")
        lab.gw2.wait_for_state("MASTER")
        wait_for(lambda: bfd(lab.gw1, "up").get("diag") in (1, 3), "gw1 to say why")
        zero = [advert.at for advert in capture.adverts(priority=0, since=began)]
        first = [advert.at for advert in capture.adverts(source="192.168.1.2", since=began)]
        lab.target.run("nft delete table netdev cut")
        lab.gw1.wait_for_state("MASTER")
        lab.gw2.wait_until_backup()
        return zero and zero[0] - began < 2 and first[0] - began < 2
    # Where the machine stands still for longer than 300 ms just then, sessions go down by themselves.
    assert any(moves_soon() for _ in range(4))
