# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel is changed below a daemon that runs: by hand, by other managers, by links that come, go and change."""
import contextlib
import itertools
import math
import os
import signal
import time

import pytest

from gateways import Gateways
from kernel_changes import Membership, gone_for, hurried, is_in_time, is_member
from lone import Daemon, Machine, block, instance
from net import Capture, Monitor, wait_for

# V on the interface, W on a macvlan over it.
OWN = (block("virtual_ipaddress_excluded", ["2001:db8:a::200/128"])
       + block("virtual_routes", ["10.8.0.0/16 via 10.0.0.9 dev eth0", "2001:db8:8::/64 via fe80::9 dev eth0"])
       + block("virtual_rules", ["from 10.8.0.0/16 table 100 preference 800", "inet6 iif lo table 7 preference 801"]))
CONFIG = """global_defs {
 vrrp_netlink_monitor_rcv_bufs 4608
 vrrp_netlink_monitor_rcv_bufs_force on
}
""" + instance(OWN) + instance(" use_vmac\n", "W", 52, "10.0.0.201")
# The VRRP groups as the kernel lists them.
GROUP4, GROUP6 = "120000E0", "ff020000000000000000000000000012"
# What takes a thing away, and what `ip monitor` says of it; with the device goes its address.
THINGS = [
    ("ip addr del 10.0.0.200/32 dev eth0", "10.0.0.200/32"),
    ("ip -6 addr del 2001:db8:a::200/128 dev eth0", "2001:db8:a::200/128"),
    ("ip addr del 10.0.0.201/32 dev vrrp.52", "10.0.0.201/32"),
    ("ip route del 10.8.0.0/16", "10.8.0.0/16 via"),
    ("ip -6 route del 2001:db8:8::/64", "2001:db8:8::/64 via"),
    ("ip rule del preference 800", "800:\tfrom"),
    ("ip -6 rule del preference 801", "801:\tfrom"),
    ("ip link del vrrp.52", "vrrp.52@"),
]


@contextlib.contextmanager
def started(directory):
    machine = Machine("ours")
    one = Daemon(machine, str(directory))
    one.capture = Capture(machine.far, "eth0")
    one.start(CONFIG)
    wait_for_all(one)
    yield one
    one.stop()
    one.capture.close()
    machine.close()


@pytest.fixture
def daemon(tmp_path):
    with started(tmp_path) as one:
        yield one


def picture(machine):
    return machine.run("ip addr; ip rule; ip -6 rule; ip route; ip -6 route; ip link; cat /proc/net/igmp")


def stands(daemon):
    seen = daemon.machine.run("ip -o addr; ip -o link; ip route; ip -6 route; ip -o rule; ip -6 -o rule")
    return all(what in seen for _, what in THINGS)


def wait_for_all(daemon):
    """Both are Master and have everything, and others hear it."""
    wait_for(lambda: [one["state"] for one in daemon.instances()] == ["MASTER", "MASTER"] and stands(daemon),
             lambda: picture(daemon.machine) + daemon.read_log())
    since = time.monotonic()
    wait_for(lambda: {51, 52} <= {one.vrid for one in daemon.capture.adverts(since=since)}, daemon.read_log)


def restored(daemon):
    return sum(one["counters"]["restored"] for one in daemon.instances())


def take_away(daemon, monitor, command, what):
    """How long it is gone: a device, until its address is back, too."""
    monitor.heard()
    daemon.machine.run(hurried(command))
    wait_for(lambda: stands(daemon),
             lambda: "%s to be undone\n%s%s" % (command, picture(daemon.machine), daemon.read_log()))
    seen = monitor.heard()
    wait_for_all(daemon)
    return gone_for(seen, what, "10.0.0.201/32" if "@" in what else what)


def test_what_others_take_away_is_back_at_once_but_not_for_ever(daemon):
    machine = daemon.machine
    before = restored(daemon)
    monitor = Monitor(machine, "address", "route", "rule", "link")
    try:
        for command, what in THINGS:
            is_in_time(lambda: take_away(daemon, monitor, command, what), command)
    finally:
        monitor.close()
    # The address of the macvlan went with it.
    assert restored(daemon) - before >= len(THINGS)
    # Two managers that disagree do not keep the machine busy: once a second and thing.
    before, began = restored(daemon), time.monotonic()
    while restored(daemon) - before < 3:
        machine.run("ip addr del 10.0.0.200/32 dev eth0", check=False)
        assert time.monotonic() - began < 60, daemon.read_log()
    assert time.monotonic() - began > 1.9
    # As others set up an interface: nothing stays that they have not put there.
    machine.run("ip addr flush dev eth0; ip route flush proto 18; ip -6 route flush proto 18; ip rule del preference 800; "
                "ip -6 rule del preference 801; ip addr add 10.0.0.1/24 dev eth0; ip -6 addr add 2001:db8:a::1/64 dev eth0 nodad")
    wait_for_all(daemon)


def test_what_cannot_be_put_back_is_handed_over(daemon):
    """For routes see test_routes.py."""
    machine = daemon.machine

    def states():
        return [one["state"] for one in daemon.instances()]
    # V's IPv6 address and route go, and the kernel takes no others.
    machine.run("sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1")
    wait_for(lambda: states() == ["FAULT", "MASTER"], lambda: str(states()) + daemon.read_log())
    assert "cannot be put back: E" in daemon.instances()[0]["blockers_text"]
    wait_for(lambda: not machine.has_address("10.0.0.200"), lambda: picture(machine))
    machine.run("sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0; ip -6 addr add 2001:db8:a::1/64 dev eth0 nodad")
    # W's device goes, and while nobody can look, somebody else takes its name.
    engine = daemon.pid("engine")
    os.kill(engine, signal.SIGSTOP)
    try:
        machine.run("ip link del vrrp.52 && ip link add vrrp.52 type veth peer name vrrp.far")
    finally:
        os.kill(engine, signal.SIGCONT)
    wait_for(lambda: states()[1] == "FAULT", lambda: str(states()) + daemon.read_log())
    assert daemon.instances()[1]["devices"][0]["error"]
    machine.run("ip link del vrrp.52")
    wait_for_all(daemon)


def no_member_for(daemon, act, there, group):
    """Milliseconds that eth0 is no member though it could be, as the first line says in which these words stand."""
    monitor = Monitor(daemon.machine, "address", "link")
    membership = Membership(daemon.machine, "eth0", group)
    before = restored(daemon)
    try:
        act()
        wait_for(lambda: restored(daemon) > before, lambda: picture(daemon.machine) + daemon.read_log())
        lines = [line for line in monitor.heard() if there in line and "Deleted" not in line]
        return membership.lost_for(lines[0]) if membership.was_seen() else math.inf
    finally:
        membership.close()
        monitor.close()


def test_links_that_change_below_it(daemon):
    machine = daemon.machine

    def cable(index):
        machine.run("ip link del eth0; ip link add eth0 index %d type veth peer name eth0 netns %d; ip link set eth0 up; "
                    "ip addr add 10.0.0.1/24 dev eth0" % (index, machine.far.holder.pid))
        machine.far.run("ip link set eth0 up")
        daemon.capture.close()
        daemon.capture = Capture(machine.far, "eth0")
    # Another index, another MAC; the memberships went with the old one.
    new_indexes = itertools.count(2001)

    def another_cable():
        index = next(new_indexes)
        return no_member_for(daemon, lambda: cable(index), "%d: eth0@" % index, GROUP4)
    is_in_time(another_cable, "the membership in 224.0.0.18")
    wait_for_all(daemon)
    assert is_member(machine.run("cat /proc/net/igmp"), "eth0", GROUP4)
    # A MAC changes: hosts are told.
    since = time.monotonic()
    machine.run("ip link set eth0 address 02:00:00:00:77:01")
    wait_for(lambda: [frame for _, frame in daemon.capture.gratuitous_arps("10.0.0.200", since)
                      if frame[6:12] == bytes.fromhex("020000007701")], daemon.read_log)
    wait_for_all(daemon)
    # Below 1280 the kernel takes IPv6 off the interface, and it is back with an MTU that fits.
    machine.run("ip link set eth0 mtu 1200")
    wait_for(lambda: "2001:db8:a::200" not in machine.run("ip -6 addr show dev eth0"), "IPv6 to go")
    assert [one["state"] for one in daemon.instances()][1] == "MASTER"
    machine.run("ip link set eth0 mtu 1500")
    wait_for_all(daemon)
    # Under another name it is not the one of the configuration, and keeps nothing of ours.
    machine.run("ip link set eth0 down && ip link set eth0 name other && ip link set other up")
    wait_for(lambda: [one["state"] for one in daemon.instances()] == ["FAULT", "FAULT"]
             and not machine.has_address("10.0.0.200", "other"), lambda: picture(machine) + daemon.read_log())
    machine.run("ip link set other down && ip link set other name eth0 && ip link set eth0 up")
    wait_for_all(daemon)


def test_an_mtu_that_takes_a_membership_away(daemon):
    machine = daemon.machine
    daemon.reload(CONFIG + instance("", "X", 53, "fe80::53"))

    def too_small_for_a_moment():
        # IPv6 leaves an interface with so small an MTU, and X waits until its address is there again.
        wait_for(lambda: [one["state"] for one in daemon.instances()] == ["MASTER"] * 3, daemon.read_log)
        machine.run("ip link set eth0 mtu 1200 && ip link set eth0 mtu 1500")
    is_in_time(lambda: no_member_for(daemon, too_small_for_a_moment, "mtu 1500", GROUP6), "the membership in ff02::12")
    assert "the membership in the group ff02::12 was lost, it was joined again on eth0" in daemon.read_log()


# An address of either family is in use, and a route.
EXCLUDED = block("virtual_ipaddress_excluded", ["2001:db8:a::200/128 dev eth0"])
# What the master loses for good, what it says of it, and how it may have it again.
LOSSES = [
    ("ip addr add 10.99.0.1/24 dev eth1 && ip addr del 10.0.0.1/24 dev eth1 && ip route del default",
     "the route to 0.0.0.0/0 cannot be put back: ENETUNREACH",
     "ip addr add 10.0.0.1/24 dev eth1 && ip addr del 10.99.0.1/24 dev eth1"),
    ("sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1", "the address 2001:db8:a::200/128 cannot be put back: E",
     "sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0"),
]


def test_a_peer_takes_over_what_cannot_be_put_back(tmp_path):
    """From a master that gives up with priority 0. For rules see scenarios/148-rule-refused.scenario: no kernel refuses one that it had."""
    network = Gateways(tmp_path)
    gw1, gw2 = network.gw1, network.gw2
    try:
        for gateway in (gw1, gw2):
            gateway.configure(more=EXCLUDED, interval=0.2)
        network.start()
        for command, said, undo in LOSSES:
            since = time.monotonic()
            gw1.namespace.run(command)
            network.wait_for_master(gw2, gw1)
            assert said in gw1.instance()["blockers_text"], gw1.read_log()
            zero, successor = network.capture.adverts(gw1.address, 0, since), network.capture.adverts(gw2.address, 99, since)
            assert zero and zero[0].at < successor[0].at, (zero, successor)
            assert not network.capture.adverts(gw1.address, 100, zero[0].at)
            codes = [record["code"] for record in gw2.instance()["history"]]
            assert codes.count("skew-timer") == 1 + LOSSES.index((command, said, undo)), codes
            gw1.namespace.run(undo)
            network.wait_for_gw1()
    finally:
        network.close()


def test_two_thousand_links_that_flap(daemon):
    """More events than anybody can hold: some are lost, and what they were about is seen all the same."""
    machine = daemon.machine
    pairs = 1000
    machine.run("for i in $(seq %d); do echo link add a$i type veth peer name b$i; done | ip -batch -" % pairs)
    before = len(daemon.read_log().splitlines())
    engine = daemon.pid("engine")
    flap = machine.popen(["sh", "-c", "for s in up down; do for i in $(seq %d); do "
                          "echo link set a$i $s; echo link set b$i $s; done; done | ip -batch -" % pairs])
    # While it cannot listen, things are taken away.
    os.kill(engine, signal.SIGSTOP)
    try:
        machine.run("ip addr del 10.0.0.200/32 dev eth0; ip route del 10.8.0.0/16; ip rule del preference 800")
        assert flap.wait() == 0
    finally:
        os.kill(engine, signal.SIGCONT)
    wait_for_all(daemon)
    sockets = [line.split() for line in machine.run("cat /proc/net/netlink").splitlines()[1:]]
    assert [fields for fields in sockets if int(fields[8]) > 0], "no event was lost: %s" % sockets
    assert daemon.pid("engine") == engine
    # In the same way when it hears all of it.
    machine.run("for s in up down up; do for i in $(seq 2 %d); do echo link set a$i $s; done; done | ip -batch -; "
                "ip addr del 10.0.0.201/32 dev vrrp.52" % pairs)
    wait_for_all(daemon)
    # Nothing was said but of its own.
    assert len(daemon.read_log().splitlines()) - before < 200, daemon.read_log()[-4000:]
