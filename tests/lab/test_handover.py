# SPDX-License-Identifier: GPL-2.0-or-later
"""A planned handover loses nothing: drain, takeover, preemption and stop, for each profile, with and without virtual MAC,
for IPv4 and IPv6, for UDP at 1 kHz, for a TCP connection and for new ones. Nor does the death of an engine or of a front.

At most two packets of each kind may be lost. An engine that was held up at the wrong moment costs packets by right; it knows how late
its turns were, and a witness knows when the machine stood still: then, and only then, there is another try.
"""
import json
import os
import signal
import time

import pytest

from handover_lab import MEMBERS, PROFILES, HandoverLab, vigia
from net import wait_for
from standstill import HELD_UP, Standstill

AT_MOST = 2
# Seconds; it takes the kernel longer to end what has a sanitizer's memory. Who has to be that quick has a few tries, for the machine
# stands still for longer now and then.
SANITIZED = "ASAN_OPTIONS" in os.environ
AT_ONCE = 0.05 if SANITIZED else 0.005
TRIES = 10
WAYS = [(profile, mac) for profile in PROFILES for mac in ("", "use_vmac")] + [("v3 100 ms", "use_vmac_rules"), ("v3 100 ms", "unicast")]


@pytest.fixture(name="lab", scope="module")
def fixture_lab(tmp_path_factory):
    lab = HandoverLab(tmp_path_factory.mktemp("handover"))
    with pytest.MonkeyPatch.context() as patch:
        if SANITIZED:  # else that reports the SIGSEGV that we send, and aborts
            patch.setenv("ASAN_OPTIONS", os.environ["ASAN_OPTIONS"] + ":handle_segv=0")
        yield lab
    lab.close()


@pytest.fixture(name="running", scope="module", params=WAYS, ids=lambda param: "%s %s" % (param[0], param[1] or "plain"))
def fixture_running(lab, request):
    lab.configure(*request.param)
    request.addfinalizer(lab.stop)
    lab.start()
    lab.begin_traffic()
    return lab, request.param


def tried(lab, act):
    """What is wrong with it, and why it may have been: it was held up a little, when all that it did was to lose something, or for longer
    than Active_Down_Interval takes. None: nothing is wrong."""
    before, wrong = lab.late_turns(), None
    with Standstill() as machine:
        try:
            lost = lab.lost_by(act)
        except AssertionError as error:
            wrong = str(error)
    late = lab.was_late(before)
    if wrong:
        return wrong, late or machine.longest() > HELD_UP
    return (lost, late or machine.long()) if max(lost.values()) > AT_MOST else None


def survives(lab, *acts):
    """Each loses next to nothing, unless it was held up: then all of them once more."""
    seen = []
    for _ in range(TRIES):
        for act in acts:
            wrong = tried(lab, act)
            if wrong:
                assert wrong[1], "by %s, and nobody was late: %s\n%s\n%s" % (
                    act.__name__, wrong[0], lab.gw1.read_log(), lab.gw2.read_log())
                seen.append(wrong[0])
                lab.begin_anew()
                break
        else:
            return
    raise AssertionError("an engine was late in each of %d tries: %s" % (TRIES, seen))


def handed_over(answer, names=None):
    assert {part["outcome"] for part in answer["instances"]} == {"handed-over"}, answer
    assert all(part["peer"] for part in answer["instances"])
    assert names is None or {part["name"] for part in answer["instances"]} == names


def by_name(lab):
    """A group, a member that takes its group along, and nobody who takes over."""
    gw1, gw2 = lab.gw1, lab.gw2

    def drain_one_by_one():
        handed_over(vigia(gw1, "drain", "G4", "--timeout", "20"), {"IN4", "OUT4"})
        assert gw1.states() == {"IN4": "DRAINED", "OUT4": "DRAINED", "IN6": "MASTER", "OUT6": "MASTER"}
        handed_over(vigia(gw1, "drain", "OUT6", "--timeout", "20"), {"IN6", "OUT6"})
        lab.wait_for_master(gw2)

    def resume_one_by_one():
        for name in ("IN4", "G6"):
            vigia(gw1, "resume", name)
        lab.wait_for_master(gw1)

    def drain_for_nobody():
        vigia(gw2, "drain")
        before = lab.late_turns()
        done = gw1.vigia("drain", "G4", "--timeout", "0.3")
        assert done.returncode == 1 and done.stdout.count("no other router took over in") == 2, done.stdout
        assert done.stdout.count("no other router took over in 3") == 2 or lab.was_late(before), done.stdout
        lab.wait_for_master(gw1)
        vigia(gw2, "resume")
    survives(lab, drain_one_by_one, resume_one_by_one, drain_for_nobody)


def take_over(lab, gateway):
    before = lab.late_turns()

    def is_master():
        """It says so, or that 30 ms were too short for the other one to hear of it: a sanitizer takes its time, or one was late."""
        answer = json.loads(gateway.vigia("takeover", "all", "--json").stdout)
        done = {part["outcome"] for part in answer["instances"]} <= {"master", "already"}
        assert done or SANITIZED or lab.was_late(before), answer
        return done
    wait_for(is_master, lambda: "a takeover\n" + gateway.read_log(), step=0.5)
    lab.wait_for_master(gateway)


# covers: FSM-A9 FSM-A21
def test_a_planned_handover_loses_nothing(running):
    lab, way = running
    gw1, gw2 = lab.gw1, lab.gw2

    def drain():
        handed_over(vigia(gw1, "drain", "all"))
        lab.wait_for_master(gw2)
        assert set(gw1.states().values()) == {"DRAINED"}

    def resume():  # and preempts
        vigia(gw1, "resume")
        lab.wait_for_master(gw1)
    survives(lab, drain, resume)

    def gw2_takes_over():
        take_over(lab, gw2)

    def gw1_takes_over():
        take_over(lab, gw1)
    survives(lab, gw2_takes_over, gw1_takes_over)
    vigia(gw1, "resume")

    def stop():
        assert gw1.stop() == 0
        lab.wait_for_master(gw2)

    def start():
        gw1.start()
        lab.wait_for_master(gw1)
    survives(lab, stop, start)
    if way == ("v3 100 ms", ""):
        by_name(lab)


def start_anew(lab):
    """The guard starts what dies at once only the first time."""
    gw1 = lab.gw1
    assert gw1.stop() == 0
    gw1.start()
    wait_for(lambda: [one["peer"] for one in gw1.instances() if one["peer"]][len(MEMBERS) - 1:],
             lambda: "gw1 to hear gw2\n" + gw1.read_log())
    take_over(lab, gw1)


def at_best(lab, attempt):
    """attempt() tells by how much each bound was exceeded. Each must be kept in one of some tries."""
    best = {}
    for number in range(TRIES):
        if number > 0:
            start_anew(lab)
        lab.wait_for_master(lab.gw1)
        exceeded = attempt()
        print("exceeded", {what: excess for what, excess in exceeded.items() if excess > 0})
        for what, excess in exceeded.items():
            best[what] = min(excess, best.get(what, excess))
        if max(best.values()) <= 0:
            return
    raise AssertionError("exceeded in each of %d tries: %s" % (TRIES, {what: excess for what, excess in best.items() if excess > 0}))


def lost_too_many(lost):
    return {"lost " + kind: count - AT_MOST for kind, count in lost.items()}


def first_of_each(adverts, priority):
    """{VRID: when} of those with that priority; None: some did not say it."""
    found = {}
    for advert in adverts:
        if advert.priority == priority:
            found[advert.vrid] = min(advert.at, found.get(advert.vrid, advert.at))
    return found if len(found) == len(MEMBERS) else None


def death_of_front(lab):
    gw1 = lab.gw1
    with lab.hearing() as heard:
        def kill():
            front = gw1.kill("front")
            wait_for(lambda: gw1.pid("front") not in (None, front) and gw1.status(), "a new front\n" + gw1.read_log())
            now = time.monotonic()
            wait_for(lambda: first_of_each(heard(now), gw1.priority), "adverts after the death")
        wait_for(lambda: first_of_each(heard(), gw1.priority), "adverts before the death")
        exceeded = lost_too_many(lab.lost_by(kill))
        adverts = heard()
    exceeded["other priorities"] = sum(advert.priority != gw1.priority for advert in adverts)
    for _, _, vrid, _ in MEMBERS:
        times = sorted(advert.at for advert in adverts if advert.vrid == vrid)
        silence = max(later - earlier for earlier, later in zip(times, times[1:]))
        exceeded["silence of %d" % vrid] = silence - lab.interval - AT_ONCE
    return exceeded


def test_the_front_dies(running):
    """The engine goes on."""
    lab, (profile, mac) = running
    if profile == "v2 1 s" or mac not in ("", "use_vmac"):
        pytest.skip("an engine knows of fronts in the same way always, and 10 ms are the hardest")
    at_best(lab, lambda: death_of_front(lab))


def death_of_engine(lab, number):
    gw1, gw2 = lab.gw1, lab.gw2
    at = 0.0
    with lab.hearing() as heard:
        def kill():
            nonlocal at
            engine = gw1.pid("engine")
            at = time.monotonic()
            os.kill(engine, number)
            wait_for(lambda: first_of_each(heard(at), 0) and first_of_each(heard(at), gw2.priority),
                     lambda: "priority 0 and a successor: %s\n%s\n%s" % (heard(at), gw1.read_log(), gw2.read_log()))
        exceeded = lost_too_many(lab.lost_by(kill))
        for priority, allowed in ((0, AT_ONCE), (gw2.priority, lab.skew_time(gw2) + AT_ONCE)):
            for vrid, when in first_of_each(heard(at), priority).items():
                exceeded["%d's priority %d" % (vrid, priority)] = when - at - allowed
    return exceeded


def test_the_engine_dies(running):
    """The guard says so at once, the successor speaks when it must, and hosts notice nothing."""
    lab, way = running
    at_best(lab, lambda: death_of_engine(lab, signal.SIGKILL))
    if way == ("v3 100 ms", ""):
        start_anew(lab)
        at_best(lab, lambda: death_of_engine(lab, signal.SIGSEGV))
