# SPDX-License-Identifier: GPL-2.0-or-later
"""What commands and pipes are told of states: in order, with keepalived's words, and whatever they do, nobody waits for them."""
import os
import stat
import threading
import time

import pytest

import keepalived
from gateways import instance_text
from net import wait_for
from standstill import Standstill


@pytest.fixture
def teller(tmp_path):
    """A command that writes down how it was called; and what was written."""
    class Teller:
        path = str(tmp_path / "teller")
        log = tmp_path / "told"

        def lines(self):
            return self.log.read_text().splitlines() if self.log.exists() else []
    with open(Teller.path, "w") as file:
        file.write("#!/bin/sh\necho \"$@\" >> %s\n" % Teller.log)
    os.chmod(Teller.path, 0o755)
    return Teller()


class Pipe:
    """Reads a named pipe line by line."""

    def __init__(self, path):
        wait_for(lambda: os.path.exists(path) and stat.S_ISFIFO(os.stat(path).st_mode), "the pipe %s" % path)
        self.lines = []
        self.file = open(path)
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        for line in self.file:
            self.lines.append(line)


def told(gateway, name="VI_1"):
    """What status says of who is told of it."""
    status = gateway.status()
    return next((one for one in status["notifications"] if one["name"] == name), None) if status else None


def all_notifies(teller, prefix=""):
    return "\n".join('notify_%s "%s %s%s"' % (word, teller.path, prefix, word) for word in
                     ("master", "backup", "fault", "stop")) + '\nnotify "%s %sany"' % (teller.path, prefix)


def test_each_change_in_order(network, teller):
    network.gw1.configure(more=all_notifies(teller))
    network.start()
    wait_for(lambda: teller.lines()[-1:] == ["any INSTANCE VI_1 MASTER 100"], "the command of the master")
    assert teller.lines() == ["backup", "any INSTANCE VI_1 BACKUP 100", "master", "any INSTANCE VI_1 MASTER 100"]
    network.pull_uplink(network.gw1)
    wait_for(lambda: teller.lines()[4:] == ["fault", "any INSTANCE VI_1 FAULT 100"], "the fault")
    network.pull_uplink(network.gw1, there=True)
    network.wait_for_gw1()
    wait_for(lambda: len(teller.lines()) == 10, "backup and master")
    assert network.gw1.stop() == 0
    assert teller.lines()[10:] == ["stop", "any INSTANCE VI_1 STOP 100"]


def test_a_command_that_hangs_delays_nobody_and_its_own_next_state(network, teller):
    network.gw1.configure(more='notify_backup "/bin/sleep 1000"\nnotify "%s"' % teller.path)
    network.start()
    status = told(network.gw1)
    assert status["running"][0]["command"] == "/bin/sleep 1000"
    assert status["state"] == "MASTER" and status["waiting"]
    # After ten seconds it is ended, for MASTER waits.
    wait_for(lambda: teller.lines() == ["INSTANCE VI_1 MASTER 100"], "the newer state", timeout=60)
    assert not told(network.gw1)["running"]
    assert "it was ended" in network.gw1.read_log()


PROMPT = 0.02  # no advert is later, but for what the machine itself stood still


def children_of(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid)) as file:
        return set(file.read().split())


def test_many_that_hang(network, tmp_path):
    """Commands that never end and do not heed SIGTERM, and nothing of it reaches the adverts."""
    many = 500
    hang = tmp_path / "hang"
    hang.write_text("#!/bin/sh\ntrap : TERM\nwhile :; do read nothing < %s; done\n" % (tmp_path / "pipe"))
    hang.chmod(0o755)
    os.mkfifo(tmp_path / "pipe")

    def texts(priority, more):
        return [instance_text(number % 250 + 1, priority, advert_int=1, more=more, interface="eth%d" % (number // 250),
                              addresses=("10.9.%d.%d" % (number // 250, number % 250 + 1),)) for number in range(many)]
    # One of them speaks ten times a second.
    pacer = instance_text(251, 100, advert_int=0.1, addresses=("10.9.2.1",))
    network.gw1.configure("".join(texts(100, 'notify_backup "%s"\nnotify_master "/bin/sleep 1000"' % hang)) + pacer)
    network.gw2.configure("".join(texts(50, "")[:250]))  # those on the LAN

    def adverts(gateway, counter):
        return sum(one["counters"][counter] for one in gateway.instances()
                   if one["name"].startswith("Veth0") and one["name"] != "Veth0_251")

    def running(which):
        status = network.gw1.status() or {"notifications": []}
        return [each for one in status["notifications"] for each in one["running"] if each["command"] == which]
    network.gw1.start()
    wait_for(lambda: len(running(str(hang))) == many, "all to hang")
    runner = network.gw1.pid("runner")
    first = children_of(runner)
    assert len(first) == many
    wait_for(lambda: list(network.gw1.states().values()) == ["MASTER"] * (many + 1), "all to be master")
    network.gw2.start()
    wait_for(lambda: list(network.gw2.states().values()) == ["BACKUP"] * 250, "gw2 to hear them")
    received, sent = adverts(network.gw2, "adverts_received"), adverts(network.gw1, "adverts_sent")
    # When their time is over they are killed, and what waited is run.
    with Standstill() as machine:
        since = time.monotonic()
        wait_for(lambda: len(running("/bin/sleep 1000")) == many, lambda: "the next ones\n" + network.gw1.read_log()[-2000:])
        until = time.monotonic()
    paced = [advert.at for advert in network.capture.adverts("192.168.1.1") if advert.vrid == 251 and since < advert.at < until]
    assert len(paced) > 10 and machine.longest_gap(paced) < 0.1 + PROMPT
    second = children_of(runner)
    assert len(second) == many and not first & second and not [pid for pid in first if os.path.exists("/proc/" + pid)]
    assert {one["counters"]["became_master"] for one in network.gw1.instances()} == {1}
    # None was lost, and each was in time: what is read later may be ahead.
    sent = adverts(network.gw1, "adverts_sent") - sent
    received = adverts(network.gw2, "adverts_received") - received
    assert received >= sent >= 250
    assert {one["counters"]["became_master"] for one in network.gw2.instances()} == {0}
    assert network.gw1.stop() == 0
    assert not [pid for pid in second if os.path.exists("/proc/" + pid)]


def test_a_full_pipe_and_a_late_reader(network, tmp_path):
    path = str(tmp_path / "states")
    network.gw1.configure("global_defs {\n vrrp_notify_fifo %s\n vrrp_notify_priority_changes\n}\n" % path + network.gw1.text())
    network.start()
    # Somebody fills it up.
    wait_for(lambda: os.path.exists(path), "the pipe")
    stuff = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    with pytest.raises(BlockingIOError):
        while True:
            os.write(stuff, b"x" * 4095 + b"\n")
    network.pull_uplink(network.gw1)
    network.wait_for_master(network.gw2, network.gw1)
    wait_for(lambda: network.gw1.status()["fifos"][0]["full"], "the pipe to be full")
    network.pull_uplink(network.gw1, there=True)
    network.wait_for_gw1()
    wait_for(lambda: network.gw1.status()["fifos"][0]["dropped"] >= 2, "states that nobody reads to be dropped")
    reader = Pipe(path)
    wait_for(lambda: 'INSTANCE "VI_1" MASTER 100\n' in reader.lines, "the newest state")
    wait_for(lambda: not network.gw1.status()["fifos"][0]["full"], "room")
    states = [line.split()[2] for line in reader.lines if line.startswith("INSTANCE")]
    assert states == ["BACKUP", "MASTER", "MASTER"]
    os.close(stuff)
    assert network.gw1.stop() == 0
    assert not os.path.exists(path)


def test_a_reader_is_started_again(network, tmp_path):
    path, out = str(tmp_path / "states"), tmp_path / "out"
    reader = tmp_path / "reader"
    reader.write_text("#!/bin/sh\nread line < $2\necho $1 \"$line\" >> %s\n" % out)
    os.chmod(reader, 0o755)
    network.gw1.configure("global_defs {\n notify_fifo %s\n notify_fifo_script '%s got'\n}\n" % (path, reader) + network.gw1.text())
    network.gw1.start()
    network.gw1.wait_for_state("MASTER")
    wait_for(lambda: out.exists() and out.read_text().splitlines() ==
             ['got INSTANCE "VI_1" BACKUP 100', 'got INSTANCE "VI_1" MASTER 100'], "both lines, by two readers")


def test_the_runner_dies_and_the_newest_state_is_told(network, teller):
    network.gw1.configure(more=all_notifies(teller))
    network.start()
    wait_for(lambda: len(teller.lines()) == 4, "backup and master")
    old = network.gw1.kill("runner")
    wait_for(lambda: network.gw1.pid("runner") not in (None, old), "a new runner")
    network.pull_uplink(network.gw1)
    wait_for(lambda: teller.lines()[-1:] == ["any INSTANCE VI_1 FAULT 100"], "the fault")
    # The fault may come while the new runner's first command runs, or before: then the newest state alone is told.
    assert teller.lines()[4:] in (["fault", "any INSTANCE VI_1 FAULT 100"],
                                  ["master", "fault", "any INSTANCE VI_1 FAULT 100"],
                                  ["master", "any INSTANCE VI_1 MASTER 100", "fault", "any INSTANCE VI_1 FAULT 100"])


def test_scripts_at_start_and_end(network, teller):
    network.gw1.configure('global_defs {\n startup_script "%s up"\n shutdown_script "%s down"\n}\n' % ((teller.path,) * 2) +
                          network.gw1.text(more=all_notifies(teller)))
    network.gw1.start()
    network.gw1.wait_for_state("MASTER")
    wait_for(lambda: len(teller.lines()) == 5, "backup and master")
    assert teller.lines()[0] == "up"
    assert network.gw1.stop() == 0
    assert teller.lines()[5:] == ["stop", "any INSTANCE VI_1 STOP 100", "down"]


def test_a_startup_script_that_hangs_is_ended(network, teller):
    network.gw1.configure("global_defs {\n startup_script '/bin/sleep 1000'\n startup_script_timeout 1\n}\n" + network.gw1.text())
    network.gw1.start()
    network.gw1.wait_for_state("MASTER")
    assert "/bin/sleep 1000: took too long" in network.gw1.read_log()


def test_a_reload_takes_one_away(network, teller):
    kept, other, third = (instance_text(vrid, 100, addresses=("192.168.1.%d" % (20 + vrid),), more=more) for vrid, more in
                          ((1, 'notify "%s"' % teller.path), (2, 'notify "%s"\nnotify_deleted' % teller.path),
                           (3, 'notify "%s"' % teller.path)))
    network.gw1.configure(kept + other + third)
    network.gw1.start()
    wait_for(lambda: list(network.gw1.states().values()) == ["MASTER"] * 3, "all to be master")
    wait_for(lambda: len(teller.lines()) == 6, "all to be told")
    network.gw1.configure(kept)
    assert network.gw1.vigia("reload").returncode == 0
    wait_for(lambda: sorted(teller.lines()[6:]) == ["INSTANCE Veth0_2 DELETED 100", "INSTANCE Veth0_3 FAULT 100"], "both")


SAME = """
global_defs {
    script_user root
    vrrp_notify_fifo %(pipe)s
    vrrp_notify_priority_changes
}
vrrp_script chk {
    script "/usr/bin/test -e %(flag)s"
    interval 1
    weight 10
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority 100
    advert_int 1
    track_script {
        chk
    }
    notify "%(teller)s 'one two' three"
    notify_master "%(teller)s master 'a\\tb' \\x41"
    notify_backup %(teller)s
    notify_fault "%(teller)s fault"
    virtual_ipaddress {
        192.168.1.200
    }
}
"""


def story(network, program, pipe, flag, state):
    """Becomes master, gets more priority, loses its link and gets it back. What the pipe said meanwhile."""
    program.start()
    reader = Pipe(pipe)
    wait_for(lambda: reader.lines[-1:] == ['INSTANCE "VI_1" MASTER 100\n'], "master")
    flag.touch()
    wait_for(lambda: reader.lines[-1:] == ['INSTANCE "VI_1" MASTER_PRIORITY 110\n'], "the priority")
    network.pull_lan(network.gw2)
    wait_for(lambda: reader.lines[-1:] == ['INSTANCE "VI_1" FAULT 110\n'], "the fault")
    network.pull_lan(network.gw2, there=True)
    wait_for(lambda: reader.lines[-1:] == ['INSTANCE "VI_1" MASTER 110\n'], "master again")
    return reader.lines


@keepalived.needed
def test_the_same_words_as_keepalived(network, peer, teller, tmp_path):
    flag = tmp_path / "flag"
    pipe = str(tmp_path / "pipe")
    network.gw2.configure(SAME % {"pipe": pipe, "flag": flag, "teller": teller.path})
    theirs = list(story(network, peer, pipe, flag, None))
    wait_for(lambda: len(teller.lines()) >= 10, "its commands")
    peer.stop()
    their_calls = sorted(teller.lines()[:10])
    teller.log.unlink()
    flag.unlink()
    wait_for(lambda: not os.path.exists(pipe), "its pipe to go")
    ours = list(story(network, network.gw2, pipe, flag, None))
    wait_for(lambda: len(teller.lines()) >= 10, "our commands")
    assert ours == theirs
    assert sorted(teller.lines()[:10]) == their_calls
