# SPDX-License-Identifier: GPL-2.0-or-later
"""Two gateways between two LANs, without NAT: a virtual router on each side and for each family, in a sync group per family.

    client --- lan (a bridge) --- gw1 eth0   gw1 eth1 --- up (a bridge) --- target
                              --- gw2 eth0   gw2 eth1 ---

All that the client sends goes by the virtual addresses of the LAN, all answers by those of the other side.
"""
import contextlib
import json
import socket
import struct
import threading
import time

from gateways import Gateway
from net import VRRP_ONLY, Capture, Namespace, Traffic, bridge, wait_for
from peers import read_adverts

TARGET4, TARGET6 = "10.0.0.100", "2001:db8:2::100"
# name -> version of IPv4, advert_int. IPv6 has version 3 always.
PROFILES = {"v2 1 s": (2, "1"), "v3 100 ms": (3, "0.1"), "v3 10 ms": (3, "0.01")}
MEMBERS = (("IN4", "eth0", 51, "192.168.1.200/24"), ("OUT4", "eth1", 52, "10.0.0.200/24"),
           ("IN6", "eth0", 53, "fe80::51"), ("OUT6", "eth1", 54, "fe80::52"))
RATE = 1000  # packets a second, each way, of each family
# A turn of an engine that is later than this, in seconds, may cost packets by right; one that is not may not. Less than what a Backup of
# 10 ms adverts waits, and than what a stop allows its successor beyond the protocol's time.
LATE = 0.02
TCP_RETRANSMITS = 100  # offset of tcpi_total_retrans in struct tcp_info


def configuration(profile, priority, more=lambda name: ""):
    version, interval = PROFILES[profile]
    text = "vrrp_sync_group G4 {\n group {\n IN4\n OUT4\n }\n}\nvrrp_sync_group G6 {\n group {\n IN6\n OUT6\n }\n}\n"
    for name, interface, vrid, address in MEMBERS:
        text += ("vrrp_instance %s {\n interface %s\n virtual_router_id %d\n version %d\n advert_int %s\n priority %d\n %s\n"
                 " virtual_ipaddress {\n %s\n }\n}\n" % (name, interface, vrid, version if name.endswith("4") else 3,
                                                         interval, priority, more(name), address))
    return text


class Connection:
    """One TCP connection through the gateways, over which lines go there and back all the time."""

    def __init__(self, lab, address):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.listener = lab.target.socket(family, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((address, 7778))
        self.listener.listen(64)
        self.where = (address, 7778)
        self.family = family
        self.lab = lab
        self.ending = False
        self.echoed = 0
        self.opened = 0  # other connections, one after the other
        self.asked_again = 0  # to open them
        self.broken = None
        self.threads = [threading.Thread(target=work, daemon=True) for work in (self.accept, self.talk, self.open_others)]
        for thread in self.threads:
            thread.start()

    def accept(self):
        self.listener.settimeout(0.1)
        while not self.ending:
            with contextlib.suppress(socket.timeout, OSError):
                there, _ = self.listener.accept()
                threading.Thread(target=self.echo, args=(there,), daemon=True).start()

    def echo(self, there):
        with there, contextlib.suppress(OSError):
            while not self.ending:
                data = there.recv(4096)
                if not data:
                    return
                there.sendall(data)

    def connect(self):
        end = self.lab.client.socket(self.family, socket.SOCK_STREAM)
        end.settimeout(60)
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        end.connect(self.where)
        return end

    @staticmethod
    def retransmits(end):
        return struct.unpack_from("I", end.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 192), TCP_RETRANSMITS)[0]

    def talk(self):
        try:
            with self.connect() as end:
                self.end = end
                while not self.ending:
                    end.sendall(b"x" * 100)
                    left = 100
                    while left > 0:
                        data = end.recv(left)
                        if not data:
                            raise OSError("the connection was closed")
                        left -= len(data)
                    self.echoed += 1
                    time.sleep(0.005)
        except OSError as error:
            self.broken = error

    def open_others(self):
        while not self.ending:
            with contextlib.suppress(OSError), self.connect() as end:
                self.asked_again += self.retransmits(end)
                self.opened += 1
            time.sleep(0.01)

    def lives(self):
        """How often something had to be sent again: of the connection, and of those that were opened."""
        assert self.broken is None, self.broken
        before, opened = self.echoed, self.opened
        wait_for(lambda: self.broken or (self.echoed > before + 5 and self.opened > opened + 1), "more lines over the connection")
        assert self.broken is None, self.broken
        return self.retransmits(self.end), self.asked_again

    def close(self):
        self.ending = True
        for thread in self.threads:
            thread.join()
        self.listener.close()


class HandoverLab:
    """The whole network. Nothing runs on the gateways until it is started."""

    def __init__(self, directory):
        self.lan, self.up = Namespace("lan"), Namespace("up")
        self.client, self.target = Namespace("client"), Namespace("target")
        self.gw1 = Gateway("gw1", directory, "192.168.1.1", "10.0.0.1", None, 110)
        self.gw2 = Gateway("gw2", directory, "192.168.1.2", "10.0.0.2", None, 100)
        self.gateways = (self.gw1, self.gw2)
        self.things = [self.gw1, self.gw2, self.lan, self.up, self.client, self.target]
        bridge(self.lan, "lan", {"client": (self.client, "eth0"), "gw1": (self.gw1.namespace, "eth0"),
                                 "gw2": (self.gw2.namespace, "eth0")})
        bridge(self.up, "upstream", {"target": (self.target, "eth0"), "gw1": (self.gw1.namespace, "eth1"),
                               "gw2": (self.gw2.namespace, "eth1")})
        for number, gateway in enumerate(self.gateways, 1):
            gateway.namespace.run(
                "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 && "
                "ip addr add %s/24 dev eth0 && ip addr add %s/24 dev eth1 && "
                "ip addr add 2001:db8:1::%d/64 dev eth0 nodad && ip addr add 2001:db8:2::%d/64 dev eth1 nodad"
                % (gateway.address, gateway.uplink_address, number, number))
        self.client.run("ip addr add 192.168.1.10/24 dev eth0 && ip addr add 2001:db8:1::10/64 dev eth0 nodad && "
                        "ip route add default via 192.168.1.200 && ip -6 route add default via fe80::51 dev eth0")
        self.target.run("ip addr add %s/24 dev eth0 && ip addr add %s/64 dev eth0 nodad && "
                        "ip route add 192.168.1.0/24 via 10.0.0.200 && "
                        "ip -6 route add 2001:db8:1::/64 via fe80::52 dev eth0" % (TARGET4, TARGET6))
        self.traffics = {}
        self.connections = {}
        self.interval = None

    def configure(self, profile, more=""):
        """more: lines of all virtual routers; "unicast" stands for those that list the other gateway."""
        self.interval = float(PROFILES[profile][1])
        for gateway in self.gateways:
            gateway.configure(configuration(profile, gateway.priority, lambda name, own=gateway: (
                self.unicast(own, name) if more == "unicast" else more)))

    def unicast(self, gateway, name):
        if name.endswith("4"):
            own, other = [getattr(one, "address" if name == "IN4" else "uplink_address") for one in (gateway, self.other(gateway))]
        else:
            own, other = ["2001:db8:%d::%d" % (1 if name == "IN6" else 2, self.gateways.index(one) + 1)
                          for one in (gateway, self.other(gateway))]
        return "unicast_src_ip %s\n unicast_peer {\n %s\n }" % (own, other)

    def start(self):
        """gw1 is master of all, and everything flows."""
        for gateway in self.gateways:
            gateway.start()
        self.wait_for_master(self.gw1)

    def begin_anew(self):
        """The same, whatever has become of them; the traffic goes on."""
        for gateway in self.gateways:
            if gateway.process.poll() is not None:
                gateway.start()
            else:
                vigia(gateway, "resume", "all")
        self.wait_for_master(self.gw1)
        self.flows()

    def begin_traffic(self):
        for address in (TARGET4, TARGET6):
            self.traffics[address] = Traffic(self.client, self.target, address, 1 / RATE)
            self.connections[address] = Connection(self, address)
        self.flows()

    def end_traffic(self):
        for thing in (*self.traffics.values(), *self.connections.values()):
            thing.close()
        self.traffics, self.connections = {}, {}

    def flows(self):
        for traffic in self.traffics.values():
            traffic.flows()
        return [connection.lives() for connection in self.connections.values()]

    def wait_for_master(self, gateway):
        """It is master of all, and the other one of none."""
        def so():
            states = [set(one.states().values()) for one in self.gateways if one.process and one.process.poll() is None]
            return set(gateway.states().values()) == {"MASTER"} and sum("MASTER" in seen for seen in states) == 1
        wait_for(so, lambda: "%s to be master of all\n%s\n%s" % (gateway.name, self.gw1.read_log(), self.gw2.read_log()))

    def skew_time(self, gateway):
        return self.interval * (256 - gateway.priority) / 256

    @contextlib.contextmanager
    def hearing(self):
        """A function that tells all adverts that the gateways send on both LANs, of both families, from now on."""
        with contextlib.ExitStack() as stack:
            captures = [stack.enter_context(contextlib.closing(Capture(lan, gateway.name, only=VRRP_ONLY)))
                        for lan in (self.lan, self.up) for gateway in self.gateways]
            yield lambda since=0.0: [advert for capture in captures for advert in read_adverts(capture, since)]

    def other(self, gateway):
        return self.gw2 if gateway is self.gw1 else self.gw1

    def lost_by(self, act):
        """How many packets of each family do not come back while act() hands over, and had to be sent again by TCP, on a connection
        and to open one."""
        before = self.flows()
        first = {address: traffic.sent for address, traffic in self.traffics.items()}
        act()
        after = self.flows()
        lost = {}
        for family, address, old, new in zip(("IPv4", "IPv6"), (TARGET4, TARGET6), before, after):
            lost["UDP " + family] = len(self.traffics[address].lost_since(first[address]))
            lost["TCP " + family] = new[0] - old[0]
            lost["new TCP " + family] = new[1] - old[1]
        return lost

    def late_turns(self):
        """{engine: how many of its turns were late} of those that run."""
        counted = {}
        for gateway in self.gateways:
            status = gateway.process.poll() is None and gateway.status()
            turns = {one["at_most"]: one["turns"] for one in status["lateness"]["histogram"]} if status else {None: 0}
            counted[gateway.pid("engine")] = turns[None] - max(
                [count for at_most, count in turns.items() if at_most and at_most <= LATE] or [0])
        return counted

    def was_late(self, before):
        """Whether an engine was since late_turns() said so."""
        return any(count > before.get(engine, 0) for engine, count in self.late_turns().items())

    def stop(self):
        """Asked twice, nobody waits for a successor."""
        self.end_traffic()

        def all_ended():
            running = [gateway.process for gateway in self.gateways if gateway.process and gateway.process.poll() is None]
            for process in running:
                process.terminate()
            return not running
        wait_for(all_ended, "both daemons to end", step=0.1)

    def close(self):
        self.end_traffic()
        for thing in self.things:
            thing.close()


def vigia(gateway, *arguments):
    """What it answers as JSON; it must have done what it was told."""
    done = gateway.vigia(*arguments, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)
