# SPDX-License-Identifier: GPL-2.0-or-later
"""Nobody waits for a disk, a log, a script, a name service or a client: neither the engine, nor who asks it."""
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
from gateways import instance_text
from net import wait_for

def transitions(gateway):
    return [entry for entry in gateway.instance()["history"] if entry["from"] != entry["to"]]


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
