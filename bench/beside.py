# SPDX-License-Identifier: GPL-2.0-or-later
"""What the measurements of this folder share: vigiad and keepalived as the same kind of thing, what their processes cost, and what
stands on the wire, read so fast that 40,000 adverts a second are no trouble.

Costs are processor time as the scheduler counts it (/proc/PID/task/*/schedstat), which other work on the machine hardly
moves; times are the kernel's stamps of frames, which it moves a lot.
"""
import contextlib
import os
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / 'tests' / 'lab'))
os.environ.setdefault('VIGIA_BUILD_DIR', str(ROOT / 'build'))
from net import Namespace, indexes, wait_for, wall_clock_ahead  # noqa: E402

BUILD = Path(os.environ['VIGIA_BUILD_DIR'])
DAEMONS = ('vigiad', 'keepalived')
PATIENCE = 60.0


def children_of(pid):
    found = []
    with contextlib.suppress(OSError):
        for task in os.listdir('/proc/%d/task' % pid):
            with open('/proc/%d/task/%s/children' % (pid, task)) as file:
                found += [int(child) for child in file.read().split()]
    return found


def descendants(pid):
    found = [pid]
    for child in children_of(pid):
        found += descendants(child)
    return found


class Daemon:
    """vigiad or keepalived in a namespace, quiet unless `more` says otherwise."""

    def __init__(self, kind, name, namespace, directory, keepalived='keepalived', more=()):
        self.kind, self.name, self.namespace = kind, name, namespace
        self.directory = Path(directory)
        self.config = self.directory / (name + '.conf')
        self.log = self.directory / (name + '.log')
        self.keepalived = keepalived
        self.more = more
        self.before = ()  # a command that runs it
        self.process = None

    def command(self):
        if self.kind == 'vigiad':
            return [str(BUILD / 'vigiad'), '-n', '-G', '-f', str(self.config),
                    '--control', str(self.directory / (self.name + '.sock'))]
        pids = [part for option in 'prcb' for part in ('-' + option, str(self.directory / ('%s-%s.pid' % (self.name, option))))]
        return [self.keepalived, '-n', '-G', '-P', '-f', str(self.config), *pids]

    def start(self):
        """When that was."""
        began = time.monotonic()
        with open(self.log, 'ab') as log:
            self.process = self.namespace.popen([*self.before, *self.command(), *self.more], stdout=log, stderr=subprocess.STDOUT)
        return began

    def pids(self):
        return descendants(self.process.pid)

    def engine_pid(self):
        """Of the process that speaks VRRP."""
        for pid in self.pids()[1:]:
            with contextlib.suppress(OSError), open('/proc/%d/cmdline' % pid, 'rb') as file:
                if self.kind == 'keepalived' or b'vrrp' in file.read().split(b'\0')[0]:
                    return pid
        return None

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def kill(self):
        """All of its processes, none of which can say a word about the others. When that was."""
        pids = self.pids()
        for number in (signal.SIGSTOP, signal.SIGKILL):
            began = time.monotonic()
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
        self.process.wait()
        return began

    def close(self):
        if self.process and self.process.poll() is None:
            self.kill()

    def spent(self):
        """Processor seconds of all its processes so far."""
        total = 0
        for pid in self.pids():
            with contextlib.suppress(OSError):
                for task in os.listdir('/proc/%d/task' % pid):
                    with open('/proc/%d/task/%s/schedstat' % (pid, task)) as file:
                        total += int(file.read().split()[0])
        return total / 1e9

    def memory(self):
        """Proportional set size of all its processes, in bytes."""
        total = 0
        for pid in self.pids():
            with contextlib.suppress(OSError), open('/proc/%d/smaps_rollup' % pid) as file:
                total += next(int(line.split()[1]) for line in file if line.startswith('Pss:'))
        return total * 1024


class Counters:
    """Packets that the interfaces of a namespace have passed; read without starting a program."""

    def __init__(self, namespace):
        self.path = '/proc/%d/net/dev' % namespace.holder.pid

    def read(self):
        """(received, sent)"""
        received = sent = 0
        with open(self.path) as file:
            for line in file.readlines()[2:]:
                name, numbers = line.split(':')
                if name.strip() != 'lo':
                    received += int(numbers.split()[1])
                    sent += int(numbers.split()[9])
        return received, sent


class Wire:
    """All adverts that a namespace sees, in and out: tcpdump into a file, read while it grows. Of each frame as much as has
    priority and VRID."""

    SNAP = 20 + 20 + 8  # SLL2, IPv4, the head of VRRP
    RECORD = struct.Struct('<IIII' + 'HHIHBB8s' + '12s4s4s' + 'BBBB4s')
    OUTGOING = 4

    def __init__(self, namespace, directory, name, which='', before=()):
        """which: a condition more, as tcpdump writes it."""
        self.path = Path(directory) / (name + '.pcap')
        self.process = namespace.popen(
            [*before, 'tcpdump', '-i', 'any', '-nn', '-s', str(self.SNAP), '-B', '65536', '-K',
             '--time-stamp-precision=nano', '-Z', 'root', '-w', str(self.path), 'ip proto 112' + which],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        os.set_blocking(self.process.stderr.fileno(), False)
        heard = []

        def listens():
            heard.append(self.process.stderr.read() or b'')
            return b'listening' in b''.join(heard)
        wait_for(listens, 'tcpdump to listen')
        self.ahead = wall_clock_ahead()
        self.at = 24
        self.adverts = []  # (when, (interface, VRID), priority, whether it came in)

    def read(self):
        """All of them so far, but for what tcpdump still holds back."""
        with open(self.path, 'rb') as file:
            file.seek(self.at)
            data = file.read()
        whole = len(data) // self.RECORD.size * self.RECORD.size
        self.at += whole
        for record in self.RECORD.iter_unpack(data[:whole]):
            seconds, rest = record[0], record[1]
            self.adverts.append(((seconds * 10**9 + rest - self.ahead) / 1e9, (record[6], record[15]), record[16],
                                 record[8] != self.OUTGOING))
        return self.adverts

    def firsts(self, since, incoming):
        """{virtual router: when it was first heard with a priority}"""
        found = {}
        for at, router, priority, came_in in self.read():
            if at >= since and priority and came_in == incoming:
                found.setdefault(router, at)
        return found

    def wait_for_all(self, count, since, incoming, timeout=PATIENCE):
        def heard():
            found = self.firsts(since, incoming)
            return found if len(found) >= count else None
        return wait_for(heard, lambda: '%d virtual routers of %d' % (len(self.firsts(since, incoming)), count),
                        timeout=timeout, step=0.2)

    def close(self):
        """Nothing is held back any more, then."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=PATIENCE)
        adverts = self.read()
        self.path.unlink(missing_ok=True)
        return adverts


class Pair:
    """Two gateways, with a cable between them for every 250 virtual routers."""

    PER_LAN = 250
    INSTANCE = ('vrrp_instance V%(lan)d_%(vrid)d {\n state BACKUP\n interface eth%(lan)d\n virtual_router_id %(vrid)d\n'
                ' version 3\n advert_int %(interval)s\n priority %(priority)d\n'
                ' virtual_ipaddress {\n  10.%(lan)d.1.%(vrid)d\n }\n}\n')
    PRIORITIES = (254, 252)

    def __init__(self, count, interval):
        self.count, self.interval = count, interval
        self.lans = -(-count // self.PER_LAN)
        self.namespaces = [Namespace('one'), Namespace('two')]
        one, two = self.namespaces
        batch = []
        for lan in range(self.lans):
            batch.append('link add eth%d index %d type veth peer name eth%d index %d netns %d'
                         % (lan, next(indexes), lan, next(indexes), two.holder.pid))
        self.batch(one, batch)
        for number, namespace in enumerate(self.namespaces, start=1):
            namespace.run('sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1')
            self.batch(namespace, [line for lan in range(self.lans) for line in (
                'link set eth%d up' % lan, 'address add 10.%d.0.%d/16 dev eth%d' % (lan, number, lan))])

    @staticmethod
    def batch(namespace, lines):
        done = subprocess.run(namespace.command('ip', '-batch', '-'), input='\n'.join(lines), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.returncode == 0, done.stdout

    def text(self, priority, changed=None):
        """changed: (number, priority) of one virtual router that differs."""
        parts = []
        for number in range(self.count):
            own = changed[1] if changed and changed[0] == number else priority
            parts.append(self.INSTANCE % {'lan': number // self.PER_LAN, 'vrid': number % self.PER_LAN + 1,
                                          'interval': self.interval, 'priority': own})
        return ''.join(parts)

    def close(self):
        for namespace in self.namespaces:
            namespace.close()


def median(values):
    """Of those that were had; None: of more than half there is none."""
    known = [value for value in values if value is not None]
    if 2 * len(known) <= len(values):
        return None
    return statistics.median(known)


def percentile(values, part):
    """None of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else None


def keepalived_version(program):
    done = subprocess.run([program, '--version'], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.stdout.split('\n')[0].split(' (')[0].removeprefix('Keepalived ')


def missing(keepalived):
    """What has to be there and is not, as a sentence; None: nothing."""
    if os.geteuid() != 0:
        return 'network namespaces need root'
    if not os.access(BUILD / 'vigiad', os.X_OK):
        return '%s is not there; build it with make, or set VIGIA_BUILD_DIR' % (BUILD / 'vigiad')
    if not shutil.which('tcpdump'):
        return 'tcpdump is missing; install it'
    if not shutil.which(keepalived):
        return '%s is not to be run; install keepalived or name a binary with --keepalived' % keepalived
    return None
