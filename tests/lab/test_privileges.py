# SPDX-License-Identifier: GPL-2.0-or-later
"""What each process may still do, from its start and after its death: doc/security.md."""
import contextlib
import errno
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading

import pytest

import injection
from gateways import BUILD, SOURCE, instance_text
from net import PATIENCE, send_frame, wait_for
from questions import hardware_address, router_advertisement

CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_KILL, CAP_SETGID, CAP_SETUID, CAP_NET_ADMIN, CAP_NET_RAW = 0, 1, 2, 5, 6, 7, 12, 13
NETWORK = {CAP_NET_ADMIN, CAP_NET_RAW}
# What each may do; what it, and whatever it executes, could at most get; None: all that vigiad was started with.
HOLDS = {"guard": (NETWORK, NETWORK), "engine": (NETWORK, set()), "front": (set(), set()), "clerk": ({CAP_DAC_READ_SEARCH}, set()),
         "runner": ({CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_KILL, CAP_SETGID, CAP_SETUID, CAP_NET_ADMIN}, None), "starter": (set(), None)}


def status_of(pid):
    with open("/proc/%d/status" % pid) as file:
        return {key: value.strip() for key, value in (line.split(":", 1) for line in file if ":" in line)}


def capabilities(mask):
    return {bit for bit in range(64) if int(mask, 16) >> bit & 1}


def process(gateway, which):
    """Its number. The clerk is the front's child."""
    return next(iter(children(gateway.pid("front")))) if which == "clerk" else gateway.pid(which)


def held(gateway, which):
    """Permitted capabilities, and the bounding set. Those in effect are the same as the permitted ones; none is handed on. Who may
    not get back what it has given up, gets nothing new by exec either."""
    status = status_of(process(gateway, which))
    assert status["CapEff"] == status["CapPrm"]
    assert capabilities(status["CapInh"]) == capabilities(status["CapAmb"]) == set()
    bounding = capabilities(status["CapBnd"])
    unbound = bounding == capabilities(status_of(os.getpid())["CapBnd"])
    assert status["NoNewPrivs"] == "%d" % (not unbound)
    return capabilities(status["CapPrm"]), None if unbound else bounding


def holds(gateway, which):
    try:
        return held(gateway, which) == HOLDS[which]
    except (AssertionError, OSError, TypeError, StopIteration):
        return False  # it is about to begin


def check_all(gateway):
    for which in HOLDS:
        wait_for(lambda which=which: holds(gateway, which), lambda which=which: "the %s to hold what it should, not %s" % (
            which, held(gateway, which)))
    check_users(gateway)


def users(gateway, which):
    """Real, effective, saved and that of files."""
    return [int(user) for user in status_of(process(gateway, which))["Uid"].split()]


def check_users(gateway):
    """Who hears strangers owns no file of root's. And signals go from the starter to them, and from none to another one. All but
    these are root, who may signal the starter."""
    if "ASAN_OPTIONS" in os.environ:  # where all stay who they are
        return
    real, effective, saved, _ = users(gateway, "starter")
    assert effective == saved == 0
    for which in ("guard", "clerk", "runner"):
        if which != "runner" or gateway.pid(which):
            assert users(gateway, which) == [0] * 4, which
    assert status_of(process(gateway, "clerk"))["Seccomp"] == "2"
    for which in ("engine", "front"):
        own, now, kept, files = users(gateway, which)
        assert own == now == files != 0 and kept == real not in (own, 0), which
        status = status_of(gateway.pid(which))
        assert status["Groups"] == "" and "0" not in status["Gid"].split(), which
        said = gateway.status()["confinement"][which]
        assert said == {"user": own, "filtered": True} and status["Seccomp"] == "2", which
    assert users(gateway, "engine")[0] != users(gateway, "front")[0]


def wait_for_new(gateway, which, old):
    wait_for(lambda: gateway.pid(which) not in (None, old) and gateway.status()
             and gateway.status()["daemon"].get(which, "running") == "running", "a new " + which)


@pytest.fixture(name="gateway")
def fixture_gateway(network, tmp_path):
    """With commands to run: as root, for want of another user, each writes what it is allowed."""
    gateway = network.gw1
    gateway.configure("""
global_defs {
    script_user root
}
vrrp_script chk {
    script "/bin/sh -c 'grep -E ^Cap /proc/self/status > %(own)s.new && mv %(own)s.new %(own)s; exec sleep 1000'"
    interval 1
    timeout 1000
    init_fail
    weight -1
}
""" % {"own": tmp_path / "own"} + gateway.text(more="track_script {\n chk\n }"))
    gateway.own = tmp_path / "own"
    gateway.start()
    gateway.wait_for_state("MASTER")
    return gateway


def children(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid)) as file:
        return [int(child) for child in file.read().split()]


# covers: SEC-08
def test_each_holds_what_it_needs_also_when_it_is_started_again(gateway):
    check_all(gateway)
    wait_for(gateway.own.exists, "the script to say what it may do")
    # What the configuration runs as root is root, whatever its parents have given up.
    ours = capabilities(status_of(os.getpid())["CapBnd"])
    script = dict(line.split(":\t") for line in gateway.own.read_text().splitlines())
    assert capabilities(script["CapEff"]) == ours and capabilities(script["CapAmb"]) == set()
    (hanging,) = children(gateway.pid("runner"))
    for which in ("runner", "front", "engine"):
        wait_for_new(gateway, which, gateway.kill(which))
        check_all(gateway)
    # Nothing goes on of what the dead runner had started, root's or not.
    wait_for(lambda: not os.path.exists("/proc/%d" % hanging), "the script of the runner that was killed to end",
             timeout=PATIENCE)
    assert gateway.stop() == 0
    assert gateway.holds_nothing()


def upgrade(gateway):
    starter, log = gateway.pid("starter"), len(gateway.read_log())
    assert gateway.vigia("upgrade").returncode == 0
    wait_for(lambda: "upgraded: vigiad" in gateway.read_log()[log:] and gateway.pid("starter") not in (None, starter),
             lambda: "a new guard, and a starter of its own\n" + gateway.read_log())
    wait_for(lambda: not os.path.exists("/proc/%d" % starter), "the old starter to be gone")


def test_an_upgrade_gives_nothing_back(gateway):
    """The guard becomes the new program by exec, and its starter is another one, which is of use: twice, for the second one is
    started by the first one's successor."""
    for _ in range(2):
        upgrade(gateway)
        wait_for(lambda: gateway.pid("runner"), "a runner")
        check_all(gateway)
    for which in ("engine", "front"):
        wait_for_new(gateway, which, gateway.kill(which))
        check_all(gateway)
    assert len(children(gateway.pid("guard"))) == 4  # none of those that ended is left
    assert gateway.stop() == 0
    assert gateway.holds_nothing()


@pytest.mark.skipif(not injection.POSSIBLE, reason="calls are made for another process on x86-64 only")
def test_a_guard_that_was_taken_over_executes_with_no_more_than_it_has(network, tmp_path):
    gateway = network.gw1.start()
    gateway.wait_for_state("MASTER")
    own, attack = tmp_path / "own", tmp_path / "attack"
    attack.write_text("#!/bin/sh\ngrep ^Cap /proc/self/status > %s.new\nmv %s.new %s\n" % (own, own, own))
    attack.chmod(0o755)
    guard, execve = gateway.pid("guard"), 59
    injection.inject(guard, execve, injection.put(guard, str(attack).encode() + b"\0"), 0, 0)
    wait_for(own.exists, "what was executed to say what it may do")
    said = said_by(own)
    for which in ("CapPrm", "CapEff", "CapBnd"):
        assert capabilities(said[which]) == NETWORK, which
    gateway.process.wait(timeout=PATIENCE)
    wait_for(gateway.holds_nothing, "the engine, whose parent is gone, to take away what it had")


def test_without_its_starter_it_goes_on_until_something_must_be_started(network):
    gateway = network.gw1.start()
    gateway.wait_for_state("MASTER")
    engine = gateway.pid("engine")
    gateway.kill("starter")
    wait_for(lambda: "the starter died: all that runs goes on" in gateway.read_log(), "a word about it")
    refused = gateway.vigia("upgrade")
    assert refused.returncode == 1 and "it takes a restart" in refused.stderr, refused.stderr
    gateway.configure(gateway.text(priority=121))
    assert gateway.vigia("reload").returncode == 0
    wait_for(lambda: gateway.instance()["priority"]["configured"] == 121, "a reload")
    assert gateway.pid("engine") == engine and gateway.state() == "MASTER"
    gateway.kill("front")
    assert gateway.process.wait(timeout=PATIENCE) == 1
    assert "the front cannot be started without a starter: vigiad hands over and ends" in gateway.read_log()
    assert gateway.holds_nothing()


@pytest.mark.skipif(not injection.POSSIBLE, reason="calls are made for another process on x86-64 only")
def test_a_forbidden_call_ends_the_process_and_nothing_else(network):
    network.start()
    gateway, traffic = network.gw1, network.traffic()
    gateway.alarming.remove("which its filter forbids")
    execve, ptrace, mmap = 59, 101, 9
    for which, call, arguments in (("front", ptrace, ()), ("engine", execve, ()), ("engine", mmap, (0, 4096, 5, 0x22, -1, 0))):
        if is_sanitized() and call != execve:  # which finding leaks takes
            continue
        old = gateway.pid(which)
        injection.inject(old, call, *arguments)
        wait_for(lambda: "the %s died: it asked for system call %d, which its filter forbids: signal %d"
                 % (which, call, signal.SIGSYS) in gateway.read_log(), lambda: "a word about it\n" + gateway.read_log())
        wait_for_new(gateway, which, old)
        network.wait_for_gw1()
        assert status_of(gateway.pid(which))["Seccomp"] == "2"
    traffic.flows()


@pytest.mark.skipif(not injection.POSSIBLE, reason="calls are made for another process on x86-64 only")
def test_a_front_makes_no_configuration(network):
    """One that was taken over, and offers the guard a configuration as its clerk does; then wants it to be in force."""
    if is_sanitized():
        pytest.skip("its processes become nobody else")
    gateway = network.gw1.start()
    gateway.wait_for_state("MASTER")
    front = gateway.pid("front")
    with open("/proc/%d/cmdline" % front) as file:
        words = file.read().split("\0")
    to_guard, sendto = int(words[words.index("--guard-fd") + 1]), 44
    loaded = gateway.status()["daemon"]["config_loaded"]
    for what, body in (("MESSAGE_OFFER", b""), ("MESSAGE_CONFIG", b""), ("MESSAGE_IN_FORCE", b"\1"), ("MESSAGE_HAND_OVER", b"\1")):
        message = struct.pack("HHI", 1, message_types()[what], len(body)) + body
        assert injection.inject_between(front, sendto, to_guard, injection.put(front, message), len(message), 0, 0, 0) == len(message)
    wait_for(lambda: "the front offered a configuration of its own, which is not taken" in gateway.read_log(),
             lambda: "the guard to refuse it\n" + gateway.read_log())
    # What the clerk reads is taken, of a file that root alone may read.
    os.chmod(gateway.config, 0o600)
    for which in ("front", "engine"):
        for path, flags in ((gateway.config, os.O_RDONLY), ("/etc/vigia-of-a-test", os.O_WRONLY | os.O_CREAT)):
            name = injection.put(gateway.pid(which), path.encode() + b"\0")
            opened = injection.inject_between(gateway.pid(which), 257, -100, name, flags, 0o600)
            assert opened == -errno.EACCES, (which, path)
    gateway.configure(gateway.text(priority=121))
    assert gateway.vigia("reload").returncode == 0
    assert gateway.pid("front") == front
    wait_for(lambda: gateway.status()["daemon"]["config_loaded"] > loaded and gateway.instance()["priority"]["configured"] == 121,
             "the new one to be in force")


def is_sanitized():
    with open(os.path.join(BUILD, "vigiad-vrrp"), "rb") as program:
        return b"__asan_init" in program.read()


def ask(gateway, user, group, groups, *arguments):
    return subprocess.run([os.path.join(BUILD, "vigia"), *arguments, "--control", gateway.control], text=True, check=False,
                          user=user, group=group, extra_groups=groups, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


@pytest.fixture(name="open_directory")
def fixture_open_directory():
    """That anybody can enter. Pytest closes its own to all but root whenever it starts, another test's, too."""
    path = tempfile.mkdtemp(prefix="vigia-test-")
    os.chmod(path, 0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)  # what ends takes its files away at the same time


def test_a_group_reads_and_root_changes(open_directory, network):
    reader, group, other = 64123, 64124, 64125  # numbers that are nobody's
    network.gw1.control = os.path.join(open_directory, "sock")
    gateway = network.gw1.start("--control-group", str(group))
    gateway.wait_for_state("MASTER")
    status = os.stat(gateway.control)
    assert (status.st_mode & 0o777, status.st_uid, status.st_gid) == (0o660, 0, group)
    for own, more in ((group, []), (other, [other, group])):
        asked = ask(gateway, reader, own, more, "status")
        assert asked.returncode == 0 and "MASTER" in asked.stdout, asked.stdout
        asked = ask(gateway, reader, own, more, "reload")
        assert asked.returncode != 0 and "only root may change anything" in asked.stdout, asked.stdout
    asked = ask(gateway, reader, other, [], "status")
    assert asked.returncode != 0 and "only root and the group of this socket" in asked.stdout, asked.stdout
    assert gateway.vigia("reload").returncode == 0


class Listener:
    """What systemd does for vigiad-runner.socket: a runner for each connection, outside of whatever the daemon is confined to."""

    def __init__(self, path):
        self.path, self.runners = str(path), []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.bind(self.path)
        self.socket.listen()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.socket.accept()
                with connection:
                    self.runners.append(subprocess.Popen([os.path.join(BUILD, "vigiad-runner"), "--connection"], stdin=connection,
                                                         start_new_session=True))

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()
        for runner in self.runners:
            runner.kill()
            runner.wait()


@pytest.fixture(name="listener")
def fixture_listener(tmp_path):
    listener = Listener(tmp_path / "runner.sock")
    yield listener
    listener.close()


# What is ours in vigiad.service, as far as it can be had without systemd: few capabilities, /proc/sys read-only.
CONFINED = ["unshare", "-m", "sh", "-c", "mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys && "
            "exec setpriv --bounding-set=-all,+net_admin,+net_raw,+setuid,+setgid,+setpcap \"$@\"", "sh"]


def said_by(path):
    return dict(line.split(":\t") for line in path.read_text().splitlines())


def test_scripts_run_outside_of_what_the_daemon_is_confined_to(network, listener, tmp_path):
    own = tmp_path / "own"
    gateway = network.gw1
    gateway.configure("global_defs {\n script_user root\n}\n" + gateway.text(more="notify_master %s" % (tmp_path / "tell")))
    tell = tmp_path / "tell"
    tell.write_text("#!/bin/sh\n{ grep ^Cap /proc/self/status; printf 'Net:\\t'; stat -Lc %%i /proc/self/ns/net; } > %s.new\n"
                    "mv %s.new %s\n" % (own, own, own))
    tell.chmod(0o755)
    gateway.start("--runner-socket", listener.path, before=CONFINED)
    gateway.wait_for_state("MASTER")
    wait_for(own.exists, lambda: "the script\n" + gateway.read_log())
    said = said_by(own)
    assert capabilities(said["CapEff"]) == capabilities(status_of(os.getpid())["CapBnd"])
    assert said["Net"] == str(os.stat("/proc/%d/ns/net" % gateway.pid("engine")).st_ino)
    guard = gateway.process.pid
    assert capabilities(status_of(guard)["CapBnd"]) == capabilities(status_of(guard)["CapPrm"]) == NETWORK
    assert gateway.status()["daemon"]["runner"] == "running"
    # Each is started again: a runner by who started the first one.
    own.unlink()
    listener.runners[0].kill()
    wait_for(own.exists, lambda: "a new runner, which tells once more\n" + gateway.read_log())
    assert len(listener.runners) == 2
    for which in ("front", "engine"):
        wait_for_new(gateway, which, gateway.kill(which))
    gateway.wait_for_state("MASTER")
    assert capabilities(status_of(gateway.pid("engine"))["CapPrm"]) == NETWORK
    assert gateway.stop() == 0
    assert listener.runners[1].wait(timeout=PATIENCE) == 0
    assert gateway.holds_nothing()


def test_where_no_bounding_set_can_be_changed(network):
    """A container without CAP_SETPCAP: without new privileges, exec gives nothing back all the same. Also after an upgrade."""
    gateway = network.gw1
    rights = NETWORK | {CAP_SETUID, CAP_SETGID}
    gateway.start(before=["setpriv", "--bounding-set=-all,+net_admin,+net_raw,+setuid,+setgid"])
    gateway.wait_for_state("MASTER")
    for after_upgrade in (False, True):
        if after_upgrade:
            upgrade(gateway)
        status = status_of(gateway.pid("guard"))
        assert capabilities(status["CapPrm"]) == capabilities(status["CapEff"]) == NETWORK
        assert capabilities(status["CapBnd"]) == rights and status["NoNewPrivs"] == "1"
        check_users(gateway)
    wait_for_new(gateway, "engine", gateway.kill("engine"))
    gateway.wait_for_state("MASTER")
    assert gateway.stop() == 0


VIRTUAL_MACS = instance_text(51, 100, more="use_vmac") + instance_text(
    52, 100, more="use_vmac", addresses=("fe80::5:52", "fd00:5::52/64"))


def advertise(network, gateway, prefix):
    """Until a macvlan that nobody has prepared has an address of it."""
    send_frame(network.client, "eth0", router_advertisement(hardware_address(network.client), prefix + "::"))
    wait_for(lambda: prefix in gateway.namespace.run("ip -6 addr show dev witness"), "an address of " + prefix)


def test_virtual_macs_where_no_setting_can_be_written(network):
    """IPv4's go by netlink, and router advertisements, which would put both routers' virtual MAC into addresses, are filtered."""
    gateway = network.gw1
    gateway.configure(VIRTUAL_MACS)
    gateway.namespace.run("ip link add witness link eth0 type macvlan && ip link set witness up")
    gateway.start(before=CONFINED)
    wait_for(lambda: set(gateway.states().values()) == {"MASTER"}, lambda: "both to be master\n" + gateway.read_log())
    wait_for(lambda: " 0% packet loss" in network.client.run("ping -c1 -W1 192.168.1.200", check=False), "an answer")
    assert gateway.namespace.run("cat /proc/sys/net/ipv4/conf/vrrp.51/arp_ignore").strip() == "1"
    for device in ("vrrp.51", "vrrp.52"):
        assert gateway.namespace.run("cd /proc/sys/net/ipv6/conf/%s && cat accept_ra disable_ipv6" % device).split() == ["1", "0"]
    # Each goes to all of them in one turn: when there is an address of the second one, all have had the first one.
    advertise(network, gateway, "2001:db8:71")
    advertise(network, gateway, "2001:db8:72")
    for device in ("vrrp.51", "vrrp.52"):
        assert "2001:db8:71" not in gateway.namespace.run("ip -6 addr show dev %s; ip -6 route show dev %s" % (device, device))
    assert [device["wrong"] for one in gateway.instances() for device in one["devices"]] == [None, None], gateway.read_log()


def test_a_virtual_mac_that_would_break_the_service_waits(network):
    """What cannot be set, and matters, is refused with a reason, until somebody else sets it."""
    gateway = network.gw1
    gateway.configure(VIRTUAL_MACS)
    gateway.namespace.run("sysctl -qw net.ipv6.conf.default.disable_ipv6=1")
    gateway.start(before=CONFINED)
    wait_for(lambda: gateway.states() == {"Veth0_51": "MASTER", "Veth0_52": "FAULT"}, lambda: "one to wait\n" + gateway.read_log())
    one = gateway.instances()[1]
    reason = "vrrp.52 cannot have IPv6 addresses: set net/ipv6/conf/vrrp.52/disable_ipv6 to 0"
    assert one["blockers"] == ["bad-device"] and one["blockers_text"].endswith(reason), one
    assert reason in gateway.vigia("status").stdout
    wait_for(lambda: reason + "; until then no virtual router uses it" in gateway.read_log(), gateway.read_log)
    gateway.namespace.run("sysctl -qw net.ipv6.conf.vrrp/52.disable_ipv6=0")
    wait_for(lambda: set(gateway.states().values()) == {"MASTER"}, lambda: "both to be master\n" + gateway.read_log())
    wait_for(lambda: "fd00:5::52/64" in gateway.namespace.run("ip -6 addr show dev vrrp.52"), "the address")


def test_a_runner_hears_nobody_but_vigiad(listener):
    """Root without capabilities, as a front that was taken over."""
    asked = subprocess.run(["setpriv", "--bounding-set=-all", "--inh-caps=-all", sys.executable, "-c",
                            "import socket, sys\ns = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)\n"
                            "s.connect(sys.argv[1])\nassert s.recv(100) == b''", listener.path], check=False, timeout=PATIENCE)
    assert asked.returncode == 0
    wait_for(lambda: listener.runners and listener.runners[0].poll() == 1, "the runner to refuse")


def message_types():
    """The numbers of engine/messages.h."""
    with open(os.path.join(SOURCE, "src/engine/messages.h")) as file:
        text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.DOTALL)
    names = re.findall(r"MESSAGE_\w+(?= = 1|,)", text[text.index("enum message_type {"):text.index("};")])
    return {name: number for number, name in enumerate(names, 1)}


def say(channel, what, body, descriptor):
    header = struct.pack("HHI", 1, message_types()[what], len(body))
    socket.send_fds(channel, [header + body], [descriptor])


def memory_file(text):
    descriptor = os.memfd_create("config")
    os.write(descriptor, text.encode())
    return descriptor


def test_what_the_file_does_not_say_is_not_run(listener, tmp_path):
    """A runner that is handed another configuration than what stands in the file: by a front that was taken over."""
    def text(*marks):
        return "".join('vrrp_script %s {\n script "/usr/bin/touch %s"\n interval 1\n user root\n}\n' % (mark, tmp_path / mark)
                       for mark in marks) + """
vrrp_instance V {\n interface eth0\n virtual_router_id 1\n track_script {\n %s\n }\n virtual_ipaddress {\n 10.0.0.1\n }\n}
""" % "\n ".join(marks)
    config = tmp_path / "keepalived.conf"
    config.write_text(text("honest"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as channel, open("/proc/self/ns/net") as here:
        channel.connect(listener.path)
        begin = struct.pack("BBB4096s256s", 0, 0, 0, str(config).encode(), b"host")
        say(channel, "MESSAGE_BEGIN", begin, here.fileno())
        say(channel, "MESSAGE_NEW_CONFIG", b"", memory_file(text("forged", "honest")))
        for _ in range(2):
            wait_for((tmp_path / "honest").exists, "a command of the file")
            (tmp_path / "honest").unlink()
        assert not (tmp_path / "forged").exists()
    assert listener.runners[0].wait(timeout=PATIENCE) == 0


def test_without_who_runs_scripts_the_runner_is_a_child(network, tmp_path):
    gateway = network.gw1
    gateway.configure(gateway.text(more="notify_master 'touch %s'" % (tmp_path / "told")))
    gateway.start("--runner-socket", str(tmp_path / "nowhere"))
    wait_for((tmp_path / "told").exists, "the script")
    assert gateway.pid("runner") and "nobody runs scripts at %s" % (tmp_path / "nowhere") in gateway.read_log()
