# SPDX-License-Identifier: GPL-2.0-or-later
"""When every process of a master dies at once, its kernel has the addresses still, and says nothing of them."""
import contextlib
import ipaddress
import json
import os

import pytest

from dual_stack import (EXCLUDED, GLOBAL, HELD, LINK_LOCAL, VIRTUAL4, DualStack, lifetimes, link_local, solicit,
                        wait_for_state)
from net import Capture, wait_for
from questions import ask
from sudden_death import kill_all

IN_TIME = 10  # milliseconds
TRIES = 6
IPV6 = (LINK_LOCAL, GLOBAL, EXCLUDED)


@pytest.fixture(name="lab")
def fixture_lab(tmp_path):
    lab = DualStack(tmp_path)
    lab.from_gw1 = Capture(lab.lan, "gw1")
    lab.things.insert(0, lab.from_gw1)
    yield lab
    lab.close()


def said_by_gw1(lab, since):
    """What it sends in the name of a virtual address: ARP by sender, neighbour discovery by source."""
    virtual4 = bytes(int(part) for part in VIRTUAL4.split("."))
    found = [frame for at, frame in lab.from_gw1.all()
             if at >= since and frame[12:14] == b"\x08\x06" and frame[28:32] == virtual4]
    for at, frame in lab.from_gw1.all():
        if at >= since and frame[12:14] == b"\x86\xdd" and frame[20] == 58 and 133 <= frame[54] <= 137:
            if str(ipaddress.ip_address(frame[22:38])) in IPV6:
                found.append(frame)
    return found


def silence_left(gateway):
    """Seconds that what gw1 says of its virtual addresses is dropped for, of each kind of packet."""
    listed = json.loads(gateway.namespace.run("nft -j list ruleset"))["nftables"]
    return [one["elem"]["expires"] for thing in listed if thing.get("set", {}).get("name") == "kinds"
            for one in thing["set"]["elem"]]


def descriptors(pid):
    """What they are, by number."""
    found = {}
    for number in os.listdir("/proc/%d/fd" % pid):
        with contextlib.suppress(OSError):  # it was closed meanwhile
            found[int(number)] = os.readlink("/proc/%d/fd/%s" % (pid, number))
    return found


def let_go_of_it_first(gateway):
    """Whichever of the two dies last: the kernel closes from the highest number down, and waits with each packet socket."""
    lines = gateway.namespace.run("cat /proc/net/netlink").splitlines()[1:]
    nftables = {"socket:[%s]" % line.split()[9] for line in lines if line.split()[1] == "12"}
    guard, engine = descriptors(gateway.pid("guard")), descriptors(gateway.pid("engine"))
    shared = nftables & set(guard.values()) & set(engine.values())
    assert len(shared) == 1, (nftables, guard, engine)
    return {guard[max(guard)], engine[max(engine)]} == shared


def dies_silently(lab):
    """When gw1 was last heard of the virtual addresses. The machine may stand still just then: the best of a few tries counts."""
    late = []
    for _ in range(TRIES):
        killed, last = kill_all(lab)
        print("last answers after %s ms" % " ".join("%s %.1f" % one for one in last.items()))
        late.append(last)
        if max(last.values()) <= IN_TIME:
            return killed + IN_TIME / 1000
        wait_for_state(lab.gw2, "MASTER")
        lab.gw1.start()
        wait_for_state(lab.gw1, "MASTER")
        wait_for_state(lab.gw2, "BACKUP")
    raise AssertionError("answers after so many ms: %s" % late)


@pytest.mark.parametrize("more", ["", "use_vmac", "use_vmac_rules"])
def test_nobody_answers_but_the_successor(lab, more):
    lab.configure(more)
    for gateway in (lab.gw1, lab.gw2):
        link_local(gateway)
    lab.gw1.start()
    wait_for_state(lab.gw1, "MASTER")
    wait_for(lambda: set(lifetimes(lab.gw1)) == set(HELD), "all addresses to stand")
    lab.gw2.start()
    wait_for(lambda: lab.gw2.instances() and all(one["state"] == "BACKUP" and one["peer"] for one in lab.gw2.instances()),
             "gw2 to hear gw1")
    assert lab.gw1.status()["after_death"] == {"silent": True, "error": None, "lifetime": 60}
    assert len(ask(lab, VIRTUAL4)) == 1 and all(len(solicit(lab, address)) == 1 for address in IPV6)
    assert let_go_of_it_first(lab.gw1)
    death = dies_silently(lab)
    # What says that somebody lives is gone, what silences is not.
    assert [name.rpartition(".")[2] for name in lab.gw1.for_afterwards()] == ["after", "after"]
    ask(lab, VIRTUAL4)
    for address in IPV6:
        solicit(lab, address)
    # Nor does it ask for others in the name of the address, which would teach them where it is.
    lab.gw1.namespace.run("ping -c 1 -W 1 -I %s 192.168.1.77" % VIRTUAL4, check=False)
    lab.gw1.namespace.run("ping -c 1 -W 1 -I %s 2001:db8:1::77" % GLOBAL, check=False)
    assert not said_by_gw1(lab, death)
    # It could have: everything is there, for a while. What is its own, it answers for: ask() has seen it.
    left = lifetimes(lab.gw1)
    assert set(left) == set(HELD) and all(0 < seconds <= 60 for seconds in left.values()), left
    wait_for_state(lab.gw2, "MASTER")
    assert len(ask(lab, VIRTUAL4)) == 1 and all(len(solicit(lab, address)) == 1 for address in IPV6)
    assert not said_by_gw1(lab, death)
    # Nobody renews it.
    wait_for(lambda: all(later < left[address] for address, later in lifetimes(lab.gw1).items()), "the lifetimes to pass")
    silence = silence_left(lab.gw1)
    assert len(silence) == 7 and min(silence) > max(lifetimes(lab.gw1).values()), silence
    # The next one has nothing of it before it is elected.
    lab.gw1.start()
    wait_for(lambda: not lifetimes(lab.gw1), "what the dead one left to go")
    wait_for_state(lab.gw1, "MASTER")
    wait_for_state(lab.gw2, "BACKUP")
    wait_for(lambda: not lifetimes(lab.gw2), "gw2 to have let go")  # its kernel may be slow
    assert len(ask(lab, VIRTUAL4)) == 1 and all(len(solicit(lab, address)) == 1 for address in IPV6)
    assert lab.gw1.stop() == 0
    assert not lab.gw1.rules() and not lab.gw1.for_afterwards()
