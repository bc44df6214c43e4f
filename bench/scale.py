# SPDX-License-Identifier: GPL-2.0-or-later
"""What very many virtual routers cost: one life of a pair of gateways, measured from the start to a takeover."""
import shutil
import subprocess
import tempfile
import time

from beside import Counters, Daemon, Pair, Wire, percentile
from net import wait_for
from standstill import Standstill

# (key, text, unit, digits). Where less is better, which is everywhere.
ROWS = (
    ('start', 'all master after the start', 's', 2),
    ('sent', 'processor time per advert sent', 'us', 2),
    ('received', 'processor time per advert received', 'us', 2),
    ('memory', 'memory of all processes, master', 'MiB', 1),
    ('memory_backup', 'memory of all processes, backup', 'MiB', 1),
    ('jitter_50', 'an advert is off its time: median', 'ms', 3),
    ('jitter_99', 'of 99 %', 'ms', 3),
    ('jitter_max', 'the latest', 'ms', 1),
    ('lost', 'adverts that were never sent', '', 0),
    ('reload', 'reload of the same file: processor time', 's', 3),
    ('reload_late', 'the latest advert meanwhile', 'ms', 1),
    ('changed', 'reload with one of them changed: processor time', 's', 3),
    ('changed_seen', 'until the change is on the wire', 's', 2),
    ('takeover', 'all taken over after a kill', 's', 2),
)


def use(daemon, counters, seconds):
    """(processor seconds, packets received, packets sent) of so long a time."""
    spent, (received, sent) = daemon.spent(), counters.read()
    began = time.monotonic()
    time.sleep(seconds)
    now = daemon.spent()
    after = counters.read()
    return now - spent, after[0] - received, after[1] - sent, time.monotonic() - began


def gaps(adverts, since, interval):
    """(by how much each advert is off its time, in ms; how many are missing)"""
    last, off, lost = {}, [], 0
    for at, router, _, _ in adverts:
        if at < since:
            continue
        if router in last:
            gap = at - last[router]
            missed = max(0, round(gap / interval) - 1)
            lost += missed
            off.append(1000 * abs(gap - (missed + 1) * interval))
        last[router] = at
    return off, lost


def measure_reload(pair, wire, daemon, usual, changed):
    """(processor seconds beyond what its adverts cost, latest advert in ms, seconds until the change was heard).
    usual: the cost of an advert."""
    window = max(3.0, 3 * pair.interval)
    daemon.config.write_text(pair.text(Pair.PRIORITIES[0], changed))
    since = time.monotonic()
    daemon.reload()
    spent, _, sent, _ = use(daemon, Counters(daemon.namespace), window)
    spent -= usual * sent
    heard = [advert for advert in wire.read() if advert[0] >= since - pair.interval]
    seen = next((at - since for at, _, priority, _ in heard if changed and at >= since and priority == changed[1]), None)
    off, _ = gaps(heard, 0, pair.interval)
    return spent, max(off, default=None), seen


class Life:
    """One pair of the same kind; found holds what has been measured so far."""

    def __init__(self, kind, count, interval, seconds, keepalived, progress):
        self.kind, self.seconds, self.progress = kind, seconds, progress
        self.directory = tempfile.mkdtemp(prefix='bench-scale-')
        self.pair = Pair(count, interval)
        self.daemons = [Daemon(kind, name, namespace, self.directory, keepalived)
                        for name, namespace in zip(('gw1', 'gw2'), self.pair.namespaces)]
        for daemon, priority in zip(self.daemons, Pair.PRIORITIES):
            daemon.config.write_text(self.pair.text(priority))
        self.wires = []
        self.found = {}

    def listen(self):
        self.wires.append(Wire(self.pair.namespaces[1], self.directory, 'wire%d' % len(self.wires)))
        return self.wires[-1]

    def start(self):
        wire = self.listen()
        began = self.daemons[0].start()
        self.found['start'] = max(wire.wait_for_all(self.pair.count, began, True).values()) - began
        wire.close()
        time.sleep(6 + self.pair.interval)  # the second announcements are over

    def steady(self):
        one, two = self.daemons
        spent, _, sent, _ = use(one, Counters(one.namespace), self.seconds)
        self.found['sent'] = 1e6 * spent / sent
        self.attend()
        spent, received, _, _ = use(two, Counters(two.namespace), self.seconds)
        self.found['received'] = 1e6 * spent / received
        self.found['memory'] = one.memory() / 2**20
        self.found['memory_backup'] = two.memory() / 2**20

    def attend(self):
        """gw2 starts and listens."""
        two = self.daemons[1]
        two.start()
        wait_for(lambda: self.is_member(two), 'gw2 to listen', step=0.1)
        time.sleep(2 + 2 * self.pair.interval)

    def settled(self, wire):
        """Whether gw1 is the only one who speaks, of all: a reload may have moved some."""
        since = time.monotonic() - 1.5 * self.pair.interval - 1
        lately = [advert for advert in wire.read() if advert[0] > since]
        return len({router for _, router, _, came_in in lately if came_in}) >= self.pair.count and \
            all(came_in for _, _, _, came_in in lately)

    def is_member(self, daemon):
        with open('/proc/%d/net/igmp' % daemon.namespace.holder.pid) as file:
            return file.read().count('120000E0') >= self.pair.lans

    def wire(self):
        wire = self.listen()
        since = time.monotonic()
        time.sleep(self.seconds + self.pair.interval)
        wire.close()
        off, self.found['lost'] = gaps(wire.adverts, since, self.pair.interval)
        self.found.update(jitter_50=percentile(off, 0.5), jitter_99=percentile(off, 0.99), jitter_max=max(off))

    def reload(self):
        wire = self.listen()
        one = self.daemons[0]
        time.sleep(2 * self.pair.interval)
        spent, _, sent, _ = use(one, Counters(one.namespace), self.seconds)
        usual = spent / sent
        self.found['reload'], self.found['reload_late'], _ = measure_reload(self.pair, wire, one, usual, None)
        self.found['changed'], _, self.found['changed_seen'] = measure_reload(
            self.pair, wire, one, usual, (self.pair.count // 2, 253))
        wire.close()

    def takeover(self):
        wire = self.listen()
        wait_for(lambda: self.settled(wire), 'gw1 alone to be master', step=0.2)
        began = self.daemons[0].kill()
        self.found['takeover'] = max(wire.wait_for_all(self.pair.count, began, False).values()) - began
        wire.close()

    def run(self, *steps):
        """All steps, or these."""
        try:
            for step in steps or (self.start, self.steady, self.wire, self.reload, self.takeover):
                self.progress(f'{self.kind}, {self.pair.count} x {self.pair.interval} s: {step.__name__}')
                step()
        except (AssertionError, OSError, ZeroDivisionError, ValueError) as error:
            # What was measured before is good.
            self.progress(f'{self.kind}: {step.__name__}: {error}\n')
        finally:
            self.close()
        return self.found

    def close(self):
        for wire in self.wires:
            if wire.process.poll() is None:
                wire.close()
        for daemon in self.daemons:
            daemon.close()
        self.pair.close()
        shutil.rmtree(self.directory, ignore_errors=True)


ONE_CORE_ROWS = (
    ('jitter_99', '99 % of adverts are off their time by no more than', 'ms', 2),
    ('jitter_max', 'the latest', 'ms', 1),
    ('lost', 'adverts that were 5 ms late or more, or never sent', '', 0),
    ('lost_then', 'of these, while the machine itself stood still', '', 0),
    ('false', 'adverts of the backup', '', 0),
    ('holes', 'times that the machine itself stood still for more than 2 ms', '', 0),
    ('hole_max', 'the longest of them', 'ms', 1),
)


def held_up(adverts, since, interval, holes):
    """How many of those that gaps() calls missing fell into a hole of the machine, or were due in one."""
    last, count = {}, 0
    for at, router, _, _ in adverts:
        if at < since:
            continue
        due = last.get(router, at) + interval
        missed = max(0, round((at - due) / interval))
        if missed and any(begin < at and until > due for begin, until in holes):
            count += missed
        last[router] = at
    return count


def one_core(kind, seconds, keepalived, progress):
    """1000 x 10 ms: both gateways on one core, while the other one is busy. A tenth of them is looked at, and all that the backup
    says."""
    life = Life(kind, 1000, 0.01, seconds, keepalived, progress)
    here, there = ('taskset', '-c', '0'), ('taskset', '-c', '1')
    for daemon in life.daemons:
        daemon.before = here
    busy = subprocess.Popen([*there, 'sh', '-c', 'while :; do :; done'])
    standstill = None
    try:
        progress(f'{kind}, 1000 x 0.01 s on one core')
        life.daemons[0].start()
        time.sleep(8)
        life.attend()
        wire = Wire(life.pair.namespaces[1], life.directory, 'wire', ' and (ip[21] <= 25 or ip[15] = 2)', there)
        life.wires.append(wire)
        standstill = Standstill(0)
        since = time.monotonic()
        time.sleep(seconds)
        holes = standstill.long()
        wire.close()
        heard = [advert for advert in wire.adverts if advert[3]]
        off, lost = gaps(heard, since, 0.01)
        return {'jitter_99': percentile(off, 0.99), 'jitter_max': max(off, default=None), 'lost': lost,
                'lost_then': held_up(heard, since, 0.01, holes), 'false': sum(not advert[3] for advert in wire.adverts),
                'holes': len(holes), 'hole_max': max((1000 * (until - begin) for begin, until in holes), default=0)}
    except (AssertionError, OSError) as error:
        progress(f'{kind}: {error}\n')
        return {}
    finally:
        if standstill:
            standstill.close()
        busy.kill()
        busy.wait()
        life.close()


def log_options(kind, keepalived, path):
    """In detail into a file, at once; where a keepalived cannot, its console is one."""
    if kind == 'vigiad' or '--log-file' in subprocess.run([keepalived, '--help'], text=True, check=False, stdout=subprocess.PIPE,
                                                          stderr=subprocess.STDOUT).stdout:
        return '-D', '--flush-log-file', '--log-file=%s' % path
    return '-D', '-l'


def takeover_with_log(kind, detail, keepalived, progress):
    """Seconds until gw2 has taken over 1000 x 100 ms; detail: while it logs all to a file, at once."""
    life = Life(kind, 1000, 0.1, 1.0, keepalived, progress)
    if detail:
        two = life.daemons[1]
        two.more = log_options(kind, keepalived, two.directory / 'detail.log')
    return life.run(life.start, life.attend, life.takeover).get('takeover')
