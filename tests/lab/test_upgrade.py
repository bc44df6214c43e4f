# SPDX-License-Identifier: GPL-2.0-or-later
"""`vigia upgrade`: other programs go on in place of those that run, and nobody notices."""
import contextlib
import glob
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from everything import OTHER_STATES, STATES, Unnoticed, authentication_numbers, left_out, standing
from gateways import BUILD, VIRTUAL, Lone
from net import PATIENCE, Traffic, wait_for
from peers import read_adverts
from standstill import HELD_UP, Standstill
from upgrades import (PROGRAMS, TOO_SLOW, USUAL_PLACES, children, install, is_engine, is_waiting, processes, systemctl_reload, upgrade,
                      version_of)

UPGRADES = 3
LATE = 0.15  # between two adverts of 100 ms, without what the machine itself stood still: then one is missing, or late


def history_codes(gateway):
    """Without what comes by itself, whoever is upgraded."""
    return [entry["code"] for entry in gateway.instance()["history"] if entry["code"] not in ("announced", "late")]


def said_since(network, first):
    """When gw1 said its adverts, from number `first` of the captured ones on."""
    return [advert.at for advert in network.capture.adverts("192.168.1.1")[first:]]


def notified(folder):
    try:
        with open(folder / "states") as file:
            return file.read().split()
    except FileNotFoundError:
        return []


def test_nobody_notices_an_upgrade(installed, tmp_path):
    network = installed
    script = tmp_path / "told"
    script.write_text("#!/bin/sh\necho $3 >> %s/states\n" % tmp_path)
    script.chmod(0o755)
    network.gw1.configure(interval=0.1, more="notify %s root" % script)
    network.gw2.configure(interval=0.1)
    network.start()
    traffic = network.traffic()
    wait_for(lambda: notified(tmp_path)[-1:] == ["MASTER"], "the script that is told of the state")
    told = notified(tmp_path)
    built = version_of(BUILD)
    versions = [re.sub(r"\d$", str(digit), built) for digit in range(9)]
    for version in [version for version in versions if version != built][:UPGRADES]:
        before, codes = processes(network.gw1), history_codes(network.gw1)
        sent = network.gw1.instance()["counters"]["adverts_sent"]
        install(network.gw1.programs, version)
        captured, asked = len(network.capture.adverts("192.168.1.1")), traffic.sent
        wait_for(lambda: said_since(network, captured), "an advert of the old engine")
        with Standstill() as machine:
            upgrade(network.gw1, version)
            wait_for(lambda: network.gw1.pid("runner"), "a new runner")
            renewed = len(said_since(network, captured))
            wait_for(lambda: len(said_since(network, captured)) > renewed + 5, "adverts of the new engine")
        after = processes(network.gw1)
        assert after["guard"] == before["guard"]
        # CAP_NET_ADMIN and CAP_NET_RAW: what exec had given back is given up again.
        for which in ("guard", "engine"):
            with open("/proc/%d/status" % after[which]) as file:
                assert "CapPrm:\t%016x\n" % (1 << 12 | 1 << 13) in file.read(), which
        assert not set(after.values()) & {before[which] for which in ("engine", "front", "runner")}
        assert network.gw1.instance()["counters"]["adverts_sent"] > sent
        assert history_codes(network.gw1) == codes
        assert network.gw1.status()["daemon"]["engine_restarts"] == 0
        assert machine.longest_gap(said_since(network, captured)) < LATE, network.gw1.read_log()
        assert not traffic.lost_since(asked) or machine.longest() > HELD_UP, network.gw1.read_log()
    assert not network.capture.adverts("192.168.1.1", 0)
    assert not network.capture.adverts("192.168.1.2", 99)
    assert notified(tmp_path) == told

    # The new guard is a guard.
    engine = network.gw1.kill("engine")
    wait_for(lambda: network.gw1.pid("engine") not in (None, engine), "another engine")
    network.wait_for_gw1()
    assert network.gw1.stop() == 0
    assert network.gw1.holds_nothing()
    assert not os.path.exists(network.gw1.path(".pid"))


def test_a_backup_that_was_upgraded_takes_over(installed):
    network = installed
    network.gw1.configure(priority=50)
    network.gw2.start()
    network.gw2.wait_for_state("MASTER")
    network.gw1.start()
    network.gw1.wait_until_backup()
    peer = network.gw1.instance()["peer"]["address"]
    upgrade(network.gw1, version_of(BUILD))
    assert network.gw1.state() == "BACKUP"
    assert network.gw1.instance()["peer"]["address"] == peer
    network.gw2.kill_all()
    network.gw1.wait_for_state("MASTER")


def test_an_upgrade_where_all_is_as_usual(lone):
    """No option says where anything is."""
    lone.name = "vigiad"
    lone.control, lone.config = lone.path(".sock"), os.path.join(lone.directory, "keepalived.conf")
    lone.plain()
    lone.arguments = lambda *more: [os.path.join(lone.programs, "vigiad"), *more]
    lone.start(before=["unshare", "--mount", "sh", "-c", USUAL_PLACES, lone.directory])
    lone.wait_for_state("MASTER")
    for _ in range(2):
        before = processes(lone)
        upgrade(lone, version_of(BUILD))
        assert processes(lone)["guard"] == before["guard"] and processes(lone)["engine"] != before["engine"]
        assert lone.state() == "MASTER"
    assert lone.stop() == 0


def of_another_version(path):
    with open(path, "rb") as file:
        changed = file.read()
    version = version_of(BUILD).encode()
    assert version in changed
    with open(path, "wb") as file:
        file.write(changed.replace(version, b"9" * len(version)))


@contextlib.contextmanager
def broken(gateway, program, how):
    path = os.path.join(gateway.programs, program)
    os.rename(path, path + ".old")
    shutil.copy(path + ".old", path)
    try:
        how(path)
        yield
    finally:
        os.rename(path + ".old", path)


def test_what_does_not_work_changes_nothing(installed):
    network = installed
    network.gw1.start()
    network.gw1.wait_for_state("MASTER")
    wait_for(network.gw1.has_address, "the address")
    before, codes = processes(network.gw1), history_codes(network.gw1)
    without = [(program, os.remove, "") for program in ("vigiad", "vigiad-runner", "vigiad-mail")]
    useless = [(program, lambda path: shutil.copy("/bin/false", path), "ended") for program in PROGRAMS if program != "vigia"]
    # What it says of itself is in the log.
    useless.append(("vigiad", lambda path: shutil.copy("/bin/ls", path), "unrecognized option"))
    foreign = [(program, of_another_version, "is not that of vigiad") for program in ("vigiad-runner", "vigiad-mail")]
    for program, how, reason in without + useless + foreign:
        logged = len(network.gw1.read_log())
        with broken(network.gw1, program, how):
            done = network.gw1.vigia("upgrade")
        assert done.returncode == 1, program
        assert "all goes on as before" in done.stderr
        wait_for(lambda: "no upgrade" in network.gw1.read_log()[logged:], "the reason in the log")
        assert reason in network.gw1.read_log()[logged:], network.gw1.read_log()[logged:]
        assert processes(network.gw1) == before, program
        assert history_codes(network.gw1) == codes
        assert network.gw1.state() == "MASTER" and network.gw1.has_address()
    upgrade(network.gw1, version_of(BUILD))


MORE = """
vrrp_instance MORE {
    interface eth0
    virtual_router_id 60
    version 3
    advert_int 0.1
    virtual_ipaddress {
        192.168.1.206
    }
}
"""


def test_a_reload_by_systemd_brings_new_programs_and_a_new_configuration(installed):
    network, gateway = installed, installed.gw1
    gateway.configure(interval=0.1)
    network.gw2.configure(interval=0.1)
    network.start()
    codes, since = history_codes(gateway), time.monotonic()
    before = processes(gateway)

    def reload(text):
        gateway.configure(text)
        captured = len(network.capture.adverts("192.168.1.1"))
        with Standstill() as machine:
            said = systemctl_reload(gateway)
            wait_for(lambda: ("MORE" in gateway.states()) == ("MORE" in text), lambda: "the reload\n" + gateway.read_log())
            wait_for(lambda: len(said_since(network, captured)) > 3, "adverts behind it")
        own = [one.at for one in network.capture.adverts("192.168.1.1")[captured:] if one.vrid == 51]
        assert machine.longest_gap(own) < LATE, gateway.read_log()
        return said[0]
    plain = gateway.text(interval=0.1)
    # The same programs: none of them is replaced.
    reload(plain + MORE)
    assert processes(gateway) == before
    # Others.
    version = install(gateway.programs, "9" * len(version_of(BUILD)))
    assert version in reload(plain)
    wait_for(lambda: gateway.pid("front") not in (None, before["front"]), "a new front")
    now = processes(gateway)
    assert now["guard"] == before["guard"] and now["engine"] != before["engine"]
    assert gateway.status()["daemon"]["version"] == version
    # Others, which do not work: the old ones do what they can.
    install(gateway.programs)
    with broken(gateway, "vigiad-vrrp", lambda path: shutil.copy("/bin/false", path)):
        assert "all goes on as before" in reload(plain + MORE)
    assert processes(gateway) == now
    assert history_codes(gateway) == codes
    assert not network.capture.adverts("192.168.1.2", 99, since)


def test_programs_that_run_already_are_left_alone(installed):
    network = installed
    network.gw1.start()
    network.gw1.wait_for_state("MASTER")
    before = processes(network.gw1)
    done = network.gw1.vigia("upgrade", "--if-new")
    assert done.returncode == 0, done.stderr
    assert processes(network.gw1) == before
    version = install(network.gw1.programs)
    done = network.gw1.vigia("upgrade", "--if-new")
    assert done.returncode == 0 and version in done.stdout, done.stderr
    assert processes(network.gw1)["engine"] != before["engine"]
    assert network.gw1.namespace.has_address(VIRTUAL, "eth0")


def said_by_gw1(lab, since=0.0):
    """{(vrid, family): [when]} of adverts, and of the packets of BFD under "bfd"."""
    said = {"bfd": [at for at, frame in lab.ports[lab.gw1].all() if at >= since and frame[12:14] == b"\x08\0" and frame[23] == 17
                    and frame[36:38] == (3784).to_bytes(2, "big")]}
    for advert in read_adverts(lab.ports[lab.gw1], since):
        said.setdefault((advert.vrid, advert.family), []).append(advert.at)
    return said


def is_punctual(said, machine):
    """No advert of 100 ms and no packet of BFD (50 ms, as RFC 5880 scatters them) was late or missing, but for what the machine
    itself stood still."""
    longest = {who: machine.longest_gap(times) for who, times in said.items() if who != (54, 4)}
    return longest.pop("bfd") < 0.1 and max(longest.values()) < LATE


def signals_wait(pid):
    """That it has not taken yet."""
    with open("/proc/%d/status" % pid) as file:
        return any(int(line.split()[1], 16) for line in file if line.startswith(("SigPnd:", "ShdPnd:")))


def all_at_once(*gateways):
    """Upgrades of all of them at the same time."""
    started = [subprocess.Popen([os.path.join(gateway.programs, "vigia"), "upgrade", "--control", gateway.control],
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for gateway in gateways]
    for process in started:
        _, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0 or TOO_SLOW in errors, errors


def test_all_that_an_engine_may_hold_goes_on(everything):
    """Virtual MACs on macvlans and by rules, IPv6, HMAC and AH, unicast, a sync group, a script, a process, routes, rules, BFD, a
    drained router, pipes, mail: nobody is told anything, nothing in the kernel changes, whoever of both is upgraded."""
    lab = everything
    traffics = [lab.traffic(), Traffic(lab.client, lab.gw1.namespace, "2001:db8:1::51")]
    lab.things[:0] = traffics[1:]
    traffics[1].flows()
    unnoticed = Unnoticed(lab)
    since, asked = time.monotonic(), [traffic.sent for traffic in traffics]
    wait_for(lambda: len(said_by_gw1(lab, since)) == 5, "something of each")
    with Standstill() as machine:
        for _ in range(2):
            upgrade(lab.gw1, version_of(BUILD))
        all_at_once(lab.gw1, lab.gw2)
        until = time.monotonic()
        wait_for(lambda: len(said_by_gw1(lab, until)) == 5, "something of each behind it")
    unnoticed.still_holds()
    numbers = authentication_numbers(lab, since)
    assert not left_out(lab, numbers)
    assert is_punctual(said_by_gw1(lab, since), machine), lab.gw1.read_log()
    assert not any(traffic.lost_since(first) for traffic, first in zip(traffics, asked)) or machine.longest() > HELD_UP
    assert lab.gw1.states() == STATES and lab.gw2.states() == OTHER_STATES


def test_a_state_of_another_version_changes_nothing(everything):
    """The new engine starts, and cannot read what the old one knows, which goes on."""
    lab = everything
    unnoticed, numbers = Unnoticed(lab), authentication_numbers(lab)
    engine = os.path.join(lab.gw1.programs, "vigiad-vrrp")
    with open(engine, "rb") as file:
        other = file.read().replace(b"\0successor-heard\0", b"\0successor-hoard\0")
    os.rename(engine, engine + ".old")
    with open(engine, "wb") as file:
        file.write(other)
    os.chmod(engine, 0o755)
    pid = lab.gw1.pid("engine")
    done = lab.gw1.vigia("upgrade")
    assert done.returncode == 1 and "all goes on as before" in done.stderr
    wait_for(lambda: "does not understand the state of the old one" in lab.gw1.read_log(), "the reason in the log")
    assert lab.gw1.pid("engine") == pid
    # What it says from now on, the other one takes.
    heard = lab.gw2.instances()[3]["counters"]["adverts_received"]
    wait_for(lambda: lab.gw2.instances()[3]["counters"]["adverts_received"] > heard + 1, "adverts with numbers")
    unnoticed.still_holds()
    later = authentication_numbers(lab)[len(numbers):]
    assert later == sorted(set(later)) and later[0] > numbers[-1]
    os.rename(engine + ".old", engine)
    upgrade(lab.gw1, version_of(BUILD))


@contextlib.contextmanager
def renewing(lab, then=lambda: None):
    """An upgrade of gw1 that waits for a command of the old runner: the new engine goes on, the guard is the old one. then() is
    called when the runner has ended."""
    gateway = lab.gw1
    engine, log = gateway.pid("engine"), gateway.read_log()
    with lab.slow_commands(gateway):
        told = len(lab.told(gateway))
        done = gateway.vigia("drain", "RULES")
        assert done.returncode == 0, done.stdout + done.stderr
        wait_for(lambda: len(lab.told(gateway)) > told, "a command that runs")
        process = None
        while gateway.pid("engine") == engine:
            if process is None or process.poll() == 1:  # the machine was too busy for it
                process = subprocess.Popen([os.path.join(gateway.programs, "vigia"), "upgrade", "--control", gateway.control],
                                           stdout=subprocess.DEVNULL)
            time.sleep(0.01)
        runner = gateway.pid("runner")
        yield
    wait_for(lambda: not os.path.exists("/proc/%d" % runner), "the old runner to end")
    then()
    assert process.wait(timeout=PATIENCE) == 0
    wait_for(lambda: "upgraded: vigiad" in gateway.read_log()[len(log):], lambda: "a new guard\n" + gateway.read_log())
    wait_for(lambda: gateway.pid("runner"), "a new runner")


def test_what_happens_while_the_runner_is_replaced_is_told(everything):
    lab = everything
    with renewing(lab):
        told = len(lab.told(lab.gw1))
        done = lab.gw1.vigia("drain", "G")
        assert done.returncode == 0, done.stdout + done.stderr
    expected = ["GROUP G BACKUP 0", "INSTANCE V4 BACKUP 100"]
    wait_for(lambda: sorted(lab.told(lab.gw1)[told:]) == expected,
             lambda: "it to be told\n%s\n%s" % (lab.told(lab.gw1), lab.gw1.read_log()))
    # Whoever has opened it once still reads.
    lines = ['GROUP "G" BACKUP 0', 'INSTANCE "V4" BACKUP 100', 'INSTANCE "V6" BACKUP 100']
    wait_for(lambda: sorted(lab.fifo.lines()[-3:]) == lines, lambda: "the lines in the pipe: %s" % lab.fifo.lines())
    for name in ("G", "RULES"):
        assert lab.gw1.vigia("resume", name).returncode == 0
    lab.wait_for_states()
    lab.flag.unlink()
    wait_for(lambda: lab.gw1.states()["V4"] == "FAULT", "the script to be heeded")
    wait_for(lambda: "GROUP G FAULT 0" in lab.told(lab.gw1)[told:], "the group's command")
    wait_for(lambda: any("Entering FAULT" in subject for subject in lab.mail.subjects()[1:]) or None, lambda: str(lab.mail.subjects()))
    lab.flag.touch()
    lab.wait_for_states()


def test_a_reload_that_is_wanted_while_the_front_is_replaced_is_done(everything):
    lab = everything
    front = lab.gw1.pid("front")

    def reload():
        """The front has been told to end, and does not read anything for a while."""
        os.kill(lab.gw1.pid("guard"), signal.SIGHUP)
        wait_for(lambda: not signals_wait(lab.gw1.pid("guard")), "the guard to know")
        os.kill(front, signal.SIGCONT)
    with renewing(lab, reload):
        lab.configure(lab.gw1, MORE)
        os.kill(front, signal.SIGSTOP)
    wait_for(lambda: "MORE" in lab.gw1.states(), lambda: "the reload\n" + lab.gw1.read_log())
    lab.configure(lab.gw1)
    # `systemctl reload` with new programs: both at once.
    install(lab.gw1.programs)
    systemctl_reload(lab.gw1)
    wait_for(lambda: "MORE" not in (lab.gw1.states() or {"MORE"}), lambda: "the reload\n" + lab.gw1.read_log())
    assert lab.gw1.vigia("resume", "RULES").returncode == 0
    lab.wait_for_states()


def test_the_engine_dies_before_all_others_are_new(everything):
    lab = everything
    with renewing(lab):
        engine = lab.gw1.kill("engine")
        wait_for(lambda: lab.gw1.pid("engine") != engine, lambda: "another engine\n" + lab.gw1.read_log())
    assert lab.gw1.vigia("resume", "RULES").returncode == 0
    lab.wait_for_states(but="UNICAST")  # its timers are of seconds
    # That of the engine that runs.
    assert len(glob.glob(lab.gw1.path(".pid.left-*"))) == 1
    for gateway in lab.gateways:
        assert gateway.stop() == 0
        assert not glob.glob(gateway.path(".pid*")) and not os.path.exists(gateway.path("-fifo"))
        shown = standing(gateway)
        assert not [line for part in shown for line in part if "proto 18" in line or "vrrp." in line or "192.168.1.20" in line]
        assert not gateway.for_afterwards() and not gateway.rules()


STEPS = ("checking", "starting", "saving", "taking", "taking, and all are killed", "renewing", "new")


class Interrupted:
    """A daemon alone on its network, and an upgrade of it that stays in a step, since whom it waits for is stopped by a signal."""

    def __init__(self, step):
        self.directory = tempfile.mkdtemp(dir="/dev/shm", prefix="vigia-test-")
        self.step = step
        self.gateway = Lone(self.directory)
        self.stopped = []
        self.client = None
        # In that step nobody stays longer than others may wait for an advert.
        interval = 1 if step.startswith("taking") else 0.1
        self.gateway.plain("vrrp_script chk {\n script /bin/true\n interval 1\n user root\n}\n",
                           "state MASTER\n use_vmac\n track_script {\n chk\n }\n", interval)
        self.gateway.start()

    def holds(self):
        return self.gateway.namespace.has_address(VIRTUAL)

    def stop(self, pid):
        os.kill(pid, signal.SIGSTOP)
        self.stopped.append(pid)

    def go_on(self):
        while self.stopped:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.stopped.pop(), signal.SIGCONT)

    def begin(self):
        """`vigia upgrade` without its question for the status, which the engine would have to answer."""
        self.client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.client.connect(self.gateway.control)
        self.client.sendall(b'{"command":"upgrade"}\n')

    def new_engine(self, known):
        """As soon as it is there."""
        guard = self.gateway.process.pid
        return wait_for(lambda: next((pid for pid in children(guard) - known if is_engine(pid)), None),
                        lambda: "a new engine\n" + self.gateway.read_log(), step=0.001)

    def reach_step(self):
        engine, log, known = self.gateway.pid("engine"), len(self.gateway.read_log()), children(self.gateway.process.pid)
        if self.step == "renewing":
            self.stop(self.gateway.pid("runner"))
        if self.step.startswith(("saving", "taking")):
            self.stop(engine)
        self.begin()
        if self.step == "checking":  # at once
            return
        if self.step == "new":
            wait_for(lambda: "upgraded: vigiad" in self.gateway.read_log()[log:], "a new guard")
            return
        successor = self.new_engine(known)
        if self.step == "starting":
            self.stop(successor)
        elif self.step == "saving":
            wait_for(lambda: is_waiting(successor), "the new engine to wait")
        elif self.step.startswith("taking"):
            wait_for(lambda: is_waiting(successor), "the new engine to wait")
            self.stop(successor)
            os.kill(engine, signal.SIGCONT)
            wait_for(lambda: is_waiting(engine), "the old engine to stand still")
        else:
            wait_for(lambda: self.gateway.pid("engine") == successor, "the new engine to go on")

    def kill(self):
        if "all" in self.step:
            self.gateway.kill_all()
        else:
            self.gateway.process.kill()
            self.gateway.process.wait()
        self.go_on()

    def alive(self):
        """What runs in the namespace, but for what keeps it."""
        own = os.readlink("/proc/%d/ns/net" % self.gateway.namespace.holder.pid)
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                if os.readlink("/proc/%s/ns/net" % pid) == own and int(pid) != self.gateway.namespace.holder.pid:
                    found.append(int(pid))
        return found

    def close(self):
        self.go_on()
        if self.client:
            self.client.close()
        self.gateway.close()
        shutil.rmtree(self.directory, ignore_errors=True)


def test_the_guard_is_killed_in_any_step():
    """Nobody lives on without a guard, what they held is gone, or is taken over, and the next daemon works."""
    daemons = [Interrupted(step) for step in STEPS]
    try:
        for daemon in daemons:
            wait_for(lambda: daemon.holds() and daemon.gateway.pid("runner"), lambda: "a master\n" + daemon.gateway.read_log())
        for daemon in daemons:
            daemon.reach_step()
            assert daemon.holds(), daemon.step
            daemon.kill()
        for daemon in daemons:
            wait_for(lambda: not daemon.alive(), lambda: "all to end: %s, %s" % (daemon.step, daemon.alive()))
            assert "all" in daemon.step or not daemon.holds(), daemon.step + daemon.gateway.read_log()
            daemon.gateway.start()
        for daemon in daemons:
            wait_for(lambda: daemon.gateway.state() == "MASTER", lambda: "a master\n" + daemon.gateway.read_log())
            wait_for(daemon.holds, "the address")
            assert len(glob.glob(daemon.gateway.path(".pid.left-*"))) == 1, daemon.step
            assert daemon.gateway.stop() == 0
        for daemon in daemons:
            assert not daemon.holds() and not glob.glob(daemon.gateway.path(".pid*")), daemon.step
            assert "vrrp.51" not in daemon.gateway.namespace.run("ip link"), daemon.step
            assert not daemon.gateway.rules() and not daemon.gateway.for_afterwards(), daemon.step
    finally:
        for daemon in daemons:
            daemon.close()
