# SPDX-License-Identifier: GPL-2.0-or-later
"""vigiad with Debian's keepalived and with FRR's vrrpd, as the better and as the lesser router, in every form of VRRP that
both speak, and with those of a later Debian where the installed ones do not know the checksum of RFC 9568: one master, one
answer, and each takes over from the other within the protocol's time.

All virtual routers of a pair run at once, and all pairs too: nearly all of the time is spent waiting for adverts."""
import functools
import subprocess
import time

import pytest
from scapy.layers.l2 import Ether
from scapy.utils import wrpcap

import frr
import keepalived
import later
from net import Advert
from peers import MESSAGE_ONLY, OURS, PRIORITIES, ROUNDS, SLACK, THEIRS, Pair, PeerCrashed, both_ways, hardware_address

PASS = "authentication {\n auth_type PASS\n auth_pass secret12\n }"
HEADER = "authentication {\n auth_type AH\n auth_pass secret12\n }"
UNICAST = "unicast_src_ip OWN\n unicast_peer {\n PEER\n }"

# The programs of Debian 12 know the form with the pseudo-header alone.
KEEPALIVED_PLACE = later.place_of_one_with(MESSAGE_ONLY, keepalived.PROGRAM)
FRR_PLACE = later.place_of_one_with("checksum-with-ipv4-pseudoheader", frr.PROGRAMS + "/vrrpd")
CHECKSUMS = [
    ("v3", 3, 4),
    ("v3, message-only checksum", 3, 4, MESSAGE_ONLY),
    ("v3, message-only checksum of theirs, learnt by us", 3, 4, "", "", MESSAGE_ONLY),
]
FRR_CHECKSUMS = both_ways(CHECKSUMS)
# The option lets this one take both forms.
KEEPALIVED_CHECKSUMS = both_ways(CHECKSUMS + [
    ("v3, message-only checksum of theirs alone", 3, 4, "", MESSAGE_ONLY + " off", MESSAGE_ONLY),
])
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
])
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


def make_keepalived(gateway, cases, place=later.installed):
    gateway.configure("".join(case.instance(THEIRS) for case in cases))
    # Else its devices for IPv6 answer for the IPv4 addresses of eth0, too.
    gateway.namespace.run("sysctl -qw net.ipv4.conf.all.arp_ignore=1")
    return keepalived.Keepalived(gateway, place)


def make_frr(gateway, cases, place=later.installed):
    return frr.Frr(gateway, [(case.version, case.family, case.vrid, case.priority(THEIRS), case.addresses(),
                              case.checksum(THEIRS) == "message-only") for case in cases], place)


def make_later_keepalived(gateway, cases):
    return make_keepalived(gateway, cases, KEEPALIVED_PLACE)


def make_later_frr(gateway, cases):
    return make_frr(gateway, cases, FRR_PLACE)


PEERS = {"keepalived": (KEEPALIVED, make_keepalived, keepalived.installed),
         "keepalived, unicast over IPv6": (KEEPALIVED_UNICAST, make_keepalived, keepalived.installed),
         "frr": (FRR, make_frr, frr.installed),
         "keepalived, both checksums": (KEEPALIVED_CHECKSUMS, make_later_keepalived, KEEPALIVED_PLACE),
         "frr, both checksums": (FRR_CHECKSUMS, make_later_frr, FRR_PLACE)}


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
    if "use_vmac" in case.lines(who) or (name.startswith("frr") and who == THEIRS):
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


def form_of(frame):
    advert = Advert(0, frame)
    assert (advert.sum_of_message == 0) != (advert.sum_with_pseudo_header == 0), advert
    return "pseudo-header" if advert.sum_with_pseudo_header == 0 else "message-only"


def cases_with_a_choice(pair):
    return [case for case in pair.cases if case.version == 3 and case.family == 4]


def learnt_form(case, heard):
    """What we send when nothing says what."""
    return heard and case.checksum(THEIRS) or "pseudo-header"


# covers: CKS-05 AMB-01
def test_the_form_of_the_checksum_is_learnt(pairs):
    for name, pair in pairs.items():
        pair.wait_until_settled()
        instances = {instance["name"]: instance for instance in pair.ours.status()["instances"]}
        for case in cases_with_a_choice(pair):
            instance = instances["V%d" % case.vrid]
            heard = instance["peer"]
            if case.better == THEIRS:
                assert heard["checksum"] == (case.checksum(THEIRS) or "pseudo-header"), (name, case)
            assert instance["checksum"] == (case.checksum(OURS) or learnt_form(case, heard)), (name, case)


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
                # FRR ends now and then without priority 0, whoever stops it: then we can only miss it.
                mute = who == OURS and name.startswith("frr") and last.priority != 0
                allowed = case.down_interval(OURS) + SLACK if mute else limit(case)
                assert least <= first.at - last.at < allowed, (name, case, last, first)


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


CRASHES_AT_MOST = 3


def once_more_after_a_crash(test):
    """A peer that crashes is started again, and then everything begins anew: what we do is shown all the same."""
    @functools.wraps(test)
    def wrapper(pairs):
        for left in range(CRASHES_AT_MOST, -1, -1):
            try:
                return test(pairs)
            except PeerCrashed:
                if not left:
                    raise
                for pair in pairs.values():
                    pair.revive()
        return None
    return wrapper


# covers: FSM-A9 FSM-A12 TX-08 V2-PKT-07 V2-PKT-08
@once_more_after_a_crash
def test_we_stop_and_return(pairs):
    handed_over(pairs, lambda pair: pair.ours.stop(), THEIRS, lambda case: case.skew_time(THEIRS) + SLACK)
    returned(pairs, lambda pair: pair.ours.start(), OURS)


# covers: FSM-B9 FSM-A12 OPS-09
@once_more_after_a_crash
def test_they_stop_and_return(pairs):
    handed_over(pairs, lambda pair: pair.peer.stop(), OURS, lambda case: case.skew_time(OURS) + SLACK)
    returned(pairs, lambda pair: pair.peer.start(), THEIRS)


# covers: FSM-B7 FSM-B10 TMR-04
@once_more_after_a_crash
def test_they_are_killed_and_return(pairs):
    handed_over(pairs, lambda pair: pair.peer.kill(), OURS, lambda case: case.down_interval(OURS) + SLACK, least=3)
    returned(pairs, lambda pair: pair.peer.start(), THEIRS)


def forms_by_tshark(frames, path):
    """What an independent eye thinks of the sums: "1" is good. All versions of tshark know the form with the pseudo-header."""
    wrpcap(path, [Ether(frame) for frame in frames])
    return subprocess.run(["tshark", "-r", path, "-T", "fields", "-e", "vrrp.checksum.status"], text=True, check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.split()


# covers: CKS-02 CKS-03 CKS-05
def test_each_has_sent_its_form(pairs, tmp_path):
    """In all that was sent so far."""
    with_pseudo_header = []
    for name, pair in pairs.items():
        pair.wait_until_settled()
        for case in cases_with_a_choice(pair):
            sent = {who: [advert for advert in pair.spoken(who) if (advert.vrid, advert.family) == (case.vrid, 4)]
                    for who in (OURS, THEIRS)}
            assert sent[case.better], (name, case)
            for advert in sent[THEIRS]:
                assert form_of(advert.frame) == (case.checksum(THEIRS) or "pseudo-header"), (name, case, advert)
            for advert in sent[OURS]:
                heard = sent[THEIRS] and sent[THEIRS][0].at + SLACK < advert.at
                # Begun anew after a crash, we have learnt nothing yet.
                if case.checksum(OURS) or (heard and not pair.crashes) or not case.checksum(THEIRS):
                    form = case.checksum(OURS) or learnt_form(case, heard)
                    assert form_of(advert.frame) == form, (name, case, advert)
            with_pseudo_header += [advert.frame for who in sent for advert in sent[who]
                                   if form_of(advert.frame) == "pseudo-header"]
    assert set(forms_by_tshark(with_pseudo_header, str(tmp_path / "adverts.pcap"))) == {"1"}
