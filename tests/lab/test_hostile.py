# SPDX-License-Identifier: GPL-2.0-or-later
"""A hundred thousand bad packets a second, for each reason to drop one; ten thousand virtual routers that are not ours; adverts that are
sound and forged. Whatever comes, it is counted once, the log, the memory and the time it takes stay small, and our own adverts leave on time.

    wire eth0 --- gw1 eth0

A storm has a real-time priority below the engine's, and a machine that stands still is a witness's to tell of: nothing here depends on
how busy the machine is. What exactly a packet costs is for bench/hostile to say.
"""
import ipaddress
import os
import struct
import time

import pytest

from bad_packets import (CONFIG, CONFIG_OF_OTHERS, CONFIG_OF_OWNER, FAST, GROUP6, HEADER, LISTS, OWN, PASS, PEER, STEADY, V2, V3,
                         V6, Lab, all_packets, counters, good, increments, instance, ip4, message, of_others, with_header)
from gateways import Gateway, instance_text
from net import VRRP_PROTOCOL, Capture, cable, checksum, vrrp_advert, wait_for
from standstill import HELD_UP, Standstill
from storms import RATE, Storm, lost, spent

INTERVAL = 0.01
STEADIES = instance(STEADY, 3, INTERVAL, 200)  # a Master that nobody attacks by name
FASTS = instance(FAST, 3, 0.1, 200)  # a Master that says something every 100 ms
MAC = bytes.fromhex("020000000002")
DROP_LINES = 64  # of engine/drops.c: so many senders are told of
LEAST_RATE = 0.8 * RATE
SANITIZED = "ASAN_OPTIONS" in os.environ
MOST_LATE = 0.005  # seconds
TRIES = 5
MOST_SPENT = 20e-6 if SANITIZED else 5e-6  # seconds of a processor for a packet, of engine and front together
MOST_LOST = 0.1  # of a storm: buffers last for 50 ms of it, or more
MOST_BUSY = 0.3 if SANITIZED else 0.1  # of a processor, with 100 adverts a second and an answer for each


def late(times, interval, standstill):
    """[(when, by how much)] of the adverts that left too long after their time without the machine having stood still. One that is
    late does not delay the next, but a whole interval that was missed begins anew."""
    found, due = [], times[0]
    for at in times:
        if standstill.ran(due, at) > MOST_LATE:
            found.append((at, at - due))
        due = min(at, due) + interval
        if due <= at:
            due = at + interval
    return found


class Hostile(Lab):
    def __init__(self, directory):
        super().__init__(directory)
        self.directory = directory
        self.capture = Capture(self.wire, "eth0", protocol=0x0800)
        self.things.insert(0, self.capture)

    def begin(self, config, states):
        """Until the virtual routers named in states are as these say, and STEADY is master."""
        self.gw1.configure(config + STEADIES)
        self.gw1.start()
        self.expected = dict(states, STEADY="MASTER")
        self.wait_until_so()

    def wait_until_so(self):
        wait_for(lambda: self.expected.items() <= self.gw1.states().items(),
                 lambda: "%s\n%s" % (self.expected, self.gw1.read_log()))

    def gw1_becomes(self, name, state):
        wait_for(lambda: self.gw1.states().get(name) == state, lambda: "%s to be %s\n%s" % (name, state, self.gw1.read_log()))

    def fast(self):
        """The virtual router FAST."""
        return next(one for one in self.gw1.instances() if one["name"] == "FAST")

    def received(self, status):
        return sum(one["counters"]["adverts_received"] for one in status["instances"])

    def spent(self):
        return spent(self.gw1.pid("engine")) + spent(self.gw1.pid("front"))

    def times(self, since):
        """When STEADY spoke."""
        return [advert.at for advert in self.capture.adverts(since=since) if advert.vrid == STEADY]

    def late(self, began, standstill):
        """Which adverts of STEADY were, from that moment on."""
        times = self.times(began - 5 * INTERVAL)
        return late([min(times[0], began), *times], INTERVAL, standstill)

    def counted(self, before, arrived, kept):
        """All of them are, or known to be lost. {(virtual router, reason): number} of the drops."""
        found = {}

        def all_there():
            after = self.gw1.status()
            found.update(drops=increments(counters(before), counters(after)), lost=lost(after) - lost(before),
                         taken=self.received(after) - self.received(before))
            return sum(found["drops"].values()) + found["taken"] + found["lost"] >= arrived
        wait_for(all_there, lambda: "%d packets to be counted: %s" % (arrived, found))
        all_there()
        assert sum(found["drops"].values()) + found["taken"] + found["lost"] == arrived, found
        assert kept or found["taken"] == 0, found
        return found["drops"], found["lost"]

    def one_storm(self, frames, kept, changes_nothing):
        """What counted gives; what was not as it must be; and whether this machine had no time for it."""
        self.wait_until_so()
        life = lives(self)
        with Standstill() as standstill:
            before, spent_before, began = self.gw1.status(), self.spent(), time.monotonic()
            storm = Storm(self.wire, "eth0", frames, self.directory, count=RATE)
            arrived, ended = storm.end(), time.monotonic()
            wait_for(lambda: self.times(ended), "an advert after the storm")
        drops, lost_here = self.counted(before, arrived, kept)
        found = {"late": self.late(began, standstill), "too many lost": lost_here > MOST_LOST * arrived and lost_here,
                 "seconds for one": (self.spent() - spent_before) / arrived}
        if found["seconds for one"] < MOST_SPENT:
            del found["seconds for one"]
        if changes_nothing and lives(self) != life:
            found["changed"] = (life, lives(self))
        slow = storm.rate_reached() <= LEAST_RATE and storm.rate_reached()
        wrong = {what: value for what, value in dict(found, slow=slow).items() if value}
        return drops, wrong, slow or standstill.longest() > HELD_UP

    def storm(self, frames, kept=False, changes_nothing=True):
        """A second of them, as many as are spoken of, that take little time and delay nothing: what of them is dropped, {(virtual router,
        reason): number}. kept: what is not dropped is an advert. An engine that this machine holds up for longer stalls by right: then,
        and only then, once more. self.storms says how many there were."""
        for self.storms in range(1, TRIES + 1):
            drops, wrong, had_no_time = self.one_storm(frames, kept, changes_nothing)
            if not wrong:
                return drops
            assert had_no_time, wrong
        return pytest.fail("this machine has no time for a storm: %s" % wrong)

    def lines(self):
        return len(self.gw1.read_log().splitlines())


@pytest.fixture(name="lab")
def fixture_lab(tmp_path):
    lab = Hostile(tmp_path)
    yield lab
    lab.close()


def lives(lab):
    """What no bad packet may change."""
    return {one["name"]: (one["state"], one["since"], one["counters"]["became_master"]) for one in lab.gw1.instances()}


def fast_heard(lab):
    return [advert for advert in lab.capture.adverts() if advert.vrid == FAST]


def storms(lab):
    """{reason: frames}"""
    by_reason = {}
    again = with_header(priority=100, sequence=7)
    lab.sender.send(again)
    wait_for(lambda: lab.received(lab.gw1.status()) > 0, "an authentication header to be taken")
    for _, frame, reason, _ in all_packets(lab) + of_others(lab.own_mac()) + [("said before", again, "replay", HEADER)]:
        by_reason.setdefault(reason, []).append(frame)
    return by_reason


# covers: RX-24 RX-29 RX-13 FSM-A20
def test_each_reason_has_its_storm(lab):
    lab.begin(CONFIG + CONFIG_OF_OWNER + CONFIG_OF_OTHERS + FASTS, {
        "V3": "BACKUP", "V6": "BACKUP", "HEADER": "BACKUP", "OWNER": "MASTER", "FAULTY": "FAULT", "FAST": "MASTER"})
    by_reason = storms(lab)
    # Whoever adds a reason adds a frame.
    assert set(by_reason) == set(lab.gw1.status()["drops"])
    for reason, frames in by_reason.items():
        lines = lab.lines()
        drops = lab.storm(frames, kept=reason == "looped")
        # One that is kept is counted as what it is, an advert.
        assert {key[1] for key in drops} == ({reason} if reason != "looped" else set()), reason
        assert lab.lines() - lines <= (3 * len(frames) + 10) * lab.storms, reason
    # All of its adverts left: the counter is read first, and what it counts is on the wire.
    sent = lab.fast()["counters"]["adverts_sent"]
    wait_for(lambda: len(fast_heard(lab)) >= sent - 1, "all adverts")


def advert6(source, vrid):
    """A sound advert of version 3 over IPv6, as a whole frame."""
    ends = ipaddress.ip_address(source).packed + ipaddress.ip_address(GROUP6).packed
    body = ipaddress.ip_address("fe80::99").packed
    head = struct.pack("!BBBBH", 0x31, vrid, 200, 1, 100)
    total = checksum(ends + struct.pack("!II", len(head) + 2 + len(body), VRRP_PROTOCOL) + head + b"\0\0" + body)
    vrrp = head + struct.pack("!H", total) + body
    ip = struct.pack("!IHBB", 6 << 28, len(vrrp), VRRP_PROTOCOL, 255) + ends
    return bytes.fromhex("333300000012" "020000000002" "86dd") + ip + vrrp


def strangers():
    """10,000 of them: 250 VRIDs, two versions of IP, 20 senders each."""
    frames = []
    for sender in range(1, 21):
        for vrid in [number for number in range(1, 256) if number not in (V2, V3, V6, FAST, STEADY)][:250]:
            frames.append(vrrp_advert(MAC, "192.168.1.%d" % (100 + sender), 3, vrid, 200, 100, ["192.168.1.99"]))
            frames.append(advert6("fe80::66:%x" % sender, vrid))
    return frames


def memory(lab):
    """Of engine and front, KiB; not what they share with the kernel, such as rings of packets."""
    total = 0
    for which in ("engine", "front"):
        with open("/proc/%d/status" % lab.gw1.pid(which)) as file:
            total += next(int(line.split()[1]) for line in file if line.startswith("RssAnon"))
    return total


# covers: RX-07 RX-13 RX-29
def test_ten_thousand_strangers_leave_no_trace_but_a_number(lab):
    lab.begin(FASTS + instance(V3, 3, 40) + instance(V6, 3, 40), {"FAST": "MASTER", "V3": "BACKUP", "V6": "BACKUP"})
    frames = strangers()
    assert len(set(frames)) == 10000
    assert set(lab.storm(frames)) == {(None, "vrid")}
    first, lines = memory(lab), lab.lines()
    assert set(lab.storm(frames)) == {(None, "vrid")}
    # No table has grown, and no line was written for those who have theirs, or for whom there is no room.
    assert memory(lab) - first < 2048
    assert lab.lines() - lines <= 2 * DROP_LINES * lab.storms


def forged(vrid, priority, source=PEER, interval=50):
    return vrrp_advert(MAC, source, 3, vrid, priority, interval, LISTS[vrid])


# covers: SEC-10 RX-21 RX-29
def test_a_forged_owner_without_the_secret_is_a_number(lab):
    lab.begin(CONFIG, {"PASS": "BACKUP"})
    lab.sender.send(good(PASS, priority=0))
    lab.gw1_becomes("PASS", "MASTER")
    lines = lab.lines()
    lab.expected["PASS"] = "MASTER"
    frames = [ip4(message(PASS, priority=255, auth=b"secret13", source=source), source=source) for source in (PEER, OWN)]
    assert set(lab.storm(frames)) == {("PASS", "auth-failure")}
    assert lab.lines() - lines <= 2 * len(frames) * lab.storms


# covers: SEC-10 AMB-22
def test_rivals_without_end_get_few_answers(lab):
    lab.begin(FASTS, {"FAST": "MASTER"})
    began = time.monotonic()
    before, lines = lab.fast(), lab.lines()
    # Nobody has sent them before, and none is sent twice.
    frames = [forged(FAST, 100, "192.168.1.%d" % (1 + number)) for number in range(1, 250)]
    frames += [forged(FAST, 0), forged(FAST, 100, OWN)]
    assert lab.storm(frames, kept=True) == {}
    after = lab.fast()
    passed = time.monotonic() - began
    grown = {name: after["counters"][name] - before["counters"][name] for name in after["counters"]}
    # One in a millisecond, and those of its own interval.
    assert 20 < grown["adverts_sent"] < 1000 * passed + 10 * passed + 20
    assert grown["announcements_sent"] < 10 * passed + 10
    assert lab.lines() - lines < 100 * lab.storms
    assert "left-out" in [entry["code"] for entry in after["history"]]


# covers: SEC-06 SEC-10
def test_a_storm_of_a_forged_owner_makes_one_transition(lab):
    lab.begin(FASTS, {"FAST": "MASTER"})
    before, lines = lab.fast()["counters"], lab.lines()
    assert lab.storm([forged(FAST, 255, source) for source in (PEER, OWN)], kept=True, changes_nothing=False) == {}
    lab.gw1_becomes("FAST", "MASTER")
    after = lab.fast()["counters"]
    assert after["became_master"] == before["became_master"] + 1 or lab.storms > 1
    assert lab.lines() - lines < 100 * lab.storms


class OneWay:
    """gw1 eth0 --- eth0 gw2: gw1 hears gw2, and gw2 hears nothing."""

    def __init__(self, directory):
        self.gateways = [Gateway(name, directory, address, None, None, priority)
                         for name, address, priority in (("gw1", OWN, 150), ("gw2", PEER, 100))]
        one, two = self.gateways
        cable(one.namespace, "eth0", two.namespace, "eth0")
        for gateway in self.gateways:
            gateway.namespace.run("ip addr add %s/24 dev eth0" % gateway.address)
            gateway.configure(instance_text(V3, gateway.priority, advert_int=INTERVAL))
        two.namespace.run("nft 'add table netdev deaf; add chain netdev deaf in "
                          "{ type filter hook ingress device eth0 priority 0; policy drop; }'")
        # At the other end; of gw1's before they are dropped there.
        self.captures = {OWN: Capture(two.namespace, "eth0"), PEER: Capture(one.namespace, "eth0")}

    def instances(self):
        return [gateway.instance() for gateway in self.gateways]

    def spent(self):
        return [spent(gateway.pid("engine")) for gateway in self.gateways]

    def times(self, source, since, until):
        return [advert.at for advert in self.captures[source].adverts(source, since=since) if advert.at <= until]

    def watch(self):
        """A hundred adverts of gw2 long, in which this machine held nobody up: the moments and the instances before and behind it, what
        it cost, and the witness."""
        for _ in range(TRIES):
            for gateway in self.gateways:
                gateway.wait_for_state("MASTER")
            wait_for(lambda: self.gateways[0].instance()["counters"]["adverts_received"], "gw1 to hear gw2")
            with Standstill() as standstill:
                began, spent_before, first = time.monotonic(), self.spent(), self.instances()
                enough = first[0]["counters"]["adverts_received"] + 100
                wait_for(lambda: self.gateways[0].instance()["counters"]["adverts_received"] > enough, "gw1 to hear gw2")
                last, ended = self.instances(), time.monotonic()
                cost = [after - before for before, after in zip(spent_before, self.spent())]
            if standstill.longest() <= HELD_UP:
                return (began, ended), first, last, cost, standstill
        return pytest.fail("this machine has no time for it")

    def close(self):
        for thing in (*self.captures.values(), *self.gateways):
            thing.close()


@pytest.fixture(name="one_way")
def fixture_one_way(tmp_path):
    world = OneWay(tmp_path)
    yield world
    world.close()


# covers: AMB-22 SEC-10 FSM-A19
def test_masters_that_hear_each_other_one_way_do_not_storm(one_way):
    for gateway in one_way.gateways:
        gateway.start()
    (began, ended), first, last, cost, standstill = one_way.watch()
    # Each is master by right, has not been anything else, and says so: gw2 hears nobody.
    assert [(one["state"], one["counters"]["transitions"]) for one in last] == \
        [("MASTER", one["counters"]["transitions"]) for one in first]
    assert last[1]["peer"] is None and last[0]["peer"]["address"] == PEER
    assert "lower-heard" in [entry["code"] for entry in last[0]["history"]]
    one, two = ({name: end["counters"][name] - begin["counters"][name] for name in begin["counters"]}
                for begin, end in zip(first, last))
    # An answer for an advert, besides its own; announcements ten times a second, at most.
    assert one["adverts_sent"] <= 2 * two["adverts_sent"] + 20 and one["adverts_sent"] >= one["adverts_received"]
    assert one["announcements_sent"] <= 10 * (ended - began) + 20 and two["announcements_sent"] <= 20
    for gateway, spent_by_it in zip(one_way.gateways, cost):
        assert len(gateway.read_log().splitlines()) < 60
        assert spent_by_it < MOST_BUSY * (ended - began)
        assert not late(one_way.times(gateway.address, began, ended), INTERVAL, standstill), gateway.name
