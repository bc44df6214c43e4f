# SPDX-License-Identifier: GPL-2.0-or-later
"""Lab 07-1 as tests and measurements use it: a copy of the directory with other daemons and timers, run by `vigia lab`."""
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from alarms import DEATHS, SIGNS, alarm
from net import PATIENCE, wait_for

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / 'labs' / '07-1-gateway'
VIRTUAL_ADDRESS = '192.168.1.200'
TARGET = '1.1.1.1'
GATEWAYS = ('gw1', 'gw2')

# name -> (version, advert_int)
TIMERS = {'v2 1 s': (2, '1'), 'v3 1 s': (3, '1'), 'v3 100 ms': (3, '0.1'), 'v3 10 ms': (3, '0.01')}


def vigia_program():
    """The `vigia` of $VIGIA_BUILD_DIR, else of build/."""
    return str(Path(os.environ.get('VIGIA_BUILD_DIR') or ROOT / 'build', 'vigia'))


class Probe:
    """A running `vigia lab probe`."""

    def __init__(self, lab, start, target):
        self.process = subprocess.Popen([vigia_program(), 'lab', 'probe', start, target, '--json', '-d', lab.directory],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def result(self):
        self.process.send_signal(signal.SIGINT)
        output, errors = self.process.communicate(timeout=PATIENCE)
        assert output, f'the probe said nothing: {errors}'
        return json.loads(output)


# What runs in a device, for which it has a /proc of its own.
KILL = """for process in /proc/[0-9]*; do
    case $(cat $process/comm) in %(programs)s) pids="$pids ${process#/proc/}";; esac
done
pids=$(echo $pids | tr ' ' '\\n' | sort -n | %(which)s)
kill -STOP $pids; kill -KILL $pids"""


class GatewayLab:
    """with GatewayLab(gw1='vigiad', gw2='keepalived', timers='v3 100 ms') as lab: ..."""

    def __init__(self, gw1='vigiad', gw2='vigiad', timers='v2 1 s', extra='', keepalived=None):
        self.daemons = {'gw1': gw1, 'gw2': gw2}
        self.version, self.advert_int = TIMERS[timers]
        self.extra = extra
        self.keepalived = keepalived  # another program than the installed one
        self.directory = None
        self.killed = set()

    def __enter__(self):
        self.directory = tempfile.mkdtemp(prefix='lab-07-1-')
        try:
            shutil.copytree(SOURCE, self.directory, dirs_exist_ok=True)
            self.configure()
            self.vigia('start')
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, error=None, *_):
        try:
            if not error:
                self.check()
        finally:
            self.end()

    def check(self):
        """Nothing of a vigiad has died but what was killed, nor done what it must not."""
        for gateway in (gateway for gateway, daemon in self.daemons.items() if daemon == 'vigiad'):
            done = self.vigia('exec', gateway, 'cat', '/var/log/vigiad.log', check=False)
            assert done.returncode == 0 or 'powered off' in done.stderr, done.stderr
            assert not alarm(done.stdout, SIGNS if gateway in self.killed else (*SIGNS, DEATHS)), done.stdout

    def end(self):
        subprocess.run([vigia_program(), 'lab', 'stop', '-d', self.directory], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=False)
        shutil.rmtree(self.directory, ignore_errors=True)

    def configure(self):
        with open(Path(self.directory, 'lab.conf'), 'a', encoding='utf-8') as conf:
            for gateway, daemon in self.daemons.items():
                conf.write(f'{gateway}[env]="GATEWAY_DAEMON={daemon}"\n')
        for gateway in GATEWAYS:
            if self.keepalived:
                unit = Path(self.directory, gateway, 'etc/systemd/system/keepalived.service')
                unit.parent.mkdir(parents=True, exist_ok=True)
                unit.write_text(f'[Service]\nExecStart={self.keepalived} --dont-fork --log-console --log-detail\n',
                                encoding='utf-8')
            path = Path(self.directory, gateway, 'etc/keepalived/keepalived.conf')
            text = path.read_text(encoding='utf-8')
            more = f'    version {self.version}\n    advert_int {self.advert_int}\n{self.extra}'
            path.write_text(re.sub(r'(virtual_router_id 51\n)', r'\1' + more, text), encoding='utf-8')

    def vigia(self, verb, *arguments, check=True):
        # -d first: what follows the device of `exec` belongs to the program in the device.
        command = [vigia_program(), 'lab', verb, '-d', self.directory, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
        assert not check or done.returncode == 0, f'{command}: exit {done.returncode}\n{done.stdout}{done.stderr}'
        return done

    def run(self, device, *program, check=True):
        return self.vigia('exec', device, *program, check=check).stdout

    def fault(self, kind, target):
        """Returns when it was done, in ns of CLOCK_MONOTONIC."""
        return json.loads(self.vigia('fault', kind, target, '--json').stdout)['at']

    def probe(self, start='client', target=TARGET):
        return Probe(self, start, target)

    def holds(self, gateway):
        done = self.vigia('exec', gateway, 'ip', '-4', '-o', 'address', 'show', 'dev', 'eth0', check=False)
        assert done.returncode == 0 or 'powered off' in done.stderr, done.stderr
        return f' {VIRTUAL_ADDRESS}/' in done.stdout

    def holders(self):
        return [gateway for gateway in GATEWAYS if self.holds(gateway)]

    def wait_for_master(self, gateway):
        """Until this gateway, and it alone, holds the virtual address."""
        wait_for(lambda: self.holders() == [gateway], f'{gateway} alone holds {VIRTUAL_ADDRESS}')

    def reaches(self):
        """Whether the client reaches the target just now."""
        return self.vigia('exec', 'client', 'ping', '-c', '1', '-W', '1', TARGET, check=False).returncode == 0

    def wait_until_served(self):
        wait_for(self.reaches, f'the client reaches {TARGET}')

    def stop_daemon(self, gateway):
        self.run(gateway, 'systemctl', 'stop', self.daemons[gateway])

    def start_daemon(self, gateway):
        self.run(gateway, 'systemctl', 'start', self.daemons[gateway])

    def kill_daemon(self, gateway, engine_only=False):
        """All of its processes at once, or only the one that speaks VRRP."""
        which = 'cat'
        self.killed.add(gateway)
        if self.daemons[gateway] == 'keepalived':
            programs = Path(self.keepalived or 'keepalived').name[:15]
            which = 'tail -n 1' if engine_only else which  # the parent is older
        else:
            programs = "'vigiad: vrrp'" if engine_only else 'vigiad*'
        self.run(gateway, 'sh', '-c', KILL % {'programs': programs, 'which': which})

    def down_interval(self, priority):
        """RFC 3768 6.1, RFC 9568 6.1, in seconds."""
        interval = float(self.advert_int)
        return 3 * interval + self.skew_time(priority)

    def skew_time(self, priority):
        unit = 1.0 if self.version == 2 else float(self.advert_int)
        return (256 - priority) * unit / 256


class Adverts:
    """The VRRP adverts that the client hears: with Adverts(lab) as adverts: ... adverts.all()."""

    LINE = re.compile(r'^([\d.]+) IP (\S+) > 224\.0\.0\.18: .*VRRPv([23]), Advertisement.*?vrid (\d+), prio (\d+)')

    def __init__(self, lab):
        self.lab = lab
        self.process = None
        self.output = None

    def __enter__(self):
        self.output = tempfile.NamedTemporaryFile(mode='r', prefix='adverts-')
        with open(self.output.name, 'w', encoding='utf-8') as sink:
            self.process = subprocess.Popen(
                [vigia_program(), 'lab', 'exec', '-d', self.lab.directory, 'client',
                 'tcpdump', '-nni', 'eth0', '-l', '-tt', 'vrrp'], stdout=sink, stderr=subprocess.DEVNULL)
        wait_for(self.all, 'the client hears an advert')
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=PATIENCE)
        self.output.close()

    def all(self):
        """[(wall clock in s, gateway, priority)]"""
        with open(self.output.name, encoding='utf-8') as lines:
            found = [self.LINE.match(line) for line in lines]
        return [(float(m[1]), 'gw' + m[2].rsplit('.', 1)[1], int(m[5])) for m in found if m]

    def since(self, moment):
        return [advert for advert in self.all() if advert[0] >= moment]

    def wait_for_master(self, gateway, moment):
        """The time of the gateway's first advert (priority above 0) since the moment."""
        def first():
            return next((advert[0] for advert in self.since(moment) if advert[1] == gateway and advert[2] > 0), None)
        return wait_for(first, f'{gateway} sends an advert')

    def assert_only(self, gateway, moment, count=3):
        """From the moment on `count` adverts are heard, and all of this gateway."""
        adverts = wait_for(lambda: (lambda found: found if len(found) >= count else None)(self.since(moment)),
                           f'{count} adverts after a handover')
        others = [advert for advert in adverts if advert[1] != gateway and advert[2] > 0]
        assert not others, f'{gateway} is master, and yet: {others}'
