# SPDX-License-Identifier: GPL-2.0-or-later
"""What a daemon whose processes all died left in the kernel is taken over or taken away by the next one, and nothing else is."""
import os
import re
import shutil
import tempfile

import pytest

from lone import Daemon, Machine, block, instance
from net import Monitor, process_state, wait_for
from network_lock import network_lock
from virtual_mac import link

CONFIG = """
static_routes {
 10.16.0.0/16 via 10.0.0.9 metric 7
 %s
}
static_rules {
 from 10.16.0.0/16 table 100 preference 700
 %s
}
static_ipaddress {
 10.5.0.1/24 dev eth0
 %s
}
"""
BEFORE = (CONFIG % ("10.17.0.0/16 via 10.0.0.9", "from 10.17.0.0/16 table 100 preference 701", "10.5.1.1/24 dev eth0")
          + instance(block("virtual_routes", ["10.18.0.0/16 via 10.0.0.9", "10.19.0.0/16 via 10.0.0.9", "6D via fe80::9 dev eth0",
                                              "10.20.0.0/16 nexthop via 10.0.0.8 nexthop via 10.0.0.9"])
                     .replace("6D", "2001:db8:77::/64")
                     + block("virtual_rules", ["from 10.18.0.0/16 table 100 preference 800", "inet6 iif lo table 7 preference 801"]))
          + instance(" use_vmac\n", "W", 52, "10.0.0.201"))
# Another gateway for one of the routes, and it does not become Master for a while.
AFTER = ("global_defs {\n vrrp_startup_delay 5\n}\n" + CONFIG % ("", "", "")
         + instance(block("virtual_routes", ["10.18.0.0/16 via 10.0.0.8"])))
OTHER = (instance(block("virtual_routes", ["10.28.0.0/16 via 10.0.0.9"])
                  + block("virtual_rules", ["from 10.28.0.0/16 table 100 preference 820"]), "X", 61, "10.0.0.210")
         + instance(" use_vmac\n", "Y", 62, "10.0.0.211"))
# Of a keepalived on the same machine, say.
FOREIGN = "ip route add 10.66.0.0/16 via 10.0.0.9 proto 18 && ip rule add from 10.66.0.0/16 table 100 preference 900 protocol 18"
THEIRS = ("10.28.0.0", "10.66.0.0", "10.0.0.210", "10.0.0.211", "vrrp.62")
OURS = ("10.17.0.0", "10.18.0.0", "10.19.0.0", "2001:db8:77::", "10.20.0.0", "iif lo lookup 7", "10.0.0.200", "10.5.1.1")
DEVICE = ("10.0.0.201", "vrrp.52")
STAYS = ("10.16.0.0", "10.5.0.1/24", "from 10.16.0.0")


def picture(machine):
    return machine.run("for f in -4 -6; do ip $f route show table all; ip $f rule; done; ip -o addr; ip -o link")


def stands(machine, things):
    seen = picture(machine)
    return [thing for thing in things if thing in seen]


@pytest.fixture
def daemons():
    """Two on one machine. What outlives them is kept in memory, as in /run where a daemon usually is."""
    machine = Machine("ours")
    directories = [tempfile.mkdtemp(dir="/dev/shm", prefix="vigia-test-") for _ in range(2)]
    made = [Daemon(machine, directory) for directory in directories]
    yield made
    for daemon in made:
        daemon.stop()
    machine.close()
    for directory in directories:
        shutil.rmtree(directory)


def left_files(daemon):
    return [name for name in os.listdir(os.path.dirname(daemon.config)) if ".left-" in name]


def wait_for_masters(daemon):
    wait_for(lambda: {one["state"] for one in daemon.instances()} == {"MASTER"}, daemon.read_log)


def test_all_are_killed_and_the_next_start_takes_away_what_it_does_not_want(daemons):
    ours, other = daemons
    machine = ours.machine
    machine.run(FOREIGN)
    ours.start(BEFORE)
    other.start(OTHER)
    wait_for_masters(ours)
    wait_for_masters(other)
    everything = OURS + DEVICE + STAYS + THEIRS
    wait_for(lambda: stands(machine, everything) == list(everything), lambda: picture(machine))
    assert len(left_files(ours)) == 1
    ours.kill_all()
    assert stands(machine, ("10.18.0.0", "10.19.0.0", "10.17.0.0", "iif lo lookup 7")) != []
    monitor = Monitor(machine, "address", "route", "rule", "link")
    try:
        ours.start(AFTER)
        # Long before anybody is elected, but the kernel takes a while, for the device and when others have its lock.
        wait_for(lambda: stands(machine, OURS + DEVICE) == [], lambda: picture(machine) + ours.read_log())
        seen = monitor.heard()
    finally:
        monitor.close()
    assert [one["state"] for one in ours.instances()] == ["BACKUP"]
    assert len(stands(machine, STAYS + THEIRS)) == len(STAYS + THEIRS), picture(machine)
    # What is theirs, and what goes on, has not been touched.
    assert [line for line in seen if "10.17.0.0" in line and "Deleted" in line], seen
    assert not [line for line in seen if "Deleted" in line and any(thing in line for thing in STAYS + THEIRS)], seen
    assert "route 10.17.0.0/16 was left by a daemon that died" in ours.read_log()
    wait_for_masters(ours)
    assert "10.18.0.0/16 via 10.0.0.8" in picture(machine)
    assert len(left_files(ours)) == 1
    # And when only the engine dies.
    engine = ours.kill("engine")
    wait_for(lambda: ours.pid("engine") not in (0, engine) and ours.instances(), ours.read_log)
    wait_for_masters(ours)
    assert len(stands(machine, STAYS + THEIRS + ("10.18.0.0/16 via 10.0.0.8",))) == len(STAYS + THEIRS) + 1, picture(machine)
    assert len(left_files(ours)) == 1
    ours.stop()
    assert stands(machine, OURS + DEVICE + STAYS) == []
    assert left_files(ours) == []
    assert len(stands(machine, THEIRS)) == len(THEIRS)


def alias(machine, device):
    return link(machine, device).get("ifalias", "")


DEVICES = ("vrrp.71", "vrrp.72")
# Nobody becomes Master: there is nothing to be done but to make devices, and to delete them.
CALM = "global_defs {\n vrrp_startup_delay 60\n}\n" + instance("")
WITH_DEVICES = CALM + "".join(instance(" use_vmac\n", "D%d" % vrid, vrid, "10.0.0.%d" % (100 + vrid)) for vrid in (71, 72))


@pytest.fixture(name="with_devices")
def fixture_with_devices(daemons):
    ours, other = daemons
    machine = ours.machine
    other.start(OTHER)
    ours.start(WITH_DEVICES)
    wait_for(lambda: picture(machine).count("; of daemon ") == 3, lambda: picture(machine))
    return ours, machine


@pytest.mark.parametrize("then", [CALM, WITH_DEVICES], ids=["nobody wants them", "wanted"])
def test_all_are_killed_while_devices_are_being_deleted(with_devices, then):
    """Somebody else has the kernel's lock meanwhile: nobody claims them any more, and they stand."""
    ours, machine = with_devices
    with network_lock(15) as lock:
        if lock is None:
            pytest.skip("this kernel has no userfaultfd for us")
        ours.reload(CALM)
        wait_for(ours.waits_for_the_kernel, ours.read_log)
        engine = ours.pid("engine")
        ours.kill_all()
        assert lock.held, "the lock was let go before all were killed"
    wait_for(lambda: process_state(engine) in ("Z", None), "the engine to be gone")
    assert stands(machine, DEVICES) != []
    ours.start(then)
    if then == CALM:
        wait_for(lambda: stands(machine, DEVICES) == [], lambda: picture(machine) + ours.read_log())
    else:
        wait_for(lambda: stands(machine, DEVICES) == [*DEVICES], lambda: picture(machine) + ours.read_log())
        wait_for(lambda: {link(machine, device)["group"] for device in DEVICES} == {"default"}, lambda: picture(machine))
    assert stands(machine, ("vrrp.62",)) == ["vrrp.62"]


@pytest.mark.parametrize("then", [CALM, WITH_DEVICES], ids=["nobody wants it", "wanted"])
def test_all_are_killed_before_a_device_has_its_alias(with_devices, then):
    """By its group it is known until then."""
    ours, machine = with_devices
    maker = re.search("; of daemon ([0-9a-f]{6});", alias(machine, "vrrp.72")).group(1)
    ours.kill_all()
    machine.run("ip link del vrrp.72; ip link add vrrp.72 link eth0 group 0x77%s address 00:00:5e:00:01:48 type macvlan mode private" % maker)
    # Of somebody else.
    machine.run("ip link add vrrp.73 link eth0 group 0x77%06x type macvlan mode private" % (int(maker, 16) ^ 1))
    ours.start(then)
    if then == CALM:
        wait_for(lambda: stands(machine, DEVICES) == [], lambda: picture(machine) + ours.read_log())
    else:
        wait_for(lambda: maker in alias(machine, "vrrp.72"), lambda: picture(machine))
        assert link(machine, "vrrp.72")["group"] == "default"
    assert stands(machine, ("vrrp.62", "vrrp.73")) == ["vrrp.62", "vrrp.73"]
