# SPDX-License-Identifier: GPL-2.0-or-later
"""vigia lab start, exec, list, stop: a lab comes up as lab.conf says, and leaves nothing behind."""
import json
import os
import re
import subprocess

import pytest

from net import PATIENCE, wait_for
from small_lab import LAB, SmallLab, namespace, pids_in, vigia_lab

LINE = {
    'lab.conf': 'LAB_NAME="line"\npc1[0]=A\nr1[0]=A\nr1[1]="B/02:00:00:00:00:77"\npc2[0]=B\n',
    'pc1.startup': 'ip address add 10.0.1.10/24 dev eth0\nip route add default via 10.0.1.1\n',
    'r1.startup': 'ip address add 10.0.1.1/24 dev eth0\nip address add 10.0.2.1/24 dev eth1\n',
    'pc2.startup': 'ip address add 10.0.2.10/24 dev eth0\nip route add default via 10.0.2.1\n',
}


@pytest.fixture(scope='module', name='line')
def line_lab():
    with SmallLab(LINE) as lab:
        yield lab


def test_start_says_what_came_up(line):
    assert line.started.returncode == 0, line.started.stderr
    assert re.search(r': 3 devices, 4 interfaces, ready after \d+\.\d\d s$', line.started.stdout.strip())
    assert line.started.stderr == ''


def test_packets_are_routed(line):
    assert line.run('pc1', 'ping', '-c', '1', '-W', '2', '10.0.2.10').returncode == 0


def test_a_running_lab_is_not_started_twice(line):
    again = line.lab('start')
    assert again.returncode == 1
    assert 'is running already' in again.stderr


def test_exec_passes_exit_statuses_and_streams(line):
    assert line.run('pc1', 'sh', '-c', 'exit 7').returncode == 7
    assert line.run('pc1', 'true').returncode == 0
    missing = line.run('pc1', 'no-such-command')
    assert missing.returncode == 127 and 'no-such-command' in missing.stderr
    assert line.run('pc1', '/etc/passwd').returncode == 126
    killed = line.run('pc1', 'sh', '-c', 'kill -TERM $$')
    assert killed.returncode == 128 + 15
    both = line.run('pc1', 'sh', '-c', 'echo out; echo err >&2')
    assert (both.stdout, both.stderr) == ('out\n', 'err\n')
    with open('/etc/hostname', encoding='ascii') as text:
        assert line.run('pc1', 'wc', '-c', stdin=text).stdout.strip() == str(os.stat('/etc/hostname').st_size)


def test_one_argument_is_split_but_no_shell_runs(line):
    assert line.run('pc1', "sh -c 'echo a   b'").stdout == 'a b\n'
    assert line.run('pc1', 'echo $HOME | cat').stdout == '$HOME | cat\n'
    assert line.run('pc1', "echo 'open").returncode == 2


def test_a_wrong_device_is_told_with_the_right_ones(line):
    wrong = line.run('pc9', 'true')
    assert wrong.returncode == 1
    assert "there is no device 'pc9' in this lab: it has pc1, r1, pc2" in wrong.stderr


def test_every_interface_has_an_index_of_its_own(line):
    links = json.loads(line.output('r1', 'ip', '-j', 'link', 'show'))
    device = {link['ifname']: link for link in links}
    hub = {link['ifname']: link for link in json.loads(line.hub('ip', '-j', 'link', 'show'))}
    assert device['eth0']['ifindex'] == 2 and device['eth1']['ifindex'] == 3
    assert device['eth1']['address'] == '02:00:00:00:00:77'
    for name in ('eth0', 'eth1'):
        port = hub['r1-' + name]
        assert port['ifalias'] == 'r1:' + name
        assert port['ifindex'] >= 1001
        assert device[name]['link_index'] == port['ifindex'] != device[name]['ifindex']
        assert port['link_index'] == device[name]['ifindex']
    ports = [link['ifindex'] for link in hub.values()]
    assert len(ports) == len(set(ports))


def test_addresses_of_cards_are_the_same_at_each_start(line):
    before = line.output('pc1', 'cat', '/sys/class/net/eth0/address')
    assert line.lab('stop').returncode == 0
    assert line.lab('start').returncode == 0
    assert line.output('pc1', 'cat', '/sys/class/net/eth0/address') == before
    assert int(before[:2], 16) & 3 == 2


def test_the_network_is_set_as_kathara_sets_it(line):
    settings = {'ipv4/ip_forward': '1', 'ipv4/conf/all/rp_filter': '0', 'ipv4/conf/eth0/rp_filter': '0',
                'ipv4/icmp_ratelimit': '0', 'ipv6/conf/eth0/disable_ipv6': '1'}
    for name, value in settings.items():
        assert line.output('r1', 'cat', '/proc/sys/net/' + name).strip() == value, name
    assert line.output('r1', 'hostname').strip() == 'r1'
    assert '127.0.1.1\tr1' in line.output('r1', 'cat', '/etc/hosts')
    assert line.output('r1', 'cat', '/etc/resolv.conf') == ''


def test_list_shows_devices_and_cables(line):
    listed = vigia_lab('list', check=True).stdout
    assert str(line.directory) in listed
    assert re.search(r'^  r1 +ready +\d+ +eth0=A eth1=B$', listed, re.M)
    state = line.state()
    assert [device['name'] for device in state['devices']] == ['pc1', 'r1', 'pc2']
    assert all(device['ready'] for device in state['devices'])


def test_one_device_can_be_stopped_and_started(line):
    assert line.lab('stop', 'pc2').returncode == 0
    assert line.device('pc2')['pid'] == 0
    off = line.run('pc2', 'true')
    assert off.returncode == 1 and 'pc2 is powered off' in off.stderr
    assert line.run('pc1', 'ping', '-c', '1', '-W', '2', '10.0.1.1').returncode == 0
    assert line.lab('start', 'pc2').returncode == 0
    assert line.run('pc1', 'ping', '-c', '1', '-W', '2', '10.0.2.10').returncode == 0


def test_a_lab_can_be_started_in_part():
    with SmallLab(LINE, start=False) as lab:
        assert lab.lab('start', 'pc1', 'r1').returncode == 0
        assert lab.device('pc2')['pid'] == 0
        assert lab.run('pc1', 'ping', '-c', '1', '-W', '2', '10.0.1.1').returncode == 0
        wrong = lab.lab('start', 'pc7')
        assert wrong.returncode == 1 and "there is no device 'pc7'" in wrong.stderr


def test_a_hub_floods_and_keeps_other_carriers():
    conf = 'a[0]=X\nb[0]=X\nc[0]=X\n'
    with SmallLab({'lab.conf': conf}) as lab:
        bridge = json.loads(lab.hub('ip', '-j', '-d', 'link', 'show', 'cd-X'))[0]['linkinfo']['info_data']
        assert bridge['ageing_time'] == 0 and bridge['mcast_snooping'] == 0 and bridge['group_fwd_mask'] == '0xfff8'
        lab.hub('ip', 'link', 'set', 'a-eth0', 'down')
        wait_for(lambda: lab.output('a', 'cat', '/sys/class/net/eth0/carrier').strip() == '0', "a's carrier goes")
        for other in 'bc':
            assert lab.output(other, 'cat', '/sys/class/net/eth0/carrier').strip() == '1'
        lab.hub('ip', 'link', 'set', 'a-eth0', 'up')
        wait_for(lambda: lab.output('a', 'cat', '/sys/class/net/eth0/carrier').strip() == '1', "a's carrier is back")


def test_two_labs_run_side_by_side():
    with SmallLab(LINE) as first, SmallLab(LINE) as second:
        assert second.run('pc1', 'ping', '-c', '1', '-W', '2', '10.0.2.10').returncode == 0
        first.output('pc1', 'touch', '/etc/only-here')
        assert second.run('pc1', 'test', '-e', '/etc/only-here').returncode == 1
        lost = vigia_lab('exec', 'pc1', 'true')
        assert lost.returncode == 1 and 'say which with -d' in lost.stderr
        inside = vigia_lab('exec', 'pc1', 'test', '-e', '/etc/only-here', cwd=first.directory)
        assert inside.returncode == 0
        assert first.lab('stop').returncode == 0
        assert second.run('pc1', 'ping', '-c', '1', '-W', '2', '10.0.2.10').returncode == 0


def test_stop_leaves_nothing():
    with SmallLab(LINE) as lab:
        state = lab.state()
        spaces = {namespace(device['pid'], 'net') for device in state['devices']} | {namespace(state['supervisor'], 'net')}
        assert None not in spaces and len(spaces) == 4
        lab.shell('pc1', 'sleep 1000 > /dev/null 2>&1 &')
        mounts = open('/proc/self/mounts', encoding='utf-8').read()
        assert '/run/vigia/labs' not in mounts
        hashes = os.listdir('/run/vigia/labs')
        assert lab.lab('stop').returncode == 0
        assert pids_in(spaces) == []
        assert set(hashes) - set(os.listdir('/run/vigia/labs'))
        assert lab.state() is None
        again = lab.lab('stop')
        assert again.returncode == 1 and 'is not running' in again.stderr


def test_a_probe_ends_with_its_lab():
    with SmallLab({'lab.conf': 'a[0]=X\n', 'a.startup': 'ip link set lo up\n'}) as lab:
        with subprocess.Popen([LAB, 'probe', '-d', str(lab.directory), 'a', '127.0.0.1', '--json'],
                              stdout=subprocess.PIPE, text=True) as probe:
            wait_for(lambda: len(os.listdir(f'/proc/{probe.pid}/task')) > 1, 'the thread that sends')
            lab.lab('stop')
            report = json.loads(probe.communicate(timeout=PATIENCE)[0])
    assert report['sent'] > 0
