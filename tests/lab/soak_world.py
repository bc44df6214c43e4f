# SPDX-License-Identifier: GPL-2.0-or-later
"""The network of the soak: three gateways, a client on one side of them, a host on the other one.

    client --- switch0 --- eth0  gw1, gw2, gw3  eth1 --- switch1 --- far (10.0.0.100, which speaks BFD)
"""
import contextlib
import json
import os
import select
import signal
import socket
import struct
import subprocess
import time

from gateways import Gateway
from net import Namespace, bridge, cable, checksum, process_state, wait_for
from soak_model import GATEWAYS, Settings

SWITCHES = {"eth0": "switch0", "eth1": "switch1"}
SYSCTLS = ("net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", "net.ipv4.conf.all.rp_filter=0",
           "net.ipv4.conf.default.rp_filter=0", "net.ipv4.conf.all.send_redirects=0",
           "net.ipv4.conf.default.send_redirects=0", "net.ipv6.conf.default.accept_dad=0",
           "net.ipv6.conf.all.keep_addr_on_down=1", "net.ipv6.conf.default.keep_addr_on_down=1")
FAR = """bfd_instance gw%d {
 neighbor_ip 10.0.0.%d
 source_ip 10.0.0.100
 min_rx 50
 min_tx 50
 multiplier 5
}
"""


class Member(Gateway):
    """A gateway, what it has been told, and how often its processes were killed since its guard was started."""

    def __init__(self, number, directory):
        super().__init__("gw%d" % number, directory, "192.168.1.%d" % number, "10.0.0.%d" % number, None, 100)
        self.number = number
        self.settings = Settings(number, str(directory))
        self.kills = {"engine": [], "front": [], "runner": []}
        self.trace = None  # that it records
        self.recorded_events = 0

    def ask(self, timeout=30, **request):
        """One order to the daemon; None when nobody answers."""
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(timeout)
                client.connect(self.control)
                client.sendall(json.dumps(request).encode() + b"\n")
                answer = b""
                while not answer.endswith(b"\n"):
                    part = client.recv(1 << 20)
                    if not part:
                        return None
                    answer += part
        except OSError:
            return None
        return json.loads(answer)

    def status(self):
        answer = self.ask(command="status")
        return answer["status"] if answer and answer.get("ok") else None

    def write(self):
        """The file, and what is tracked, as the settings say."""
        self.configure(self.settings.text())
        self.set_tracked()

    def set_tracked(self):
        fresh = self.settings.load_file + ".new"
        with open(fresh, "w") as file:
            file.write("%d\n" % self.settings.load)
        os.rename(fresh, self.settings.load_file)
        if self.settings.check:
            with open(self.settings.check_file, "w"):
                pass
        else:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.settings.check_file)

    def reload(self):
        self.configure(self.settings.text())
        return self.ask(command="reload")

    def begin(self, record=False):
        """The daemon, until it answers."""
        self.kills = {"engine": [], "front": [], "runner": []}
        self.settings.drained, self.settings.taken_over = set(), set()
        self.trace = self.path(".trace") if record else None
        self.recorded_events = 0
        if self.trace:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.trace)
        self.start(*(["--record", self.trace] if record else []))
        self.settings.alive = True
        wait_for(lambda: self.status() or self.process.poll() is not None, lambda: "an answer of " + self.name)
        assert self.process.poll() is None, "%s ended with %s\n%s" % (self.name, self.process.poll(), self.tail())

    def end(self):
        """Orderly."""
        self.settings.alive = False
        code = self.stop()
        assert code == 0, "%s ended with %s\n%s" % (self.name, code, self.tail())

    def may_kill(self, which):
        """Who dies often is not started again for a while: not more than that costs a few seconds."""
        return len([at for at in self.kills[which] if at > time.monotonic() - 130]) < 3

    def kill_one(self, which):
        pid = self.pid(which)
        if pid:
            self.kills[which].append(time.monotonic())
            os.kill(pid, signal.SIGKILL)

    def kill_guard(self):
        """The others see it go and end, each by itself."""
        children = self.children()
        self.settings.alive = False
        self.process.kill()
        self.process.wait()
        wait_for(lambda: not any(alive(pid) for pid in children), lambda: "the processes behind a guard to end\n" + self.tail())

    def crash(self):
        self.settings.alive = False
        self.kill_all()

    def children(self):
        with open("/proc/%d/task/%d/children" % (self.process.pid, self.process.pid)) as file:
            return [int(word) for word in file.read().split()]

    def tail(self, size=6000):
        return self.read_log()[-size:]

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=10)
        super().close()


def alive(pid):
    return process_state(pid) not in ("Z", "X", None)


class World:
    def __init__(self, directory):
        self.directory = str(directory)
        self.switch, self.client = Namespace("switch"), Namespace("client")
        self.things = [self.switch, self.client]
        notify = os.path.join(self.directory, "notify")
        with open(notify, "w") as file:
            file.write("#!/bin/sh\nexec sleep $1\n")
        os.chmod(notify, 0o755)
        self.far = Gateway("far", directory, "10.0.0.100", None, None, 100)
        self.far.configure("".join(FAR % (number, number) for number in GATEWAYS))
        self.far_lives = False
        self.members = [Member(number, directory) for number in GATEWAYS]
        self.things = [self.far, *self.members, *self.things]
        bridge(self.switch, "switch0", {"client": (self.client, "eth0")})
        bridge(self.switch, "switch1", {"far": (self.far.namespace, "eth0")})
        for name in SWITCHES.values():  # so that a port that comes forwards at once, to all
            self.switch.run("ip link set %s type bridge forward_delay 0 stp_state 0 mcast_snooping 0" % name)
        self.client.run("ip addr add 192.168.1.10/24 dev eth0; ip -6 addr add 2001:db8:1::10/64 dev eth0 nodad; "
                        "ip route add 10.0.0.0/24 via 192.168.1.202; "
                        "sysctl -qw net.ipv4.conf.all.accept_redirects=0")
        self.far.namespace.run("ip addr add 10.0.0.100/24 dev eth0; ip route add 192.168.1.0/24 via 10.0.0.200")
        for member in self.members:
            for name in SYSCTLS:
                member.namespace.run("sysctl -qw " + name)
            for interface in SWITCHES:
                self.connect(member, interface)
        self.prober = Prober(self.client)

    def port(self, member, interface):
        return "%s-%s" % (member.name, interface)

    def connect(self, member, interface):
        """A new cable; it replaces the one before."""
        port, number = self.port(member, interface), member.number
        member.namespace.run("ip link del %s" % interface, check=False)
        cable(self.switch, port, member.namespace, interface)
        self.switch.run("ip link set %s master %s" % (port, SWITCHES[interface]))
        if interface == "eth0":
            member.namespace.run("ip addr add 192.168.1.%d/24 dev eth0; ip -6 addr add 2001:db8:1::%d/64 dev eth0 nodad" % (number, number))
        else:
            member.namespace.run("ip addr add 10.0.0.%d/24 dev eth1" % number)

    def start_far(self):
        self.far.start()
        self.far_lives = True

    def start(self):
        self.start_far()
        for member in self.members:
            member.write()
            member.begin()

    def close(self):
        self.prober.close()
        for thing in self.things:
            thing.close()


class Prober:
    """Asks addresses whether they answer (ICMP echo)."""

    def __init__(self, namespace):
        self.namespace = namespace
        self.sockets = {4: namespace.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP),
                        6: namespace.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)}
        self.number = 0

    def silent(self, addresses, patience=1.0):
        """Those that do not answer."""
        self.number = (self.number + 1) & 0xffff
        body = struct.pack("!HH", os.getpid() & 0xffff, self.number)
        for address in addresses:
            with contextlib.suppress(OSError):
                if ":" in address:  # the kernel sums
                    self.sockets[6].sendto(b"\x80\0\0\0" + body, (address, 0))
                else:
                    sent = checksum(b"\x08\0\0\0" + body)
                    self.sockets[4].sendto(b"\x08\0" + struct.pack("!H", sent) + body, (address, 0))
        missing, end = set(addresses), time.monotonic() + patience
        while missing and time.monotonic() < end:
            ready, _, _ = select.select(list(self.sockets.values()), [], [], max(0.0, end - time.monotonic()))
            for one in ready:
                data, source = one.recvfrom(2048)
                if one is self.sockets[4]:
                    data = data[(data[0] & 15) * 4:]
                if data[0] in (0, 129) and data[4:8] == body:
                    missing.discard(source[0])
        return missing

    def close(self):
        for one in self.sockets.values():
            one.close()
