# SPDX-License-Identifier: GPL-2.0-or-later
"""The course's network in namespaces, with a vigiad on each of two gateways.

    client --- lan (a bridge) --- gw1 eth0   gw1 eth1 --- target (1.1.1.1)
                              --- gw2 eth0   gw2 eth1 ---
"""
import contextlib
import os
import signal
import subprocess
import time

from alarms import SIGNS, alarm
from control import status_of
from net import PATIENCE, Capture, Namespace, Traffic, bridge, cable, wait_for

BUILD = os.environ.get("VIGIA_BUILD_DIR", "")
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VIRTUAL = "192.168.1.200"

# Short, so that tests do not take long; but a Backup hears nothing for 1.8 s before it takes over: a machine that stands
# still for a second moves nothing. Skew_Time of priority 99 is 307 ms.
INTERVAL = 0.5
CONFIG = """
vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    version 3
    advert_int %(interval)s
    priority %(priority)d
    %(more)s
    track_interface {
        eth1
    }
    virtual_ipaddress {
        192.168.1.200
    }
    virtual_routes {
        default gw %(next_hop)s
    }
}
"""


def instance_text(vrid, priority, interface="eth0", advert_int=INTERVAL, version=3, addresses=(VIRTUAL,), more=""):
    """The configuration of one virtual router, named after its interface and VRID."""
    return """vrrp_instance V%s_%d {\n interface %s\n virtual_router_id %d\n version %d\n advert_int %s\n priority %d\n %s
 virtual_ipaddress {\n  %s\n }\n}\n""" % (interface, vrid, interface, vrid, version, advert_int, priority, more,
                                      "\n  ".join(addresses))


class Gateway:
    def __init__(self, name, directory, address, uplink_address, next_hop, priority):
        self.name = name
        self.directory = str(directory)
        self.address = address
        self.uplink_address = uplink_address
        self.next_hop = next_hop
        self.priority = priority
        self.control = self.path(".sock")
        self.config = self.path(".conf")
        self.log = self.path(".log")
        self.process = None
        self.alarming = list(SIGNS)  # in the log, at the end
        self.programs = BUILD
        self.namespace = Namespace(name)
        self.configure()

    def path(self, ending):
        return os.path.join(self.directory, self.name + ending)

    def text(self, priority=None, more="", interval=INTERVAL):
        """CONFIG for this gateway, with `more` in the virtual router's block."""
        return CONFIG % {"priority": priority or self.priority, "next_hop": self.next_hop, "more": more, "interval": interval}

    def configure(self, text=None, priority=None, more="", interval=INTERVAL):
        with open(self.config, "w") as file:
            file.write(text or self.text(priority, more, interval))

    def slide_configuration(self):
        self.config = os.path.join(SOURCE, "labs/07-1-gateway", self.name, "etc/keepalived/keepalived.conf")

    def arguments(self, *more):
        return [os.path.join(self.programs, "vigiad"), "-f", self.config, "--control", self.control, *more]

    def start(self, *more, before=()):
        """before: the words of a program that executes the daemon."""
        with open(self.log, "a") as log:
            self.process = self.namespace.popen([*before, *self.arguments("-n", "-l", "-D", *more)], stdout=log,
                                                stderr=subprocess.STDOUT)
        return self

    def vigia(self, *arguments):
        return subprocess.run([os.path.join(self.programs, "vigia"), *arguments, "--control", self.control], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def status(self):
        """The status as JSON; None when the daemon does not answer."""
        return status_of(self.control)

    def instances(self):
        """None of them while the daemon does not answer."""
        status = self.status()
        return status["instances"] if status else []

    def instance(self):
        return next(iter(self.instances()), None)

    def drops(self):
        """How many adverts of the first instance were dropped, by reason; those with none are left out."""
        return {reason: count for reason, count in self.instance()["drops"].items() if count}

    def state(self):
        instance = self.instance()
        return instance["state"] if instance else None

    def states(self):
        """Of all instances, by name."""
        return {one["name"]: one["state"] for one in self.instances()}

    def wait_for_state(self, state):
        wait_for(lambda: self.state() == state, lambda: "%s to become %s\n%s" % (self.name, state, self.read_log()))

    def wait_until_backup(self):
        """A Backup that has heard its master: only then it waits a whole Master_Down_Interval for the next advert."""
        wait_for(lambda: (self.instance() or {}).get("peer") and self.state() == "BACKUP",
                 lambda: "%s to hear its master\n%s" % (self.name, self.read_log()))

    def read_log(self):
        with open(self.log, errors="replace") as file:  # a line of a configuration is any bytes
            return file.read()

    def pid(self, which):
        """Of the "guard", the "engine", the "front", the "runner" or the "starter"; None when it does not run."""
        def number(path):
            try:
                with open(path) as file:
                    return int(file.read())
            except (OSError, ValueError):
                return None
        if which == "guard":
            return number(self.path(".pid"))
        if which == "engine":
            return number(self.path("-vrrp.pid"))
        guard = self.pid("guard")
        if guard is None:
            return None
        children = self.namespace.run("cat /proc/%d/task/*/children" % guard, check=False).split()
        for child in children:
            with contextlib.suppress(OSError), open("/proc/%s/comm" % child) as name, open("/proc/%s/cmdline" % child) as line:
                # Its name is the number of the descriptor that it was started by, as that of others, which come and go.
                is_front = line.read().split("\0")[0] == "vigiad-front"
                if is_front if which == "front" else name.read().strip() == "vigiad: " + which:
                    return int(child)
        return None

    def kill(self, which, number=signal.SIGKILL):
        pid = self.pid(which)
        os.kill(pid, number)
        return pid

    def pids(self):
        """Of all its processes, the guard's last."""
        guard = self.process.pid
        return [*map(int, self.namespace.run("cat /proc/%d/task/*/children" % guard).split()), guard]

    def kill_all(self):
        """At once: none has the time to clean up behind another one. Pid files may be those of the dead, still. When it began."""
        pids = self.pids()
        began = time.monotonic()
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
        self.process.wait(timeout=PATIENCE)
        return began

    def kill_engines(self, count):
        """One after the other, as soon as each is master. The guard starts the next one at once, after 1, 2, 4... s."""
        for _ in range(count):
            self.wait_for_state("MASTER")
            self.kill("engine")

    def rules(self):
        """What nft lists of the daemon's tables, but for those that are there all the time: the gateway's own one, and
        for_afterwards()."""
        return self.namespace.run("nft list ruleset | sed -E '/^table (ip nat|.*\\.(after|alive)) /,/^}/d'")

    def for_afterwards(self):
        """The tables that silence the virtual addresses when nobody lives."""
        return [name for name in self.namespace.run("nft list tables").split() if name.endswith((".after", ".alive"))]

    def has_address(self):
        return self.namespace.has_address(VIRTUAL, "eth0")

    def has_route(self):
        return "default via %s" % self.next_hop in self.namespace.run("ip route show", check=False)

    def holds(self):
        return self.has_address() and self.has_route()

    def holds_nothing(self):
        return not self.has_address() and not self.has_route()

    def stop(self):
        """Orderly; the exit code."""
        self.process.terminate()
        return self.process.wait(timeout=PATIENCE)

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.namespace.close()
        assert not os.path.exists(self.log) or not alarm(self.read_log(), self.alarming), self.read_log()


class Lone(Gateway):
    """A gateway with nobody else on its network."""

    def __init__(self, directory):
        super().__init__("lone", directory, "192.168.1.1", "10.0.0.1", "10.0.0.100", 100)
        self.other = Namespace("other")
        for interface, address in (("eth0", self.address), ("eth1", self.uplink_address)):
            cable(self.other, interface, self.namespace, interface)
            self.namespace.run("ip addr add %s/24 dev %s" % (address, interface))
        self.plain()

    def plain(self, more="", instance="", interval=0.1):
        self.configure(more + """
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    version 3
    advert_int %s
    %s
    virtual_ipaddress {
        %s
    }
}
""" % (interval, instance, VIRTUAL))

    def start_and_wait(self, *more):
        """A daemon that died may have left the address behind: so it must answer, too."""
        self.start(*more)
        wait_for(lambda: self.has_address() and self.instances(), "the virtual address\n" + self.read_log())
        return self

    def close(self):
        super().close()
        self.other.close()


class Gateways:
    """The whole network. Nothing runs on the gateways until it is started."""

    def __init__(self, directory):
        self.lan = Namespace("lan")
        self.client = Namespace("client")
        self.target = Namespace("target")
        self.gw1 = Gateway("gw1", directory, "192.168.1.1", "10.0.0.1", "10.0.0.100", 100)
        self.gw2 = Gateway("gw2", directory, "192.168.1.2", "10.1.1.1", "10.1.1.100", 99)
        self.things = [self.gw1, self.gw2, self.lan, self.client, self.target]
        bridge(self.lan, "lan", {"client": (self.client, "eth0"), "gw1": (self.gw1.namespace, "eth0"),
                                 "gw2": (self.gw2.namespace, "eth0")})
        self.client.run("ip addr add 192.168.1.10/24 dev eth0 && ip route add default via " + VIRTUAL)
        self.target.run("ip addr add 1.1.1.1/32 dev lo")
        for gateway in (self.gw1, self.gw2):
            self.connect_uplink(gateway)
            gateway.namespace.run(
                "ip addr add %s/24 dev eth0 && sysctl -qw net.ipv4.ip_forward=1 && nft add table ip nat && "
                "nft 'add chain ip nat post { type nat hook postrouting priority 100; }' && "
                "nft add rule ip nat post oifname eth1 masquerade" % gateway.address)
        self.capture = Capture(self.client, "eth0")
        self.things.insert(0, self.capture)

    def connect_uplink(self, gateway):
        cable(self.target, gateway.name, gateway.namespace, "eth1")
        gateway.namespace.run("ip addr add %s/24 dev eth1" % gateway.uplink_address)
        self.target.run("ip addr add %s/24 dev %s" % (gateway.next_hop, gateway.name))

    def pull_uplink(self, gateway, there=False):
        """The cable of eth1: the far end goes down, the near one loses its carrier."""
        self.target.run("ip link set %s %s" % (gateway.name, "up" if there else "down"))

    def pull_lan(self, gateway, there=False):
        self.lan.run("ip link set %s %s" % (gateway.name, "up" if there else "down"))

    def start(self):
        """Both gateways, until gw1 is master of all and gw2 its backup, which has never been anything else."""
        self.gw1.start()
        self.gw1.wait_for_state("MASTER")
        self.gw2.start()
        self.gw2.wait_until_backup()
        self.wait_for_gw1()
        return self

    def wait_for_gw1(self):
        self.wait_for_master(self.gw1, self.gw2)

    def wait_for_master(self, master, other, ask=True):
        """By what stands in the kernel; and, unless ask is false, by what the master says itself."""
        wait_for(lambda: master.holds() and other.holds_nothing() and (not ask or master.state() == "MASTER"),
                 lambda: "%s to hold everything and %s nothing\n%s\n%s"
                 % (master.name, other.name, master.read_log(), other.read_log() if other.process else ""))

    def traffic(self):
        """From the client through the virtual gateway, already flowing."""
        traffic = Traffic(self.client, self.target, "1.1.1.1")
        self.things.insert(0, traffic)
        traffic.flows()
        return traffic

    def close(self):
        for thing in self.things:
            thing.close()
