# SPDX-License-Identifier: GPL-2.0-or-later
"""Where nftables cannot silence a dead master, its addresses have short lifetimes, and the status says so: on a kernel without
nfnetlink, on one that lacks the families (in a guest), and where somebody else owns a table of our name. Masterships are as ever."""
import contextlib
import os
import subprocess
import sys
import time

import pytest

from dual_stack import CONFIG, HELD, DualStack, lifetimes, link_local, wait_for_state
from gateways import SOURCE
from net import wait_for

LIFETIME = 4  # seconds: four adverts of 500 ms, and two seconds
LATE = 1.5  # what the kernel may take longer
WITHOUT = (sys.executable, os.path.join(SOURCE, "tests/lab/without_netfilter.py"))
GUEST = os.environ.get("VIGIA_GUEST") == "uml"  # its nf_tables has neither arp nor ip6


@pytest.fixture(name="lab")
def fixture_lab(tmp_path):
    lab = DualStack(tmp_path)
    for gateway in (lab.gw1, lab.gw2):
        link_local(gateway)
    yield lab
    lab.close()


def table_name(gateway):
    """Of the daemon with this pid file: src/daemon/guard_place.c."""
    number = 2166136261
    for byte in gateway.path(".pid").encode():
        number = (number ^ byte) * 16777619 & 0xffffffff
    return "vigia-%08x" % number


@contextlib.contextmanager
def taken(gateway):
    """A table of the name that gw1 would give to one of its own, with an owner that lives."""
    owner = subprocess.Popen(gateway.namespace.command("nft", "-i"), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    name = table_name(gateway) + ".after"
    owner.stdin.write("add table arp %s { flags owner; }\n" % name)
    owner.stdin.flush()
    wait_for(lambda: name in gateway.namespace.run("nft list tables"), "the table of somebody else")
    yield
    owner.stdin.close()
    owner.wait()


def lives_by_lifetimes(lab, error, before=()):
    """gw1 is master, says what it lacks, and goes on renewing."""
    gw1 = lab.gw1
    gw1.start(before=before)
    wait_for_state(gw1, "MASTER")
    wait_for(lambda: set(lifetimes(gw1)) == set(HELD), "all addresses to stand")
    assert gw1.status()["after_death"] == {"silent": False, "error": error, "lifetime": LIFETIME}
    assert "virtual addresses are answered for up to %d s longer; nftables would prevent that: %s" % (LIFETIME, error) \
        in gw1.vigia("status").stdout
    wait_for(lambda: "nftables cannot silence them: " + error in gw1.read_log(), gw1.read_log)
    until = time.monotonic() + LIFETIME + LATE
    while time.monotonic() < until:
        shown = lifetimes(gw1)
        assert set(shown) == set(HELD) and all(0 <= seconds <= LIFETIME for seconds in shown.values()), shown
        time.sleep(0.2)
    assert not gw1.for_afterwards() or error == "EPERM"


def all_die(gateway):
    """What it left goes by itself."""
    gateway.kill_all()
    asked = death = time.monotonic()
    while lifetimes(gateway):
        assert asked < death + LIFETIME + LATE
        time.sleep(0.05)
        asked = time.monotonic()


def comes_back(lab, before=()):
    lab.gw1.start(before=before)
    wait_for_state(lab.gw1, "MASTER")
    wait_for_state(lab.gw2, "BACKUP")
    assert lab.gw1.stop() == 0 and lab.gw2.stop() == 0
    for gateway in (lab.gw1, lab.gw2):
        assert not lifetimes(gateway) and not gateway.rules()


def test_a_kernel_without_nfnetlink(lab):
    lives_by_lifetimes(lab, "EOPNOTSUPP", WITHOUT)
    lab.gw2.start()
    wait_for(lambda: lab.gw2.instances() and all(one["state"] == "BACKUP" and one["peer"] for one in lab.gw2.instances()),
             "gw2 to hear gw1")
    all_die(lab.gw1)
    wait_for_state(lab.gw2, "MASTER")
    comes_back(lab, WITHOUT)


@pytest.mark.skipif(GUEST, reason="its kernel has no such tables")
def test_somebody_else_has_a_table_of_the_name(lab):
    with taken(lab.gw1):
        lives_by_lifetimes(lab, "EPERM")
        assert not lab.gw1.rules()
    # It is no longer in the way.
    wait_for(lambda: lab.gw1.status()["after_death"] == {"silent": True, "error": None, "lifetime": 60},
             lambda: "the silence\n" + lab.gw1.read_log())
    assert len(lab.gw1.for_afterwards()) == 4
    wait_for(lambda: min(lifetimes(lab.gw1).values()) > LIFETIME, "longer lives")
    assert lab.gw1.states() == {"V4": "MASTER", "V6": "MASTER"}
    assert all(one["counters"]["became_master"] == 1 for one in lab.gw1.instances())
    assert lab.gw1.stop() == 0
    assert not lifetimes(lab.gw1) and not lab.gw1.for_afterwards()


@pytest.mark.skipif(not GUEST, reason="a kernel for it is in the guest: tests/guest/run")
def test_a_kernel_that_lacks_a_part(lab):
    """With nf_tables, but not for arp and ip6: a transaction is refused."""
    lives_by_lifetimes(lab, "EOPNOTSUPP")
    all_die(lab.gw1)


def test_a_virtual_mac_by_rules_cannot_be_had(lab):
    """It says so and stays out of service, while one without serves."""
    lab.gw2.start()
    wait_for_state(lab.gw2, "MASTER")
    lab.gw1.configure(CONFIG % {"priority": lab.gw1.priority, "more": "use_vmac_rules"})
    lab.gw1.start(before=WITHOUT)
    wait_for_state(lab.gw1, "FAULT")
    wait_for_state(lab.gw2, "MASTER")
    assert not lifetimes(lab.gw1)
    assert "the kernel refuses nftables rules (EOPNOTSUPP" in lab.gw1.read_log()
    assert "nftables rules for the virtual MAC are not to be had" in lab.gw1.vigia("status").stdout
