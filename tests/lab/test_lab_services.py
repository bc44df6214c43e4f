# SPDX-License-Identifier: GPL-2.0-or-later
"""systemctl, service and the init scripts in a device, where no systemd runs."""
import signal
from pathlib import Path

import pytest

from net import wait_for
from small_lab import SmallLab

UNIT = '''[Unit]
Description=A service of a test

[Service]
EnvironmentFile=-/etc/default/ticker
Environment="WORD=two words"
RuntimeDirectory=ticker
ExecStartPre=/bin/sh -c 'echo prepared > /run/ticker/prepared'
ExecStart=/bin/sh -c 'trap "echo reloaded" HUP; echo "$WORD $$" \\
    $EXTRA; while :; do sleep 0.05; done'
'''

FILES = {
    'lab.conf': 'a[0]=X\nb[0]=X\n',
    'a/etc/systemd/system/ticker.service': UNIT,
    'a/etc/systemd/system/broken.service': '[Service]\nExecStart=/bin/sh -c "echo no luck; exit 4"\n',
    'a/etc/default/ticker': 'EXTRA=extra\n',
    'a/etc/keepalived/keepalived.conf': 'vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n priority 100\n'
                                        ' virtual_ipaddress {\n 192.168.1.200\n }\n}\n',
    'a.startup': 'ip address add 192.168.1.1/24 dev eth0\n',
    'b.startup': 'ip address add 192.168.1.2/24 dev eth0\n',
}


@pytest.fixture(scope='module', name='lab')
def services_lab():
    usual = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as under nohup, which is nothing to the device
    try:
        with SmallLab(FILES) as lab:
            assert lab.started.returncode == 0 and lab.started.stderr == ''
            yield lab
    finally:
        signal.signal(signal.SIGHUP, usual)


def active(lab, name, device='a'):
    outcome = lab.run(device, 'systemctl', 'is-active', name)
    assert outcome.stdout.strip() == ('active' if outcome.returncode == 0 else 'inactive')
    return outcome.returncode == 0


def test_a_unit_is_run_by_its_file(lab):
    assert not active(lab, 'ticker')
    started = lab.run('a', 'systemctl', 'start', 'ticker.service')
    assert started.returncode == 0, started.stderr
    assert active(lab, 'ticker')
    assert lab.output('a', 'cat', '/run/ticker/prepared') == 'prepared\n'
    wait_for(lambda: lab.output('a', 'cat', '/var/log/ticker.log').startswith('two words $ extra'), 'its words')
    assert lab.run('a', 'systemctl', 'reload', 'ticker').returncode == 0
    wait_for(lambda: 'reloaded' in lab.output('a', 'cat', '/var/log/ticker.log'), lambda: 'the reload arrives:\n' + lab.output(
        'a', 'sh', '-c', 'tail -v /var/log/ticker.log; ps -eo pid,ppid,stat,ignored,caught,pending,args'))
    status = lab.run('a', 'systemctl', 'status', 'ticker')
    assert status.returncode == 0 and 'active (running)' in status.stdout and 'reloaded' in status.stdout
    before = lab.output('a', 'cat', '/run/vigia-lab/ticker.pid')
    assert lab.run('a', 'service', 'ticker', 'restart').returncode == 0
    assert lab.output('a', 'cat', '/run/vigia-lab/ticker.pid') != before
    assert lab.run('a', 'systemctl', 'stop', 'ticker').returncode == 0
    assert not active(lab, 'ticker')
    assert lab.run('a', 'systemctl', 'status', 'ticker').returncode == 3


def test_a_service_that_dies_at_once_is_told(lab):
    def broken_start():
        started = lab.run('a', 'systemctl', 'start', 'broken')
        return started if started.returncode != 0 else None  # on a busy machine, it may have outlived the look at it
    broken = wait_for(broken_start, 'its end to be seen')
    assert 'exit status 4' in broken.stderr and 'no luck' in broken.stderr


def test_unknown_things_are_told(lab):
    unknown = lab.run('a', 'systemctl', 'start', 'nothing')
    assert unknown.returncode == 5 and 'Unit nothing.service not found' in unknown.stderr
    assert lab.run('a', 'systemctl', 'fly', 'ticker').returncode == 1
    assert lab.run('a', 'systemctl', 'daemon-reload').returncode == 0
    assert lab.run('a', 'systemctl', 'enable', 'ticker').returncode == 0


@pytest.mark.parametrize('daemon', ['vigiad', 'keepalived'])
def test_gateway_daemons(lab, daemon):
    if daemon == 'keepalived' and not Path('/usr/sbin/keepalived').exists():
        pytest.skip('keepalived is not installed')
    started = lab.run('a', 'systemctl', 'start', daemon)
    assert started.returncode == 0, started.stderr
    wait_for(lambda: '192.168.1.200' in lab.output('a', 'ip', 'address', 'show', 'eth0'), 'it becomes master')
    assert active(lab, daemon)
    assert lab.run('a', '/etc/init.d/' + daemon, 'status').returncode == 0
    stopped = lab.run('a', 'systemctl', 'stop', daemon)
    assert stopped.returncode == 0 and stopped.stderr == ''
    wait_for(lambda: '192.168.1.200' not in lab.output('a', 'ip', 'address', 'show', 'eth0'), 'its address goes')


@pytest.mark.skipif(not Path('/usr/lib/frr/ospfd').exists(), reason='frr is not installed')
def test_frr_and_quagga_labs():
    ospf = 'router ospf\n network 10.0.0.0/8 area 0\n'
    files = {
        'lab.conf': 'f[0]=A\nf[1]=B\nq[0]=B\nq[1]=C\n',
        'f/etc/frr/daemons': 'zebra=yes\nospfd=yes\nbgpd=no\nospfd_options="  -A 127.0.0.1"\n',
        'f/etc/frr/frr.conf': ospf,
        'f.startup': 'ip address add 10.0.1.1/24 dev eth0\nip address add 10.0.2.1/24 dev eth1\nsystemctl start frr\n',
        'q/etc/quagga/daemons': 'zebra=yes\nospfd=yes\n',
        'q/etc/quagga/ospfd.conf': 'hostname ospfd\n' + ospf,
        'q.startup': 'ip address add 10.0.2.2/24 dev eth0\nip address add 10.0.3.1/24 dev eth1\n/etc/init.d/zebra start\n',
    }
    with SmallLab(files) as lab:
        assert 'warning' not in lab.started.stderr, lab.started.stderr
        for device, service, daemon in (('f', 'frr', 'ospfd'), ('q', 'quagga', 'ospfd')):
            assert active(lab, service, device)
            assert daemon in lab.output(device, 'ps', '-e', '-o', 'comm=')
        assert 'area 0' in lab.output('f', 'vtysh', '-c', 'show running-config')
        assert 'ospf' in lab.output('q', 'vtysh', '-c', 'show running-config')
        assert lab.run('f', 'systemctl', 'stop', 'frr').returncode == 0
        assert not active(lab, 'frr', 'f')
