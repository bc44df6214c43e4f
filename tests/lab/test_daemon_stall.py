# SPDX-License-Identifier: GPL-2.0-or-later
"""An engine that stood still for longer than the protocol allows acts on nothing that it believed before."""
import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import time

import pytest

from disk import Disk
from gateways import INTERVAL, instance_text
from net import wait_for

DOWN = 4 * INTERVAL  # more than Master_Down_Interval of either gateway
SHORT, LONGER, LONG = 0.2 * INTERVAL, 2 * INTERVAL, 20 * INTERVAL


def freeze(gateway):
    return gateway.kill("engine", signal.SIGSTOP)


def thaw(engine):
    now = time.monotonic()
    os.kill(engine, signal.SIGCONT)
    return now


def turns_within(lateness, limit):
    return next(entry["turns"] for entry in lateness["histogram"] if entry["at_most"] == limit)


def codes(gateway):
    """What happened to the virtual router, oldest first."""
    return [entry["code"] for entry in gateway.instance()["history"] if "code" in entry]


def transitions(gateway):
    return [entry for entry in gateway.instance()["history"] if entry["from"] != entry["to"]]


# covers: TMR-10
def test_a_frozen_master_listens_before_it_speaks(network):
    network.start()
    engines = []

    def adverts(source, since, count):
        return wait_for(lambda: network.capture.adverts(source, since=since)[count - 1:], "adverts of " + source)[0].at

    def freeze_it():
        since = time.monotonic()
        engines.append(freeze(network.gw1))
        time.sleep(LONG)
        adverts("192.168.1.2", since, 5)  # they wait in its socket

    def thaw_it():
        thawed = thaw(engines[-1])
        network.wait_for_gw1()
        spoke = adverts("192.168.1.1", thawed, 1)
        # It heard gw2 by adverts that waited, let go, and took over as a backup with the better priority does.
        assert spoke - thawed > 0.9 * INTERVAL
        quiet = adverts("192.168.1.1", spoke, 2)
        assert not network.capture.adverts("192.168.1.2", since=quiet)
    traffic = network.traffic()
    freeze_it()
    traffic.flows()
    traffic.survives(thaw_it, undo=freeze_it)
    assert "stalled" in codes(network.gw1)


def test_a_frozen_master_that_is_alone_keeps_its_addresses(network):
    network.gw1.start()
    network.gw1.wait_for_state("MASTER")
    wait_for(network.gw1.holds, "gw1 to hold everything")
    traffic = network.traffic()
    first = traffic.sent
    engine = freeze(network.gw1)
    time.sleep(1.5 * DOWN)
    thawed = thaw(engine)
    wait_for(lambda: network.capture.adverts("192.168.1.1", 100, thawed), "gw1 to go on")
    network.gw1.wait_for_state("MASTER")
    wait_for(lambda: "stall-over" in codes(network.gw1), "a record of it")
    assert network.capture.gratuitous_arps("192.168.1.200", thawed)
    lateness = network.gw1.status()["lateness"]
    assert lateness["longest"] > 1.5 * DOWN - INTERVAL and lateness["last_stall"]["late"] > lateness["stall_limit"]
    assert lateness["stalls"] == lateness["histogram"][-1]["turns"] - turns_within(lateness, lateness["stall_limit"])
    assert "the engine stood still" in network.gw1.read_log()
    assert traffic.lost_since(first) == []


def test_a_frozen_backup_takes_nothing_over(network):
    network.start()
    engine = freeze(network.gw2)
    time.sleep(2 * DOWN)
    thawed = thaw(engine)
    before = network.gw2.instance()["counters"]["adverts_received"]
    wait_for(lambda: network.gw2.instance()["counters"]["adverts_received"] > before + 5, "gw2 to go on listening")
    assert not network.capture.adverts("192.168.1.2", since=thawed)
    assert network.gw2.state() == "BACKUP"
    assert network.gw2.status()["lateness"]["longest"] > DOWN
    nothing_comes_of_a_short_stall(network)


def nothing_comes_of_a_short_stall(network):
    """Of a master. A machine that stands still as well makes it longer: then once more."""
    for _ in range(5):
        before = transitions(network.gw1), transitions(network.gw2)
        since = time.monotonic()
        for length in (SHORT, LONGER):
            engine = freeze(network.gw1)
            time.sleep(length)
            thawed = thaw(engine)
            wait_for(lambda thawed=thawed: len(network.capture.adverts("192.168.1.1", since=thawed)) >= 2, "gw1 to go on")
        if (transitions(network.gw1), transitions(network.gw2)) == before:
            assert not network.capture.adverts("192.168.1.2", since=since)
            assert network.gw1.status()["lateness"]["longest"] > LONGER - INTERVAL
            return
        network.wait_for_gw1()
    pytest.fail("each time somebody noticed\n" + network.gw2.read_log())


# What an engine calls that has nothing to do but VRRP and to answer who asks for its status. None of these waits for anything but
# the next event; none opens, connects, or touches a disk.
STEADY = {"epoll_wait", "epoll_pwait", "recvmmsg", "recvmsg", "recvfrom", "sendmmsg", "sendmsg", "sendto", "read", "timerfd_settime",
          "poll", "ppoll", "clock_gettime", "restart_syscall",
          "getsockopt",  # how many packets were lost
          "futex"}  # the thread that waits for the kernel is woken


@contextlib.contextmanager
def system_calls(gateway, path):
    """Those of the engine's own thread meanwhile are in the list that it yields, as strace writes them; its workers are there to
    wait."""
    engine = gateway.pid("engine")
    strace = subprocess.Popen(["strace", "-f", "-o", path, "-p", str(engine)], stderr=subprocess.PIPE, text=True)
    lines = []
    try:
        assert "attached" in strace.stderr.readline()
        yield lines
    finally:
        strace.terminate()
        strace.wait()
        lines += [line for line in path.read_text().splitlines() if line.startswith("%d " % engine)]


def expect_steady(lines):
    # The engine's thread is the one that waits for events; what others do beside it holds nobody up.
    own = {line.split()[0] for line in lines if "epoll_" in line}
    lines = [line for line in lines if line.split()[0] in own]
    calls = {found.group(1) for found in (re.match(r"\d+ +(?:<\.\.\. )?(\w+)", line) for line in lines) if found}
    assert "sendmmsg" in calls and calls & {"epoll_wait", "epoll_pwait"}
    assert calls <= STEADY, [line for line in lines if not any(call in line for call in STEADY)]
    # What it waits for is a lock that nobody keeps for longer than it takes to put something into a list.
    assert all("_WAKE" in line or "LOCK_PI" in line for line in lines if re.match(r"\d+ +futex\(", line))
    # It looks whether there is room, and does not wait for it.
    assert all(", 0)" in line for line in lines if re.match(r"\d+ +p?poll\(", line))


def full_pipe():
    """(reader, writer) of a pipe that takes nothing more."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writer, bytes(4096))
    os.set_blocking(writer, True)
    return reader, writer


def drain(reader):
    os.set_blocking(reader, False)
    with contextlib.suppress(BlockingIOError):
        return os.read(reader, 1 << 20)
    return b""


class Crowd:
    """Clients of the control socket: some say nothing, others ask again and again and read no answer."""

    def __init__(self, gateway, silent, asking):
        self.clients = []
        for number in range(silent + asking):
            client = socket.socket(socket.AF_UNIX)
            client.connect(gateway.control)
            self.clients.append(client)
            if number >= silent:
                with contextlib.suppress(OSError):  # it had to make room
                    client.sendall(b'{"command":"status"}\n' * 500)

    def close(self):
        for client in self.clients:
            client.close()


@contextlib.contextmanager
def busy_processors():
    stress = subprocess.Popen(["stress-ng", "--quiet", "--cpu", str(os.cpu_count()), "--timeout", "120"], start_new_session=True)
    try:
        yield
    finally:
        os.killpg(stress.pid, signal.SIGKILL)
        stress.wait()


def is_stuck(pid):
    """Whether a thread of it waits for a disk."""
    for thread in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/stat" % (pid, thread)) as file:
            if file.read().rsplit(")", 1)[1].split()[0] == "D":
                return True
    return False


def blocking_world(network, disk, tmp_path):
    """gw1, which logs onto the disk and to a console that nobody reads, has scripts that hang, and speaks every 0.1 s for one of
    its virtual routers. The end of the console."""
    hang = tmp_path / "hang"
    hang.write_text("#!/bin/sh\ntrap : TERM\nexec sleep 1000\n")
    hang.chmod(0o755)
    script = 'vrrp_script hang {\n script "%s"\n interval 1\n timeout 1000\n init_fail\n weight -1\n}\n' % hang
    network.gw1.configure(script + network.gw1.text(more="track_script {\n hang\n }\n notify %s" % hang) +
                          instance_text(52, 100, advert_int=0.1, addresses=("192.168.1.201",)))
    reader, writer = full_pipe()
    log = disk.path("log") if disk.there else str(tmp_path / "log")
    arguments = network.gw1.arguments("-n", "-l", "-D", "--log-file=" + log)
    network.gw1.process = network.gw1.namespace.popen([*(disk.before if disk.there else ()), *arguments], stdout=writer, stderr=writer)
    os.close(writer)
    with open(network.gw1.log, "w"):
        pass
    network.gw1.wait_for_state("MASTER")
    wait_for(lambda: set(network.gw1.states().values()) == {"MASTER"}, "both to be master")
    network.gw2.start()
    network.gw2.wait_until_backup()
    network.wait_for_gw1()
    return reader


def both_speak(gateway):
    """And say so, whatever the other clients do."""
    def sent():
        return {one["name"]: one["counters"]["adverts_sent"] for one in gateway.instances()}
    before = sent()
    wait_for(lambda: all(count > before[name] + 3 for name, count in sent().items()), "adverts of all")


def without_a_front(network, front):
    os.kill(front, signal.SIGSTOP)
    stopped = time.monotonic()
    wait_for(lambda: len(network.capture.adverts("192.168.1.1", since=stopped)) > 10, "adverts while nobody reads what the engine says")
    os.kill(front, signal.SIGCONT)


@pytest.fixture(name="disk")
def fixture_disk(tmp_path):
    disk = Disk(str(tmp_path))
    yield disk
    disk.close()


@pytest.mark.skipif(not shutil.which("strace") or not shutil.which("stress-ng"), reason="strace or stress-ng is not installed")
def test_nobody_waits_for_a_disk_a_log_a_script_or_a_client(network, disk, tmp_path):
    gateway = network.gw1
    console = blocking_world(network, disk, tmp_path)
    front = gateway.pid("front")
    before = gateway.status()["lateness"]["histogram"][-1]["turns"]
    history, since = transitions(gateway), time.monotonic()
    crowd = Crowd(gateway, 150, 40)
    if disk.there:
        disk.freeze()
    try:
        assert gateway.vigia("reload").returncode == 0  # which the log is told
        if disk.there:
            wait_for(lambda: is_stuck(front), "a thread to wait for the disk")
        # Under strace it waits at each call for strace to be run.
        with system_calls(gateway, tmp_path / "trace") as calls:
            both_speak(gateway)
            without_a_front(network, front)
        expect_steady(calls)
        with busy_processors():
            both_speak(gateway)
        assert not disk.there or is_stuck(front)
        assert gateway.pid("front") == front
        assert gateway.state() == "MASTER" and transitions(gateway) == history
        assert gateway.status()["lateness"]["histogram"][-1]["turns"] > before + 5
        assert not network.capture.adverts("192.168.1.2", since=since)
    finally:
        crowd.close()
        if disk.there:
            disk.thaw()
    # What was said meanwhile is in the file, and the console learns how much it has missed.
    read_log = lambda: disk.read("log") if disk.there else (tmp_path / "log").read_text()
    wait_for(lambda: "reloaded " in read_log(), read_log)
    heard = [drain(console)]

    def is_told():
        gateway.vigia("reload")
        heard.append(drain(console))
        return b"lines were lost here: nobody read them" in b"".join(heard)
    wait_for(is_told, "the console to be told", step=0.2)
    assert gateway.status()["daemon"]["log_lines_lost"] > 0
    os.close(console)
    assert not any(sign in read_log() for sign in gateway.alarming)
