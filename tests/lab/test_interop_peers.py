# SPDX-License-Identifier: GPL-2.0-or-later
"""vigiad with Debian's keepalived and with FRR's vrrpd, as the better and as the lesser router, in every form of VRRP that
both speak: one master, one answer, and each takes over from the other within the protocol's time.

All virtual routers of a pair run at once, and both pairs too: nearly all of the time is spent waiting for adverts."""
import time

import pytest

import frr
import keepalived
from peers import OURS, PRIORITIES, ROUNDS, SLACK, THEIRS, Pair, both_ways, hardware_address

PASS = "authentication {\n auth_type PASS\n auth_pass secret12\n }"
HEADER = "authentication {\n auth_type AH\n auth_pass secret12\n }"
UNICAST = "unicast_src_ip OWN\n unicast_peer {\n PEER\n }"

# That of Debian 12 has no option for it, and takes adverts with the pseudo-header alone.
BOTH_CHECKSUMS = [
    ("v3, message-only checksum", 3, 4, "v3_checksum_as_v2"),
    ("v3, message-only checksum of theirs", 3, 4, "", "", "v3_checksum_as_v2"),
] if keepalived.installed and keepalived.knows("v3_checksum_as_v2") else []
KEEPALIVED = both_ways([
    # name, version, family, lines of both, of ours, of theirs
    ("v2", 2, 4),
    ("v2, PASS", 2, 4, PASS),
    ("v2, AH", 2, 4, HEADER),
    ("v2, unicast", 2, 4, UNICAST),
    ("v2, virtual MAC", 2, 4, "use_vmac"),
    ("v3", 3, 4),
    ("v3, checksum with the pseudo-header", 3, 4, "", "v3_checksum_as_v2 off"),
    ("v3, virtual MAC", 3, 4, "use_vmac"),
    ("v3, virtual MAC of ours", 3, 4, "", "use_vmac"),
    ("v3, virtual MAC of theirs", 3, 4, "", "", "use_vmac"),
    ("v3, virtual MAC of ours by rules", 3, 4, "", "use_vmac_rules", "use_vmac"),
    ("v3, unicast", 3, 4, UNICAST),
    ("v3, IPv6", 3, 6),
    ("v3, IPv6, virtual MAC", 3, 6, "use_vmac"),
] + BOTH_CHECKSUMS)
# keepalived's device with a virtual MAC of IPv6 answers for the link-local address of its parent, which is then not heard.
KEEPALIVED_UNICAST = both_ways([("v3, IPv6, unicast", 3, 6, UNICAST)])
# FRR 8.4 has no option for the checksum, no authentication, no unicast, and always a virtual MAC.
FRR = both_ways([
    ("v2", 2, 4),
    ("v2, virtual MAC", 2, 4, "use_vmac"),
    ("v3", 3, 4),
    ("v3, virtual MAC", 3, 4, "use_vmac"),
    ("v3, virtual MAC by rules", 3, 4, "use_vmac_rules"),
    ("v3, IPv6", 3, 6),
    ("v3, IPv6, virtual MAC", 3, 6, "use_vmac"),
])


def make_keepalived(gateway, cases):
    gateway.configure("".join(case.instance(THEIRS) for case in cases))
    # Else its devices for IPv6 answer for the IPv4 addresses of eth0, too.
    gateway.namespace.run("sysctl -qw net.ipv4.conf.all.arp_ignore=1")
    return keepalived.Keepalived(gateway)


def make_frr(gateway, cases):
    return frr.Frr(gateway, [(case.version, case.family, case.vrid, case.priority(THEIRS), case.addresses())
                             for case in cases])


PEERS = {"keepalived": (KEEPALIVED, make_keepalived, keepalived.installed),
         "keepalived, unicast over IPv6": (KEEPALIVED_UNICAST, make_keepalived, keepalived.installed),
         "frr": (FRR, make_frr, frr.installed)}


@pytest.mark.parametrize("name", PEERS)
def test_is_installed(name):
    if not PEERS[name][2]:
        pytest.skip("there is no " + name)


@pytest.fixture(name="pairs", scope="module")
def fixture_pairs(tmp_path_factory):
    made = {}
    try:
        for name, (cases, make, installed) in PEERS.items():
            if installed:
                made[name] = Pair(tmp_path_factory.mktemp("pair"), cases, make)
        for pair in made.values():
            pair.start()
        for pair in made.values():
            pair.wait_until_settled()
        yield made
    finally:
        for pair in made.values():
            pair.close()


def expected_mac(name, pair, case, who):
    lines = case.both + (case.ours if who == OURS else case.theirs)
    if "use_vmac" in lines or (name == "frr" and who == THEIRS):
        return case.virtual_mac()
    return hardware_address(pair.ours.namespace if who == OURS else pair.peer.gateway.namespace)


# covers: FSM-A1 FSM-A3 FSM-B1 FSM-B2 VMAC-02 VMAC-04 VMAC-05
def test_one_answer(pairs):
    for name, pair in pairs.items():
        pair.wait_until_settled()
        answers = pair.ask([address for case in pair.cases for address in case.addresses()])
        for case in pair.cases:
            for address in case.addresses():
                wanted = (case.better, expected_mac(name, pair, case, case.better))
                assert answers[address] == [wanted] * ROUNDS, (name, case)


# covers: CKS-01 CKS-03 CKS-04 RX-21 RX-22
def test_nothing_is_dropped(pairs):
    """What the peers send is taken, in all forms."""
    for name, pair in pairs.items():
        pair.wait_until_settled()
        for instance in pair.ours.status()["instances"]:
            assert not any(instance["drops"].values()), (name, instance)


# covers: CKS-05
def test_the_form_of_the_checksum_is_learnt(pairs):
    for name, pair in pairs.items():
        pair.wait_until_settled()
        peers = {instance["name"]: instance["peer"] for instance in pair.ours.status()["instances"]}
        for case in pair.cases:
            if case.better == THEIRS and case.version == 3:
                form = "message-only" if "v3_checksum_as_v2" in case.both + case.theirs else "pseudo-header"
                assert peers["V%d" % case.vrid]["checksum"] == form, (name, case)


def handed_over(pairs, end, who, limit, least=0.0):
    """The others end; who was lesser in some is master of all, least to limit(case) after their last word."""
    for pair in pairs.values():
        pair.wait_until_settled()
    since = time.monotonic()
    for pair in pairs.values():
        end(pair)
    for name, pair in pairs.items():
        for case, first in pair.wait_for_speaker(who, since).items():
            if case.better != who:
                last = pair.last(case.better, case, first.at)
                assert least <= first.at - last.at < limit(case), (name, case, last, first)


def returned(pairs, start, who):
    """What it is the better one for, it takes within its down interval; the other one yields at once."""
    since = time.monotonic()
    for pair in pairs.values():
        start(pair)
    for name, pair in pairs.items():
        firsts = pair.wait_for_speaker(who, since, [case for case in pair.cases if case.better == who])
        pair.wait_until_settled()
        for case, first in firsts.items():
            assert first.at - since < case.down_interval(who) + 2 * SLACK, (name, case)
            last = pair.last(case.other(), case, time.monotonic(), PRIORITIES.values())
            assert last.at < first.at + SLACK, (name, case, first, last)


# covers: FSM-A9 FSM-A12 TX-08 V2-PKT-07 V2-PKT-08
def test_we_stop_and_return(pairs):
    handed_over(pairs, lambda pair: pair.ours.stop(), THEIRS, lambda case: case.skew_time(THEIRS) + SLACK)
    returned(pairs, lambda pair: pair.ours.start(), OURS)


# covers: FSM-B9 FSM-A12 OPS-09
def test_they_stop_and_return(pairs):
    handed_over(pairs, lambda pair: pair.peer.stop(), OURS, lambda case: case.skew_time(OURS) + SLACK)
    returned(pairs, lambda pair: pair.peer.start(), THEIRS)


# covers: FSM-B7 FSM-B10 TMR-04
def test_they_are_killed_and_return(pairs):
    handed_over(pairs, lambda pair: pair.peer.kill(), OURS, lambda case: case.down_interval(OURS) + SLACK, least=3)
    returned(pairs, lambda pair: pair.peer.start(), THEIRS)
