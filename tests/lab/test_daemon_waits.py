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
from gateways import BUILD, instance_text
from net import PATIENCE, wait_for
from standstill import Standstill


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
    assert all(", 0)" in line or ", 0 <unfinished" in line for line in lines if re.match(r"\d+ +p?poll\(", line))


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


FAST = 0.1  # the adverts of VRID 52
PROMPT = 0.01  # none is later
TRIES = 5


def speak_in_time(network, act=lambda: None):
    """So do those of VRID 52 for a second from act() on, but for what the machine itself stood still. Also with a real-time priority
    one may be held up by the kernel now and then: not in all of a few tries."""
    found = []
    for _ in range(TRIES):
        with Standstill() as machine:
            since = time.monotonic()
            act()
            said = wait_for(lambda: len(spoken := [advert.at for advert in network.capture.adverts("192.168.1.1", since=since)
                                                   if advert.vrid == 52]) > 10 and spoken, "ten adverts")
        found.append(machine.longest_gap(said) - FAST)
        if found[-1] < PROMPT:
            return
    pytest.fail("adverts were late: %s\n%s" % (found, network.gw1.read_log()[-2000:]))


def talkers(more="", of_all=""):
    """gw1 speaks every 0.1 s for one of its virtual routers."""
    def text(gateway):
        return of_all + gateway.text(more=more) + instance_text(52, 100, advert_int=FAST, addresses=("192.168.1.201",))
    return text


def both_are_master(network):
    network.gw1.wait_for_state("MASTER")
    wait_for(lambda: set(network.gw1.states().values()) == {"MASTER"}, "both to be master")
    network.gw2.start()
    network.gw2.wait_until_backup()
    network.wait_for_gw1()


def blocking_world(network, tmp_path):
    """gw1, which logs to a console that nobody reads and has scripts that hang. The end of the console, and its log."""
    hang = tmp_path / "hang"
    hang.write_text("#!/bin/sh\ntrap : TERM\nexec sleep 1000\n")
    hang.chmod(0o755)
    script = 'vrrp_script hang {\n script "%s"\n interval 1\n timeout 1000\n init_fail\n weight -1\n}\n' % hang
    network.gw1.configure(talkers("track_script {\n hang\n }\n notify %s" % hang, script)(network.gw1))
    reader, writer = full_pipe()
    log = tmp_path / "log"
    network.gw1.process = network.gw1.namespace.popen(network.gw1.arguments("-n", "-l", "-D", "--log-file=%s" % log), stdout=writer,
                                                      stderr=writer)
    os.close(writer)
    with open(network.gw1.log, "w"):
        pass
    both_are_master(network)
    return reader, log


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


needs_strace = pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")


class Calm:
    """Nothing happens to gw1 from now on, and it has much to do."""

    def __init__(self, network):
        self.network = network
        self.front = network.gw1.pid("front")
        self.turns = self.count()
        self.history = transitions(network.gw1)
        self.since = time.monotonic()

    def count(self):
        return self.network.gw1.status()["lateness"]["histogram"][-1]["turns"]

    def still_holds(self):
        gateway = self.network.gw1
        assert gateway.pid("front") == self.front
        assert gateway.state() == "MASTER" and transitions(gateway) == self.history
        assert self.count() > self.turns + 5
        assert not self.network.capture.adverts("192.168.1.2", since=self.since)


@pytest.mark.skipif(not shutil.which("stress-ng"), reason="stress-ng is not installed")
@needs_strace
def test_nobody_waits_for_a_log_a_script_a_client_or_others_on_its_processor(network, tmp_path):
    gateway = network.gw1
    console, log = blocking_world(network, tmp_path)
    calm = Calm(network)
    crowd = Crowd(gateway, 150, 40)
    try:
        wait_for(lambda: gateway.vigia("reload").returncode == 0, "room for one more client")  # the log is told
        # Under strace it waits at each call for strace to be run.
        with system_calls(gateway, tmp_path / "trace") as calls:
            both_speak(gateway)
            without_a_front(network, calm.front)
        expect_steady(calls)
        speak_in_time(network)
        with busy_processors():
            speak_in_time(network, lambda: both_speak(gateway))
        calm.still_holds()
    finally:
        crowd.close()
    wait_for(lambda: "reloaded " in log.read_text(), log.read_text)
    heard = [drain(console)]

    def is_told():
        gateway.vigia("reload")
        heard.append(drain(console))
        return b"lines were lost here: nobody read them" in b"".join(heard)
    wait_for(is_told, "the console to be told", step=0.2)
    assert gateway.status()["daemon"]["log_lines_lost"] > 0
    os.close(console)
    assert not any(sign in log.read_text() for sign in gateway.alarming)


@pytest.fixture(name="disk")
def fixture_disk(tmp_path):
    disk = Disk(str(tmp_path))
    yield disk
    disk.close()


@needs_strace
def test_nobody_waits_for_a_disk(network, disk, tmp_path):
    if not disk.there:
        pytest.skip("this kernel has no loop device to make a disk of")
    gateway = network.gw1
    gateway.configure(talkers()(gateway))
    gateway.start("--log-file=" + disk.path("log"), before=disk.before)
    both_are_master(network)
    calm = Calm(network)
    disk.freeze()
    try:
        assert gateway.vigia("reload").returncode == 0  # which the log is told
        wait_for(lambda: is_stuck(calm.front), "a thread to wait for the disk")
        with system_calls(gateway, tmp_path / "trace") as calls:
            both_speak(gateway)
        expect_steady(calls)
        speak_in_time(network, lambda: both_speak(gateway))
        assert is_stuck(calm.front)
        calm.still_holds()
    finally:
        disk.thaw()
    # What was said meanwhile is in the file.
    wait_for(lambda: "reloaded " in disk.read("log"), lambda: disk.read("log"))


class NameServer:
    """Hears questions, and never answers."""

    def __init__(self, namespace):
        self.heard = b""
        self.socket = namespace.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 53))
        self.socket.setblocking(False)

    def was_asked(self, label):
        """The first one of a name, as it stands in a question."""
        with contextlib.suppress(BlockingIOError):
            while True:
                self.heard += self.socket.recv(4096)
        return bytes([len(label)]) + label.encode() in self.heard

    def close(self):
        self.socket.close()


NAMES = """
global_defs {
    notification_email {
        root@example.org
    }
    notification_email_from gateway@example.org
    smtp_server mail.vigia.example
    smtp_helo_name gateway.example.org
    script_user root
}
vrrp_script web {
    script "/usr/bin/getent hosts web.vigia.example"
    interval 1
    timeout 1000
    init_fail
    weight -1
}
"""
OWN_RESOLVER = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'


@pytest.mark.skipif(not os.path.exists("/etc/resolv.conf"), reason="there is no /etc/resolv.conf to put another one upon")
@needs_strace
def test_nobody_waits_for_a_name_service(network, tmp_path):
    gateway = network.gw1
    server = NameServer(gateway.namespace)
    network.things.insert(0, server)
    resolver = tmp_path / "resolv.conf"
    resolver.write_text("nameserver 127.0.0.1\noptions timeout:30 attempts:5\n")
    text = talkers("smtp_alert\n track_script {\n web\n }", NAMES)(gateway)
    gateway.configure(text)
    gateway.start(before=["unshare", "--mount", "sh", "-c", OWN_RESOLVER, str(resolver)])
    both_are_master(network)
    wait_for(lambda: server.was_asked("web") and server.was_asked("mail"),
             lambda: "both to ask: %s\n%s" % (server.heard, gateway.read_log()))
    calm = Calm(network)
    with system_calls(gateway, tmp_path / "trace") as calls:
        both_speak(gateway)
    expect_steady(calls)
    # Nor does whoever reads the configuration.
    gateway.configure(text.replace("web.vigia", "other.vigia").replace("mail.vigia", "post.vigia"))
    speak_in_time(network, lambda: gateway.vigia("reload").check_returncode())
    calm.still_holds()


def test_vigia_waits_when_others_wait(tmp_path):
    """Who is turned away, before it could ask or behind that, asks again."""
    path = str(tmp_path / "sock")
    busy = b'{"ok":false,"busy":true,"error":"too many clients at once; try again"}\n'
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        asking = subprocess.Popen([os.path.join(BUILD, "vigia"), "reload", "--control", path], stdout=subprocess.PIPE, text=True)
        for answer in (busy, busy, b'{"ok":true}\n'):
            client, _ = listener.accept()
            with client:
                client.settimeout(PATIENCE)
                if answer != busy:
                    assert client.recv(100) == b'{"command":"reload"}\n'
                client.sendall(answer)
        assert asking.communicate(timeout=PATIENCE)[0] == "reloaded\n" and asking.returncode == 0
