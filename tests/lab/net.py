# SPDX-License-Identifier: GPL-2.0-or-later
"""Networks for the lab tests: namespaces, cables, bridges, captures, and waiting for things to become so.

A namespace lives as long as a process that sleeps in it, and that process dies with the test program: a crash leaves
nothing behind. Every interface has an index of its own: equal indexes at the two ends of a cable make the kernel
report carrier up to a second late.
"""
import contextlib
import ctypes
import itertools
import os
import select
import signal
import socket
import struct
import subprocess
import threading
import time

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
ETH_P_ALL = 3
SO_ATTACH_FILTER, SO_RCVBUFFORCE, SO_TIMESTAMPNS = 26, 33, 35
VRRP_PROTOCOL = 112
# For the kernel, as `tcpdump -ddd` writes it: frames of IPv4 and IPv6 that carry VRRP.
VRRP_ONLY = ((0x28, 0, 0, 12), (0x15, 0, 2, 0x0800), (0x30, 0, 0, 23), (0x15, 3, 4, VRRP_PROTOCOL), (0x15, 0, 3, 0x86dd),
             (0x30, 0, 0, 20), (0x15, 0, 1, VRRP_PROTOCOL), (0x06, 0, 0, 0x40000), (0x06, 0, 0, 0))
# Seconds that all waiting has: only a test that fails ever waits so long, and a busy machine may stand still for a while.
PATIENCE = 60.0

indexes = itertools.count(1000)


def die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def wait_for(condition, what, timeout=PATIENCE, step=0.02):
    """Waits until the condition is true and returns what it returned. what: a text, or a function that makes it."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError("waited %.0f s in vain for: %s" % (timeout, what() if callable(what) else what))
        time.sleep(step)


def wall_clock_ahead():
    """How far it is ahead of CLOCK_MONOTONIC, in ns; asked again when this program was held up in between."""
    tries = []
    while len(tries) < 20:
        before, wall, after = time.monotonic_ns(), time.time_ns(), time.monotonic_ns()
        tries.append((after - before, wall - before))
        if after - before < 20000:
            break
    return min(tries)[1]


def process_state(pid):
    """A letter, as ps has it; None when there is no such process."""
    with contextlib.suppress(OSError), open("/proc/%d/stat" % pid) as file:
        return file.read().rsplit(")", 1)[1].split()[0]
    return None


class Namespace:
    """A network namespace with a loopback that is up."""

    def __init__(self, name):
        self.name = name
        self.holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"], preexec_fn=die_with_parent)
        own = os.readlink("/proc/self/ns/net")
        wait_for(lambda: os.readlink("/proc/%d/ns/net" % self.holder.pid) != own, "the namespace " + name)
        self.run("ip link set lo up")

    def command(self, *arguments):
        return ["nsenter", "--net=/proc/%d/ns/net" % self.holder.pid, *arguments]

    def run(self, command, check=True):
        """Runs a shell command in the namespace; its output."""
        done = subprocess.run(self.command("sh", "-c", command), text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        assert not check or done.returncode == 0, "%s: %s: %s" % (self.name, command, done.stdout)
        return done.stdout

    def popen(self, arguments, **options):
        return subprocess.Popen(self.command(*arguments), preexec_fn=die_with_parent, **options)

    @contextlib.contextmanager
    def entered(self):
        """This thread is in the namespace; sockets opened now stay there."""
        with open("/proc/self/ns/net") as home, open("/proc/%d/ns/net" % self.holder.pid) as there:
            assert LIBC.setns(there.fileno(), CLONE_NEWNET) == 0
            try:
                yield
            finally:
                assert LIBC.setns(home.fileno(), CLONE_NEWNET) == 0

    def socket(self, *arguments):
        with self.entered():
            return socket.socket(*arguments)

    def has_address(self, address, interface=None):
        where = " dev " + interface if interface else ""
        return " %s/" % address in self.run("ip -4 -o address show" + where, check=False)

    def end_stopped(self):
        """What a test has stopped obeys nobody, and would stay for ever when all others are gone."""
        if self.holder.poll() is not None:  # closed before
            return
        own = os.readlink("/proc/%d/ns/net" % self.holder.pid)
        for number in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):  # it has ended meanwhile
                if process_state(int(number)) == "T" and os.readlink("/proc/%s/ns/net" % number) == own:
                    os.kill(int(number), signal.SIGKILL)

    def close(self):
        self.end_stopped()
        self.holder.kill()
        self.holder.wait()


def cable(left, left_name, right, right_name):
    """A cable between two namespaces, both ends up."""
    left.run("ip link add %s index %d type veth peer name %s index %d netns %d"
             % (left_name, next(indexes), right_name, next(indexes), right.holder.pid))
    left.run("ip link set %s up" % left_name)
    right.run("ip link set %s up" % right_name)


def bridge(namespace, name, ends):
    """A bridge, with a cable from a port of each key of `ends` to the interface of a namespace that stands there."""
    namespace.run("ip link add %s type bridge && ip link set %s up" % (name, name))
    for port, (other, interface) in ends.items():
        cable(namespace, port, other, interface)
        namespace.run("ip link set %s master %s" % (port, name))


def send_frame(namespace, interface, frame):
    with namespace.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
        sender.bind((interface, 0))
        sender.send(frame)


def gratuitous_arp(mac, address):
    """An ARP request for the address from itself, broadcast."""
    ip = socket.inet_aton(address)
    return b"\xff" * 6 + mac + b"\x08\x06\x00\x01\x08\x00\x06\x04\x00\x01" + mac + ip + bytes(6) + ip + bytes(18)


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def vrrp_advert(mac, source, version, vrid, priority, interval, addresses, trailer=lambda message: b""):
    """A whole frame; the interval in seconds (version 2) or hundredths (version 3); trailer makes what follows the message."""
    source, group = socket.inet_aton(source), socket.inet_aton("224.0.0.18")
    middle = struct.pack("!BB", 0, interval) if version == 2 else struct.pack("!H", interval)
    body = b"".join(socket.inet_aton(address) for address in addresses) + (bytes(8) if version == 2 else b"")
    head = struct.pack("!BBBB", version << 4 | 1, vrid, priority, len(addresses)) + middle
    vrrp = head + b"\0\0" + body
    pseudo = source + group + struct.pack("!HH", VRRP_PROTOCOL, len(vrrp)) if version == 3 else b""
    vrrp = head + struct.pack("!H", checksum(pseudo + vrrp)) + body
    vrrp += trailer(vrrp)
    ip = struct.pack("!BBHHHBBH", 0x45, 0xc0, 20 + len(vrrp), 0, 0, 255, VRRP_PROTOCOL, 0) + source + group
    ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    return b"\x01\x00\x5e\x00\x00\x12" + mac + b"\x08\x00" + ip + vrrp


class Monitor:
    """Hears what `ip monitor` tells of a namespace, from the moment that it is made: lines that begin with their time."""

    def __init__(self, namespace, *kinds):
        self.namespace = namespace
        self.process = namespace.popen(["ip", "-ts", "-o", "monitor", *kinds], stdout=subprocess.PIPE)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.mark("10.200.0.1")

    def mark(self, address):
        """What was heard until an address of our own came by; it may come before anybody listens, so again and again."""
        heard = []

        def comes_by():
            self.namespace.run("ip addr add %s/32 dev lo && ip addr del %s/32 dev lo" % (address, address))
            heard.append(self.process.stdout.read() or b"")
            return address.encode() in b"".join(heard)
        wait_for(comes_by, "the monitor to hear of " + address)
        return b"".join(heard).decode().splitlines()

    def heard(self):
        """The lines since it was made, or since this was asked last, but for those of our own addresses."""
        return [line for line in self.mark("10.200.0.2") if "10.200.0." not in line]

    def close(self):
        self.process.kill()
        self.process.wait()


class Advert:
    """A VRRP packet, as far as tests ask about it."""

    def __init__(self, at, frame):
        packet = frame[14:]
        header = (packet[0] & 15) * 4
        self.at = at
        self.source_mac = frame[6:12]
        self.source = socket.inet_ntoa(packet[12:16])
        self.destination = socket.inet_ntoa(packet[16:20])
        self.destination_mac = frame[:6]
        self.tos, self.protocol, self.ttl = packet[1], packet[9], packet[8]
        self.header_is_sound = header == 20 and checksum(packet[:header]) == 0
        vrrp = packet[header:struct.unpack("!H", packet[2:4])[0]]
        self.version, self.type = vrrp[0] >> 4, vrrp[0] & 15
        self.vrid, self.priority, self.count = vrrp[1], vrrp[2], vrrp[3]
        self.addresses = [socket.inet_ntoa(vrrp[at:at + 4]) for at in range(8, 8 + 4 * self.count, 4)]
        self.rest = vrrp[8 + 4 * self.count:]
        self.auth_type, self.interval = (vrrp[4], vrrp[5]) if self.version == 2 else (None, vrrp[4] << 8 | vrrp[5])
        self.sum_of_message = checksum(vrrp)
        self.sum_with_pseudo_header = checksum(packet[12:20] + struct.pack("!HH", packet[9], len(vrrp)) + vrrp)

    def __repr__(self):
        return "<%.6f %s vrid %d priority %d>" % (self.at, self.source, self.vrid, self.priority)


class Capture:
    """Every frame that comes in by an interface, from now on, at the time at which the kernel got it. A stall of this
    program neither loses nor delays any: what the kernel has is there for who asks."""

    ROOM = 64 << 20

    def __init__(self, namespace, interface, protocol=ETH_P_ALL, only=()):
        """protocol: of Ethernet; with one of them, what leaves by the interface is not even looked at. only: a filter, as VRRP_ONLY."""
        self.frames = []
        self.lock = threading.Lock()
        with namespace.entered():
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(protocol))
            self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, self.ROOM)
            self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            if only:
                steps = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in only))
                self.socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", len(only), ctypes.addressof(steps)))
            self.socket.bind((interface, protocol))
        self.socket.setblocking(False)
        self.ending = False
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        while not self.ending:
            select.select([self.socket], [], [], 0.1)
            self.take()

    def take(self):
        ahead = wall_clock_ahead()
        with self.lock, contextlib.suppress(OSError):  # nothing more, or the interface is gone
            while True:
                frame, (stamp,), _, address = self.socket.recvmsg(2048, socket.CMSG_SPACE(16))
                if address[2] != socket.PACKET_OUTGOING:
                    seconds, rest = struct.unpack("ll", stamp[2])
                    self.frames.append(((seconds * 10**9 + rest - ahead) / 1e9, frame))

    def all(self):
        """[(when, frame)] of all that had come in before the call."""
        self.take()
        with self.lock:
            return list(self.frames)

    def adverts(self, source=None, priority=None, since=0.0):
        found = [Advert(at, frame) for at, frame in self.all()
                 if at >= since and frame[12:14] == b"\x08\x00" and frame[23] == VRRP_PROTOCOL]
        return [advert for advert in found
                if source in (None, advert.source) and priority in (None, advert.priority)]

    def gratuitous_arps(self, address, since=0.0):
        wanted = socket.inet_aton(address)
        return [(at, frame) for at, frame in self.all()
                if frame[12:14] == b"\x08\x06" and frame[28:32] == wanted and frame[38:42] == wanted and at >= since]

    def close(self):
        self.ending = True
        self.thread.join()
        self.socket.close()


class Traffic:
    """Asks an echo server a numbered question every few milliseconds and counts the answers."""

    PORT = 7777

    def __init__(self, client, server, address, interval=0.002):
        self.address = address
        self.interval = interval
        self.sent = 0
        self.answered = set()
        self.latest = -1
        self.ending = False
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.server = server.socket(family, socket.SOCK_DGRAM)
        self.server.bind((address, self.PORT))
        self.client = client.socket(family, socket.SOCK_DGRAM)
        for end in (self.server, self.client):
            end.settimeout(0.1)
            end.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, Capture.ROOM)  # a late reader loses nothing
        self.threads = [threading.Thread(target=work, daemon=True)
                        for work in (self.ask, self.echo, self.listen)]
        for thread in self.threads:
            thread.start()

    def ask(self):
        while not self.ending:
            with contextlib.suppress(OSError):
                self.client.sendto(struct.pack("!I", self.sent), (self.address, self.PORT))
            self.sent += 1
            time.sleep(self.interval)

    def echo(self):
        while not self.ending:
            with contextlib.suppress(socket.timeout, OSError):
                data, source = self.server.recvfrom(64)
                self.server.sendto(data, source)

    def listen(self):
        while not self.ending:
            with contextlib.suppress(socket.timeout, OSError):
                self.latest = struct.unpack("!I", self.client.recv(64))[0]
                self.answered.add(self.latest)

    def flows(self):
        """Whether an answer comes to a question that is asked now."""
        now = self.sent
        wait_for(lambda: self.latest >= now, "traffic")
        return True

    def lost_since(self, first):
        """Numbers of the questions from `first` on that were not answered; waits for those under way."""
        last = self.sent - 1
        wait_for(lambda: self.sent > last + 50, "more questions")

        def lost():
            return [number for number in range(first, last + 1) if number not in self.answered]
        with contextlib.suppress(AssertionError):
            wait_for(lambda: not lost(), "the last answers", timeout=3)
        return lost()

    def survives(self, act, undo, tries=5):
        """act() costs no packet. A machine that stands still costs some all the same: then undo(), and once more."""
        for _ in range(tries):
            first = self.sent
            act()
            self.flows()
            lost = self.lost_since(first)
            if not lost:
                return
            undo()
        raise AssertionError("lost in each of %d tries; in the last one %s" % (tries, lost))

    def close(self):
        self.ending = True
        for thread in self.threads:
            thread.join()
        self.server.close()
        self.client.close()
