# SPDX-License-Identifier: GPL-2.0-or-later
"""The files that signals make keepalived write: vigiad writes the same, so that what reads them goes on working."""
import contextlib
import itertools
import json
import os
import re
import shutil
import signal
import stat
import subprocess

import pytest

from gateways import BUILD
from net import PATIENCE, Namespace, cable, wait_for

CONFIG = """
global_defs {
    router_id gw1
}
vrrp_sync_group G1 {
    group {
        VI_1
        VI_2
    }
}
vrrp_instance VI_1 {
    interface eth0
    state BACKUP
    virtual_router_id 51
    priority 150
    advert_int 1
    virtual_ipaddress {
        192.168.1.200/24
        192.168.1.201/24 label eth0:1
    }
    virtual_ipaddress_excluded {
        192.168.1.205/32
    }
    virtual_routes {
        10.9.0.0/24 via 192.168.1.77
    }
}
vrrp_instance VI_2 {
    interface eth0
    version 3
    virtual_router_id 52
    priority 100
    advert_int 0.5
    virtual_ipaddress {
        192.168.1.210/24
    }
}
"""
# Of keepalived's data: what is in nobody's interest, and what vigiad has no such thing for.
NOT_OURS = {"smtp_alert", "notify_deleted", "auth_data"}
SIGNALS = {"DATA": signal.SIGUSR1, "STATS": signal.SIGUSR2, "STATS_CLEAR": signal.SIGRTMAX - 1, "JSON": signal.SIGRTMIN + 2}


class Router:
    """A router, on which one daemon runs."""

    def __init__(self, directory, name):
        self.namespace = Namespace(name)
        self.other = Namespace(name + "-other")
        cable(self.other, "eth0", self.namespace, "eth0")
        self.namespace.run("ip addr add 192.168.1.1/24 dev eth0")
        self.directory = os.path.join(str(directory), name)
        os.mkdir(self.directory)
        self.temporary = self.directory
        self.pid_file = self.path("router.pid")
        self.process = None

    def path(self, name):
        return os.path.join(self.directory, name)

    def execute(self, command, config=CONFIG):
        with open(self.path("router.conf"), "w") as file:
            file.write(config)
        with open(self.path("log"), "w") as log:
            self.process = self.namespace.popen(command, stdout=log, stderr=log)

    def stop(self):
        self.process.terminate()
        return self.process.wait(timeout=PATIENCE)

    def start(self, command, config=CONFIG):
        self.execute(command, config)
        wait_for(lambda: self.namespace.has_address("192.168.1.210") and self.namespace.has_address("192.168.1.200"),
                 "the addresses of " + self.namespace.name)
        return self

    def vigiad(self):
        return ["env", "TMPDIR=" + self.directory, os.path.join(BUILD, "vigiad"), "-n", "-l", "-D", "-f",
                self.path("router.conf"), "--control", self.path("router.sock")]

    def start_vigiad(self, *more, config=CONFIG):
        return self.start([*self.vigiad(), *more], config)

    def start_keepalived(self):
        """With a /tmp of its own, which is all it can write to."""
        self.temporary = "/tmp"
        return self.start(["unshare", "--mount", "sh", "-c", "mount --bind %s /mnt && mount -t tmpfs none /tmp && exec "
                           "keepalived -n -l -f /mnt/router.conf -p /mnt/router.pid -r /mnt/vrrp.pid -c /mnt/check.pid "
                           "-b /mnt/bfd.pid" % self.directory])

    def send(self, name):
        with open(self.pid_file) as pid:
            os.kill(int(pid.read()), SIGNALS[name])

    def read_log(self):
        with open(self.path("log")) as log:
            return log.read()

    def ask(self, name, file):
        """Sends the signal; the file that is written then. file: without a path, where the daemon keeps such files."""
        path = "/proc/%d/root%s" % (self.process.pid, os.path.join(self.temporary, file))
        before = os.stat(path).st_mtime_ns if os.path.exists(path) else None
        self.send(name)

        def whole():
            if not os.path.exists(path) or os.stat(path).st_mtime_ns == before:
                return None
            with open(path) as text:
                return text.read()
        return wait_for(whole, "%s to be written" % file)

    def ask_json(self, file="keepalived.json"):
        # keepalived writes into the file itself, so that half of it may be seen.
        def whole():
            try:
                return json.loads(self.ask("JSON", file))
            except ValueError:
                return None
        return wait_for(whole, "all of " + file)

    def close(self):
        if self.process and self.process.poll() is None:
            self.stop()
        self.namespace.close()
        self.other.close()


@pytest.fixture(name="make")
def fixture_make(tmp_path):
    made = []

    def make(name):
        made.append(Router(tmp_path, name))
        return made[-1]
    yield make
    for router in made:
        router.close()


@pytest.fixture(name="both")
def fixture_both(make):
    if not shutil.which("keepalived"):
        pytest.skip("there is no keepalived")
    return make("vigiad").start_vigiad(), make("keepalived").start_keepalived()


def kind(value):
    return "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value).__name__


def test_json_has_keepalived_s_structure(both):
    ours, theirs = (router.ask_json() for router in both)
    assert [each["data"]["iname"] for each in ours] == [each["data"]["iname"] for each in theirs] == ["VI_1", "VI_2"]
    for mine, other in zip(ours, theirs):
        assert list(mine) == list(other)
        for part in ("data", "stats"):
            missing = {key: value for key, value in other[part].items() if key not in mine[part]}
            assert set(missing) <= NOT_OURS, missing
            for key in mine[part]:
                assert kind(mine[part][key]) == kind(other[part][key]), key
        same = ("iname", "ifp_ifname", "vrid", "base_priority", "effective_priority", "vipset", "adver_int", "state",
                "wantstate", "version", "vips", "evips", "garp_delay", "garp_rep", "preempt_delay", "nopreempt", "accept",
                "auth_type")
        for key in same:
            assert mine["data"].get(key) == other["data"].get(key), key


def labels(text):
    return [re.sub(r":.*", "", line) for line in text.splitlines()]


def test_statistics_have_keepalived_s_lines(both):
    # Of what keepalived writes, half may be seen.
    def texts():
        return [labels(router.ask("STATS", "keepalived.stats")) for router in both]
    with contextlib.suppress(AssertionError):
        wait_for(lambda: len({tuple(text) for text in texts()}) == 1, "the same lines", timeout=10)
    ours, theirs = texts()
    assert ours == theirs


def test_the_state_has_keepalived_s_labels(both):
    def data(router):
        return router.ask("DATA", "keepalived.data")

    def headings(text):
        return [line for line in text.splitlines() if line.startswith("------<") and "Sockpool" not in line]
    # Of what keepalived writes, half may be seen.
    with contextlib.suppress(AssertionError):
        wait_for(lambda: headings(data(both[0])) == headings(data(both[1])), "the same headings", timeout=10)
    ours, theirs = (data(router) for router in both)
    assert headings(ours) == headings(theirs)
    for line in (" VRRP Instance = VI_1", "   State = MASTER", "   Interface = eth0", "   Virtual Router ID = 51",
                 "   Effective priority = 150", "   Advert interval = 1 sec", "   Gratuitous ARP delay = 5",
                 "   Virtual IP (2):", "     192.168.1.200/24 dev eth0 scope global set", "   Sync group = G1",
                 " VRRP Sync Group = G1, MASTER"):
        assert line in ours.splitlines(), line
        assert line in theirs.splitlines(), line


def test_statistics_start_again(make):
    router = make("vigiad").start_vigiad()
    sent = wait_for(lambda: router.ask_json()[0]["stats"]["advert_sent"], "adverts")
    assert "    Sent: 0" not in router.ask("STATS_CLEAR", "keepalived.stats").splitlines()[:4]
    wait_for(lambda: router.ask_json()[0]["stats"]["become_master"] == 0, "the counters to start again")
    assert sent >= 1


def test_files_where_the_configuration_says(make):
    router = make("vigiad")
    config = CONFIG.replace("router_id gw1", "router_id gw1\n json_version 2\n umask 022\n json_dump_file %s\n"
                            " stats_dump_file %s/\n data_use_instance\n" % (router.path("there.json"), router.directory))
    router.start_vigiad(config="instance blue\n" + config)
    assert [each["data"]["iname"] for each in router.ask_json(router.path("there.json"))["vrrp"]] == ["VI_1", "VI_2"]
    assert os.stat(router.path("there.json")).st_mode & 0o777 == 0o644
    assert router.ask("STATS", "keepalived.stats")
    assert " Instance name = blue" in router.ask("DATA", "keepalived_blue.data")


class Traps:
    """What somebody else may have put under a known name: links to what he has not written, and a file of his own."""
    KINDS = ("symlink", "hard link", "foreign")

    def __init__(self, router):
        self.victim = router.path("victim")
        with open(self.victim, "w") as file:
            file.write("precious")
        os.chmod(router.directory, 0o1777)

    def put(self, kind, path):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        if kind == "symlink":
            os.symlink(self.victim, path)
        elif kind == "hard link":
            os.link(self.victim, path)
        else:
            with open(path, "w") as file:
                file.write("mine")
            os.chown(path, 65534, 65534)
        return os.lstat(path).st_ino

    def check(self, kind, path):
        """Nothing was written by way of it."""
        with open(path if kind == "foreign" else self.victim) as file:
            assert file.read() == ("mine" if kind == "foreign" else "precious")


def test_what_somebody_has_put_into_a_shared_folder_is_replaced(make):
    router = make("vigiad").start_vigiad()
    traps = Traps(router)
    files = ("DATA", "keepalived.data"), ("STATS", "keepalived.stats"), ("JSON", "keepalived.json")
    for kind, (name, file) in itertools.product(Traps.KINDS, files):
        path = router.path(file)
        number = traps.put(kind, path)
        with open(path) as before:
            router.send(name)
            wait_for(lambda: os.lstat(path).st_ino != number, lambda: file + " to be another file\n" + router.read_log())
            assert before.read() == ("mine" if kind == "foreign" else "precious")
        about = os.lstat(path)
        assert stat.S_ISREG(about.st_mode) and about.st_uid == 0 and about.st_nlink == 1 and about.st_size > 100
    traps.check("symlink", None)


@pytest.mark.parametrize("option", ["--record=%s", "-p%s", "-t%s"])
def test_a_file_that_goes_on_is_not_taken_from_a_stranger(make, option):
    """It is refused, and so is the start."""
    router = make("vigiad")
    traps = Traps(router)
    with open(router.path("router.conf"), "w") as file:
        file.write(CONFIG)
    for kind in Traps.KINDS:
        traps.put(kind, router.path("file"))
        command = [*router.vigiad(), option % router.path("file")]
        done = subprocess.run(router.namespace.command(*command), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=PATIENCE)
        assert done.returncode != 0 and router.path("file") in done.stdout, done
        traps.check(kind, router.path("file"))


def test_a_log_file_is_not_taken_from_a_stranger(make):
    """There is none then, and that is said; the service goes on."""
    router = make("vigiad")
    traps = Traps(router)
    for kind in Traps.KINDS:
        traps.put(kind, router.path("file"))
        router.execute([*router.vigiad(), "-g=" + router.path("file")])
        wait_for(lambda: "vigiad: %s: " % router.path("file") in router.read_log() and "VI_2: INIT -> BACKUP" in router.read_log(), router.read_log)
        assert router.stop() == 0, router.read_log()
        traps.check(kind, router.path("file"))


def test_signum():
    for name, number in {"RELOAD": signal.SIGHUP, "STOP": signal.SIGTERM, **SIGNALS}.items():
        done = subprocess.run([os.path.join(BUILD, "vigiad"), "--signum=" + name], stdout=subprocess.PIPE, text=True)
        assert (done.returncode, done.stdout) == (0, "%d\n" % number)
    done = subprocess.run([os.path.join(BUILD, "vigiad"), "--signum=NONE"], stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and "DATA" in done.stderr
