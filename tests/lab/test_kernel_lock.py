# SPDX-License-Identifier: GPL-2.0-or-later
"""Somebody holds the kernel's lock of all networks, or that of nf_tables: the engine waits for nobody, and what it asked for comes later."""
import os
import subprocess
import sys
import time

import pytest
from lone import Daemon, Machine, instance
from kernel_changes import Transactions
from net import PATIENCE, Capture, wait_for
from network_lock import network_lock
from standstill import Standstill
from upgrades import children, is_waiting

DEVICE = "vrrp.51"
# So long nothing on this machine can change a network, if all goes wrong.
LONGEST = 15
INTERVAL, LATE = 0.03, 0.01  # seconds: of the adverts of W
WITH_DEVICE = (instance(" use_vmac\n")
               + instance("", name="W", vrid=52, address="10.0.0.201").replace("advert_int 0.1", "advert_int %g" % INTERVAL))
LOCK_NF_TABLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "nf_tables_lock.py")
STATIC = "static_routes {\n 10.7.0.0/16 via 10.0.0.9 dev eth0\n}\n"


@pytest.fixture(name="machine")
def fixture_machine():
    machine = Machine("lock")
    yield machine
    machine.close()


@pytest.fixture(name="daemon")
def fixture_daemon(machine, tmp_path):
    daemon = Daemon(machine, str(tmp_path))
    yield daemon
    daemon.stop()


@pytest.fixture(name="capture")
def fixture_capture(machine):
    capture = Capture(machine.far, "eth0")
    yield capture
    capture.close()


def sent(capture):
    """Adverts of the virtual router that needs nothing of the kernel."""
    return [at for at, frame in capture.all() if frame[12:14] == b"\x08\x00" and frame[23] == 112 and frame[35] == 52]


def restored(daemon):
    """When the device was made again, each time."""
    return [record["at"] for one in daemon.instances() for record in one["history"] if record["code"] == "device-restored"]


def vigia(daemon, *arguments):
    return subprocess.Popen(daemon.vigia_command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def adverts_leave_under_the_lock(daemon, capture):
    with network_lock(LONGEST) as lock:
        if lock is None:
            pytest.skip("this kernel has no userfaultfd for us")
        yield
        wait_for(daemon.waits_for_the_kernel, daemon.read_log)
        reached = len(sent(capture))
        wait_for(lambda: len(sent(capture)) >= reached + 10, daemon.read_log)
        assert lock.held, "the lock was let go before the adverts came"


def both_are_masters(daemon):
    return {one["name"]: one["state"] for one in daemon.instances()} == {"V": "MASTER", "W": "MASTER"}


def test_no_advert_waits_for_static_routes(machine, daemon, capture):
    daemon.start(WITH_DEVICE)
    wait_for(lambda: both_are_masters(daemon), daemon.read_log)
    for _ in adverts_leave_under_the_lock(daemon, capture):
        daemon.reload(STATIC + WITH_DEVICE)
    wait_for(lambda: "10.7.0.0/16" in machine.run("ip route"), "the static route")
    for _ in adverts_leave_under_the_lock(daemon, capture):
        daemon.reload(WITH_DEVICE)
    wait_for(lambda: "10.7.0.0/16" not in machine.run("ip route"), "no static route")


def test_no_advert_waits_for_a_device(machine, daemon, capture):
    daemon.start(WITH_DEVICE)
    wait_for(lambda: both_are_masters(daemon), daemon.read_log)
    machine.run("ip link del " + DEVICE)
    wait_for(lambda: len(restored(daemon)) == 1, daemon.read_log)
    # Once more: it is made again a second after the last time, and then somebody has the lock.
    machine.run("ip link del " + DEVICE)
    wait_for(lambda: time.monotonic_ns() > restored(daemon)[0] + 700000000, "the time to come")
    for _ in adverts_leave_under_the_lock(daemon, capture):
        pass
    wait_for(lambda: len(restored(daemon)) == 2 and both_are_masters(daemon), daemon.read_log)
    wait_for(lambda: "10.0.0.200/32" in machine.run("ip addr show dev " + DEVICE, check=False), "the address on the device")


def test_no_advert_waits_for_an_upgrade(machine, daemon, capture):
    """What the old engine has asked the kernel for must be done before it can be replaced: here the addresses of a virtual router that
    nobody has taken over from. Until that is known it is not replaced, so that there is time to take the lock."""
    daemon.start(WITH_DEVICE)
    wait_for(lambda: both_are_masters(daemon), daemon.read_log)
    known = children(daemon.pid("guard"))
    with vigia(daemon, "drain", "V", "--timeout", "4") as drain:
        wait_for(lambda: "told to drain V" in daemon.read_log(), daemon.read_log)
        soon_over = time.monotonic() + 3.5
        with vigia(daemon, "upgrade") as upgrade:
            wait_for(lambda: any(is_waiting(pid) for pid in children(daemon.pid("guard")) - known), daemon.read_log)
            # No longer than it takes, for the whole machine waits for it.
            wait_for(lambda: time.monotonic() > soon_over, "the drain to be nearly over")
            assert drain.poll() is None, "the machine is too slow for the time of the drain"
            for _ in adverts_leave_under_the_lock(daemon, capture):
                drain.wait()
            said, _ = upgrade.communicate(timeout=PATIENCE)
    assert upgrade.returncode == 0, said
    wait_for(lambda: both_are_masters(daemon), daemon.read_log)


def test_no_advert_waits_for_the_silence_to_be_prolonged(machine, daemon, capture):
    """That is done by nf_tables every 20 seconds, and is the only thing that is while nothing happens."""
    transactions = Transactions(machine)
    daemon.start(WITH_DEVICE)
    wait_for(lambda: both_are_masters(daemon), daemon.read_log)

    def prolonged():
        return [at for at, name in transactions.seen if name.startswith("vigiad") and at > began]
    began = time.monotonic()
    locker = machine.popen([sys.executable, LOCK_NF_TABLES])
    try:
        with Standstill() as standstill:
            wait_for(prolonged, daemon.read_log)
            until = time.monotonic() + 2 * INTERVAL
            wait_for(lambda: sent(capture)[-1] > until, "more adverts")
        between = [at for at in sent(capture) if at > began]
    finally:
        locker.terminate()
        locker.wait()
        transactions.close()
    assert standstill.longest_gap(between) < INTERVAL + LATE, (prolonged(), between)
