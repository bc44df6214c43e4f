# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules of nftables that others remove while a daemon runs: nobody can, and before Linux 6.9 they are back at once."""
import os
import re
import subprocess
import time

import pytest

from kernel_changes import SPACING, Transactions, is_mostly_in_time
from lone import block, instance
from net import wait_for
from upgrades import install, install_other

W = instance(" use_vmac\n", "W", 52, "10.0.0.201")  # whose device is to say nothing of itself
IPV6 = block("virtual_ipaddress_excluded", ["2001:db8:a::200/128"])
CONFIG = instance(IPV6) + W
REFUSING = instance(IPV6 + " no_accept\n") + W  # packets to V's addresses are


@pytest.fixture
def before_linux_6_9(daemon, tmp_path):
    """With an engine (older_kernel.h) to which the kernel refuses what it refused up to then."""
    daemon.programs = str(tmp_path / "programs")
    install(daemon.programs)
    install_other(daemon.programs, "older-kernel", "vigiad-vrrp")
    return daemon


def are_masters(daemon):
    return [one["state"] for one in daemon.instances()] == ["MASTER", "MASTER"]


def ruleset(machine):
    """The words of all tables, in no order, without what changes by itself; nobody else has any."""
    return sorted(re.findall(r"[^\s,]+", re.sub(r" expires [^ ,]+", "", machine.run("nft list ruleset"))))


def tables(machine):
    """Ours that is owned, and that for the time after."""
    after = re.search(r"table arp (\S+)\.after", machine.run("nft list ruleset")).group(1)
    return after, after + ".after"


def with_rules(daemon):
    daemon.start(REFUSING)
    wait_for(lambda: are_masters(daemon), daemon.read_log)
    wait_for(lambda: "refused4" in daemon.machine.run("nft list ruleset"), daemon.read_log)
    return ruleset(daemon.machine), *tables(daemon.machine)


def nobody_can(machine, *commands):
    for command in commands:
        assert "Operation not permitted" in machine.run(command, check=False), command


def nobody_can_touch_what_is_refused(machine, owned):
    nobody_can(machine, "nft delete table inet " + owned, "nft flush chain inet %s input" % owned, "nft flush set inet %s refused4" % owned)


@pytest.mark.skipif([int(part) for part in os.uname().release.split("-")[0].split(".")[:2]] < [6, 9], reason="before Linux 6.9")
def test_rules_that_nobody_can_remove(daemon):
    machine = daemon.machine
    before, owned, after = with_rules(daemon)
    transactions = Transactions(machine)
    try:
        nobody_can_touch_what_is_refused(machine, owned)
        nobody_can(machine, "nft delete table arp " + after, "nft flush table ip6 " + after, "nft flush set arp %s mortal" % after,
                   "nft flush set ip6 %s kinds" % after, "nft 'add table arp %s { flags dormant; }'" % after)
        # As nftables.service does when it loads its rules.
        machine.run("nft add table inet other; nft flush ruleset")
        wait_for(lambda: len(transactions.seen) == 2, lambda: "the transactions of nft: %s" % transactions.seen)
        assert ruleset(machine) == before
        assert daemon.status()["rules"] == {"restored": 0, "error": None}
    finally:
        transactions.close()
    # When all have died they are for everybody.
    daemon.kill_all()
    assert ruleset(machine) != before and after in machine.run("nft list tables")
    machine.run("nft flush ruleset")
    assert ruleset(machine) == []
    daemon.start(REFUSING)
    wait_for(lambda: ruleset(machine) == before, lambda: machine.run("nft list ruleset"))


def test_rules_that_others_remove(before_linux_6_9):
    daemon, machine = before_linux_6_9, before_linux_6_9.machine
    before, owned, after = with_rules(daemon)

    def count():
        return daemon.status()["rules"]["restored"]

    def comes_back(command):
        again = time.monotonic() + SPACING
        wait_for(lambda: time.monotonic() > again, "the time at which rules are put back at once")
        restored_before, seen = count(), len(transactions.seen)
        machine.run(command)
        wait_for(lambda: ruleset(machine) == before, lambda: "%s: %s\n%s" % (command, machine.run("nft list ruleset"), daemon.read_log()))
        wait_for(lambda: count() > restored_before, "the counter")
        return transactions.gone_for(seen)
    nobody_can_touch_what_is_refused(machine, owned)
    # As nftables.service does when it loads its rules; then the rules of a table, elements, a table.
    assert count() == 0
    transactions = Transactions(machine)
    try:
        for command in ("nft flush ruleset", "nft flush table ip6 " + after, "nft flush set arp %s mortal" % after):
            is_mostly_in_time(lambda: comes_back(command), command)
    finally:
        transactions.close()
    # What is nobody's business of ours is none.
    known = count()
    machine.run("nft add table inet other; nft add chain inet other %s; nft delete table inet other" % owned)
    # Once a second, no more.
    began = time.monotonic()
    while count() - known < 3:
        machine.run("nft delete table arp " + after, check=False)
        assert time.monotonic() - began < 60, daemon.read_log()
    assert time.monotonic() - began > 1.9
    wait_for(lambda: ruleset(machine) == before, lambda: machine.run("nft list ruleset"))
    # Somebody takes the place of a table: that is said, the rest stands, and it is back when the place is free.
    theirs = machine.popen(["nft", "-i"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        theirs.stdin.write("delete table arp %s; add table arp %s { flags owner; }\n" % (after, after))
        theirs.stdin.flush()
        wait_for(lambda: daemon.status()["after_death"] == {"silent": False, "error": "EPERM", "lifetime": 3},
                 lambda: "%s\n%s\n%s" % (daemon.status()["after_death"], machine.run("nft list ruleset"), daemon.read_log()))
        wait_for(lambda: "nftables cannot silence them: EPERM" in daemon.read_log(), daemon.read_log)
        assert are_masters(daemon)
        # Other rules still can be changed.
        daemon.reload(CONFIG)
        wait_for(lambda: "10.0.0.200" not in machine.run("nft list table inet " + owned), daemon.read_log)
        assert daemon.status()["rules"]["error"] is None
    finally:
        theirs.stdin.close()
        theirs.wait()
    wait_for(lambda: daemon.status()["after_death"]["silent"], daemon.read_log)
    daemon.reload(REFUSING)
    wait_for(lambda: ruleset(machine) == before, lambda: machine.run("nft list ruleset"))
    assert are_masters(daemon)
