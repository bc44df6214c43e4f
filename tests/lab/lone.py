# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine that is alone on its network, with one vigiad or more."""
import contextlib
import glob
import os
import signal
import subprocess

from alarms import DEATHS, SIGNS, alarm
from control import status_of
from net import Namespace, cable, wait_for

BUILD = os.environ.get("VIGIA_BUILD_DIR", "")
PREPARE = """
ip link add red type vrf table 500 && ip link set red up || true
ip link add tun type veth peer name tun-far; ip link set tun up; ip link set tun-far up
ip -6 addr add 2001:db8:a::1/64 dev eth0 nodad
ip addr add 10.0.0.1/24 dev eth0
sysctl -qw net.ipv4.conf.all.rp_filter=0
"""


class Machine(Namespace):
    def __init__(self, name):
        super().__init__(name)
        self.far = Namespace(name + "-far")
        cable(self, "eth0", self.far, "eth0")
        self.run(PREPARE)

    def close(self):
        super().close()
        self.far.close()


class Daemon:
    """vigiad in a machine; its files are in a directory of its own."""

    def __init__(self, machine, directory):
        self.machine = machine
        self.programs = BUILD
        self.config = os.path.join(directory, "vigiad.conf")
        self.log = os.path.join(directory, "log")
        self.control = os.path.join(directory, "sock")
        self.process = None
        self.kills = 0  # of single processes, by the test

    def start(self, text):
        with open(self.config, "w") as file:
            file.write(text)
        with open(self.log, "a") as log:
            self.process = self.machine.popen(
                [os.path.join(self.programs, "vigiad"), "-n", "-l", "-D", "-f", self.config, "--control", self.control,
                 "--pid", os.path.join(os.path.dirname(self.config), "pid"),
                 "--vrrp_pid", os.path.join(os.path.dirname(self.config), "vrrp-pid")],
                stdout=log, stderr=subprocess.STDOUT)
        wait_for(lambda: self.instances() or self.process.poll() is not None, self.read_log)
        assert self.process.poll() is None, self.read_log()

    def vigia_command(self, *arguments):
        return [os.path.join(self.programs, "vigia"), *arguments, "--control", self.control]

    def vigia(self, *arguments):
        return subprocess.run(self.vigia_command(*arguments), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def reload(self, text):
        with open(self.config, "w") as file:
            file.write(text)
        done = self.vigia("reload")
        assert done.returncode == 0, done.stderr + done.stdout

    def status(self):
        return status_of(self.control) or {}

    def instances(self):
        return self.status().get("instances", [])

    def read_log(self):
        with open(self.log) as file:
            return file.read()

    def wait_for_state(self, state):
        wait_for(lambda: [one["state"] for one in self.instances()] == [state],
                 lambda: "%s: %s" % (state, self.read_log()))

    def kill(self, which, number=signal.SIGKILL):
        """Its number, which it soon has no more."""
        pid = self.pid(which)
        os.kill(pid, number)
        self.kills += 1
        return pid

    def pid(self, which):
        """Of the "guard" or the "engine"; 0 when it does not run."""
        with contextlib.suppress(OSError, ValueError), open(os.path.join(os.path.dirname(self.config), {
                "guard": "pid", "engine": "vrrp-pid"}[which])) as file:
            return int(file.read())
        return 0

    def waits_for_the_kernel(self):
        """Whether a thread beside the engine's own does."""
        found = []
        for path in glob.glob("/proc/%d/task/*/stat" % self.pid("engine")):
            with open(path) as file:
                found.append((path.split("/")[4], file.read().rpartition(")")[2].split()[0]))
        return any(state == "D" and thread != str(self.pid("engine")) for thread, state in found)

    def kill_all(self):
        """All processes at once: none has the time to clean up behind another one."""
        guard = self.process.pid
        children = self.machine.run("cat /proc/%d/task/*/children" % guard).split()
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in [guard, *map(int, children)]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
        self.process.wait()
        self.process = None

    def stop(self):
        """It has done all it was asked for, and nothing of it has died or done what it must not."""
        if not self.process:
            return
        self.process.terminate()
        code, self.process = self.process.wait(), None
        assert code == 0, "exit code %d\n%s" % (code, self.read_log())
        self.check()

    def check(self):
        log = self.read_log()
        assert not alarm(log, SIGNS) and log.count(DEATHS) == self.kills, log


def instance(more, name="V", vrid=51, address="10.0.0.200"):
    return """vrrp_instance %s {\n interface eth0\n virtual_router_id %d\n version 3\n advert_int 0.1\n priority 100
 virtual_ipaddress {\n  %s\n }\n%s}\n""" % (name, vrid, address, more)


def block(name, lines):
    return " %s {\n%s }\n" % (name, "".join("  %s\n" % line for line in lines))
