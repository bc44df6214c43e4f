# SPDX-License-Identifier: GPL-2.0-or-later
"""Upgrades and downgrades between versions whose states differ (newer_engine.h, incompatible_engine.h), and to one that hangs with
the state (hanging_engine.h)."""
import os
import time

from everything import OTHER_STATES, STATES, Unnoticed, authentication_numbers, left_out
from gateways import BUILD
from net import wait_for
from peers import read_adverts
from upgrades import TOO_SLOW, install, install_other, other_program, upgrade, version_of


def runs(gateway, which, path):
    return os.stat("/proc/%d/exe" % gateway.pid(which)).st_size == os.stat(path).st_size


def without_oldest(before, after):
    """What is remembered, each history without what only the newer version had a word for: its oldest entry, if that was listed."""
    routers, session = before
    return {name: (codes[len(codes) - len(after[0][name][0]):], *rest) for name, (codes, *rest) in routers.items()}, session


def test_a_newer_version_and_back(everything):
    """The newer one says more than the old one understands, and hears less than it knows."""
    lab = everything
    # When both became master at the same moment, as an emulated machine may be slow enough for, the second number was gw2's.
    numbers = wait_for(lambda: len(said := authentication_numbers(lab)) > 1 and said, "a number that counts on")
    unnoticed = Unnoticed(lab)
    install_other(lab.gw1.programs, "newer", "vigiad", "vigiad-vrrp")
    upgrade(lab.gw1, version_of(BUILD))
    wait_for(lambda: runs(lab.gw1, "engine", other_program("newer", "vigiad-vrrp")), "the newer engine")
    assert runs(lab.gw1, "guard", other_program("newer", "vigiad"))
    unnoticed.still_holds()

    install(lab.gw1.programs)
    upgrade(lab.gw1, version_of(BUILD))
    assert runs(lab.gw1, "engine", os.path.join(BUILD, "vigiad-vrrp"))
    assert runs(lab.gw1, "guard", os.path.join(BUILD, "vigiad"))
    before, after = unnoticed.before, unnoticed.now()
    assert after["standing"] == before["standing"] and after["told"] == before["told"]
    mine = after["remembered"][0]
    assert mine == without_oldest(before["remembered"][0], mine)
    assert any(len(mine[0][name][0]) < len(before["remembered"][0][0][name][0]) for name in mine[0]), "nothing that it did not know"
    assert after["remembered"][1] == before["remembered"][1]
    assert lab.gw1.states() == STATES and lab.gw2.states() == OTHER_STATES
    # It goes on speaking, and none of its numbers was said twice or left out.
    wait_for(lambda: len(authentication_numbers(lab)) > len(numbers) + 5, "adverts with numbers")
    assert not left_out(lab, authentication_numbers(lab)[len(numbers) - 1:])
    # The next upgrade is one as any other.
    unnoticed = Unnoticed(lab)
    upgrade(lab.gw1, version_of(BUILD))
    unnoticed.still_holds()


def test_one_that_does_not_understand_leaves_the_old_one(everything):
    lab = everything
    unnoticed, engine = Unnoticed(lab), lab.gw1.pid("engine")
    install_other(lab.gw1.programs, "incompatible", "vigiad-vrrp")
    done = lab.gw1.vigia("upgrade")
    assert done.returncode == 1
    assert "all goes on as before" in done.stderr
    assert "does not understand the state of the old one: what it says of virtual routers" in done.stderr
    wait_for(lambda: "what it says of virtual routers" in lab.gw1.read_log(), "the reason in the log")
    assert lab.gw1.pid("engine") == engine
    unnoticed.still_holds()
    heard = lab.gw2.instances()[0]["counters"]["adverts_received"]
    wait_for(lambda: lab.gw2.instances()[0]["counters"]["adverts_received"] > heard + 5, "what the old one says")
    unnoticed.still_holds()
    install(lab.gw1.programs)
    upgrade(lab.gw1, version_of(BUILD))


def unheard(lab):
    """How many more adverts than stand on the wire were said of V4, as the engine counts them."""
    def count():
        return sum((advert.vrid, advert.family) == (51, 4) for advert in read_adverts(lab.ports[lab.gw1]))

    def same_before_and_after():
        before = count()
        sent = next(one["counters"]["adverts_sent"] for one in lab.gw1.instances() if one["name"] == "V4")
        return [sent - before] if count() == before else None
    return wait_for(same_before_and_after, "a moment without adverts")[0]


def test_one_that_hangs_with_the_state_says_nothing_and_is_killed(everything):
    """It says that it goes on before it says anything else: so there is no moment in which it has spoken, and could be silent for
    ever. Whenever it is killed, the old one alone speaks."""
    lab = everything
    unnoticed, engine, since = Unnoticed(lab), lab.gw1.pid("engine"), time.monotonic()
    difference = unheard(lab)
    install_other(lab.gw1.programs, "hanging", "vigiad-vrrp")
    logged = len(lab.gw1.read_log())
    done = lab.gw1.vigia("upgrade")
    assert done.returncode == 1 and TOO_SLOW in done.stderr, done.stderr
    wait_for(lambda: "no upgrade" in lab.gw1.read_log()[logged:], "the reason in the log")
    # The one that was killed first, and the second one; of the third the reason tells.
    assert lab.gw1.read_log()[logged:].count("another one is tried") == 2
    assert lab.gw1.pid("engine") == engine
    heard = lab.gw2.instances()[0]["counters"]["adverts_received"]
    wait_for(lambda: lab.gw2.instances()[0]["counters"]["adverts_received"] > heard + 5, "what the old one says")
    unnoticed.still_holds()
    assert unheard(lab) == difference
    # It leaves out what another engine may have said.
    said = authentication_numbers(lab, since)
    assert said == sorted(set(said))
    install(lab.gw1.programs)
    upgrade(lab.gw1, version_of(BUILD))
    unnoticed.still_holds()


def test_nor_is_it_understood(lone):
    """The way back from it."""
    lone.programs = lone.path("-programs")
    install(lone.programs)
    install_other(lone.programs, "incompatible", "vigiad-vrrp")
    lone.start_and_wait()
    lone.wait_for_state("MASTER")
    engine = lone.pid("engine")
    install(lone.programs)
    done = lone.vigia("upgrade")
    assert done.returncode == 1
    assert "does not understand the state of the old one: what it says of virtual routers" in done.stderr
    assert lone.pid("engine") == engine and lone.state() == "MASTER"
    assert lone.instance()["counters"]["became_master"] == 1
