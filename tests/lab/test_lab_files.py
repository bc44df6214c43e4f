# SPDX-License-Identifier: GPL-2.0-or-later
"""What a device sees of files: the lab's folders and scripts, the host's system without the host's own settings."""
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from net import PATIENCE
from small_lab import LAB, SmallLab, vigia_lab

CONF = '''one[0]=A
one[ipv6]=true
one[exec]="echo from exec > /tmp/exec"
one[sysctl]=net.ipv4.ip_forward=0
one[env]=COLOUR=deep blue
one[ulimit]=nofile=512:1024
one[volume]="material|/srv/material"
one[volume]="own|/srv/own|rw"
two[0]=A
two[shell]=/bin/sh
'''

FILES = {
    'lab.conf': CONF,
    'shared.startup': 'echo "$(hostname) shared" >> /tmp/order\n',
    'one.startup': b'\xef\xbb\xbfecho one >> /tmp/order\r\necho "$COLOUR" > /tmp/colour\r\n'
                   b'ip -o link show eth0 > /tmp/link\r\ntest ! -e /tmp/EOS\r\n',
    'one.shutdown': 'cp /tmp/order /shared/one.order\necho one >> /shared/shutdown\n',
    'shared.shutdown': 'echo "$(hostname) shared" >> /shared/shutdown\n',
    'two.startup': 'echo two >> /tmp/order\nfalse\ntrue\n',
    'one/etc/motd': b'hello\r\nagain\r\n',
    'one/etc/keepalived/keepalived.conf': '! ours\n',
    'one/usr/local/bin/tool': '#!/bin/sh\necho tool\n',
    'one/bin/in-bin': '#!/bin/sh\necho in bin\n',
    'one/root/data.bin': b'\x00\r\n\x01',
    'shared/common': 'for all\n',
    'material/book': 'text\n',
    'own/note': 'text\n',
}


@pytest.fixture(scope='module', name='lab')
def files_lab():
    with SmallLab(FILES, start=False) as lab:
        os.chmod(lab.directory / 'one/usr/local/bin/tool', 0o755)
        os.chmod(lab.directory / 'one/bin/in-bin', 0o755)
        (lab.directory / 'one/etc/linked').symlink_to('motd')
        (lab.directory / 'one/etc/outside').symlink_to('../../../../../../etc/hostname')
        lab.started = lab.lab('start')
        yield lab


def test_startup_scripts_run_in_order_after_the_interfaces(lab):
    assert lab.output('one', 'cat', '/tmp/order') == 'one shared\none\n'
    assert lab.output('two', 'cat', '/tmp/order') == 'two shared\ntwo\n'
    assert 'LOWER_UP' in lab.output('one', 'cat', '/tmp/link')
    assert lab.run('one', 'test', '-e', '/tmp/EOS').returncode == 0
    assert lab.output('one', 'cat', '/tmp/exec') == 'from exec\n'
    assert '+ echo one' in lab.output('one', 'cat', '/var/log/startup.log')
    assert lab.run('one', 'test', '-s', '/var/log/shared.log').returncode == 0


def test_options_work(lab):
    assert lab.output('one', 'cat', '/proc/sys/net/ipv4/ip_forward').strip() == '0'
    assert lab.output('one', 'cat', '/proc/sys/net/ipv6/conf/eth0/disable_ipv6').strip() == '0'
    assert lab.output('two', 'cat', '/proc/sys/net/ipv6/conf/eth0/disable_ipv6').strip() == '1'
    assert lab.output('one', 'cat', '/tmp/colour') == 'deep blue\n'
    assert lab.output('one', 'printenv', 'COLOUR') == 'deep blue\n'
    assert lab.output('one', 'sh', '-c', 'ulimit -Sn; ulimit -Hn') == '512\n1024\n'
    assert lab.output('two', 'printenv', 'SHELL') == '/bin/sh\n'


def test_the_device_folder_is_copied_over(lab):
    assert lab.output('one', 'cat', '/etc/motd') == 'hello\nagain\n'
    assert lab.output('one', 'tool') == 'tool\n'
    assert lab.output('one', 'in-bin') == 'in bin\n'
    assert lab.run('one', 'test', '-L', '/bin').returncode == 0
    assert lab.output('one', 'stat', '-c', '%U %a', '/usr/local/bin/tool') == 'root 755\n'
    assert lab.output('one', 'wc', '-c', '/root/data.bin').startswith('4 ')
    assert lab.output('one', 'cat', '/etc/linked') == 'hello\nagain\n'
    assert lab.run('one', 'test', '-L', '/etc/linked').returncode == 1
    assert lab.run('two', 'grep', '-q', 'hello', '/etc/motd').returncode != 0


def test_a_link_out_of_the_lab_brings_nothing_of_the_host(lab):
    assert lab.run('one', 'test', '-L', '/etc/outside').returncode == 0
    assert lab.output('one', 'cat', '/etc/outside') == 'one\n'


def test_the_lab_folder_is_not_written_to(lab):
    lab.output('one', 'sh', '-c', 'echo changed > /etc/motd')
    assert (lab.directory / 'one/etc/motd').read_bytes() == b'hello\r\nagain\r\n'


def test_shared_is_shared(lab):
    assert lab.output('two', 'cat', '/shared/common') == 'for all\n'
    lab.output('two', 'sh', '-c', 'echo two > /shared/from-two')
    assert lab.output('one', 'cat', '/shared/from-two') == 'two\n'
    assert (lab.directory / 'shared/from-two').read_text() == 'two\n'


def test_shared_works_without_a_folder_and_the_lab_stays_as_it_is():
    with SmallLab({'lab.conf': 'a[0]=X\nb[0]=X\n'}) as lab:
        assert lab.shell('a', 'echo x > /shared/note').returncode == 0
        assert lab.output('b', 'cat', '/shared/note') == 'x\n'
        assert os.listdir(lab.directory) == ['lab.conf']
    with SmallLab({'lab.conf': 'a[0]=X\n'}, start=False) as lab:
        (lab.directory / 'shared').symlink_to('/etc')
        outcome = lab.lab('start')
        assert outcome.returncode == 1 and 'must be a directory, not a link' in outcome.stderr
        assert lab.state() is None, 'a lab without a device is not left behind'


def test_volumes(lab):
    assert lab.output('one', 'cat', '/srv/material/book') == 'text\n'
    assert lab.shell('one', 'echo x > /srv/material/new').returncode != 0
    assert lab.shell('one', 'echo x > /srv/own/new').returncode == 0
    assert (lab.directory / 'own/new').exists()


def test_the_host_stays_as_it_is(lab):
    before = {name: Path(name).read_bytes() for name in ('/etc/hosts', '/etc/hostname', '/etc/passwd')}
    outcome = lab.shell('one', 'echo x >> /etc/hosts; echo x > /etc/hostname; rm /etc/passwd; touch /usr/bin/new /new; '
                               'rm -rf /usr/share/man; echo x > /var/lib/new; echo x > /tmp/vigia-test; echo x > /run/new')
    assert outcome.returncode == 0, outcome.stderr
    for name, text in before.items():
        assert Path(name).read_bytes() == text
    for name in ('/usr/bin/new', '/new', '/var/lib/new', '/tmp/vigia-test', '/run/new'):
        assert not Path(name).exists()
    assert Path('/usr/share/man').is_dir()
    assert lab.run('two', 'test', '-e', '/new').returncode == 1


def test_the_hosts_own_settings_are_hidden(lab):
    assert lab.output('two', 'sh', '-c', 'ls -A /root /home /srv /opt /mnt | grep -v :$ | grep .; true') == ''
    assert lab.run('two', 'test', '-e', '/etc/keepalived/keepalived.conf').returncode == 1
    assert lab.output('one', 'cat', '/etc/keepalived/keepalived.conf') == '! ours\n'
    assert lab.output('two', 'sh', '-c', 'cut -d: -f2 /etc/shadow | sort -u') == '*\n'
    assert lab.output('two', 'sh', '-c', 'find /var/log -type f | sort') == '/var/log/shared.log\n/var/log/startup.log\n'
    assert lab.output('two', 'sh', '-c', 'ls -A /tmp | sort | tr "\\n" " "') == 'EOS order '


def test_a_system_on_several_file_systems():
    """/usr, /var and /var/log mounted on their own: each is copied on write, what is hidden stays hidden."""
    kind = subprocess.run(['stat', '-f', '-c', '%T', '/'], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    if kind in ('overlayfs', 'tmpfs'):
        pytest.skip(f'a mount of {kind} is not taken for a part of the system')
    with SmallLab({'lab.conf': 'a[0]=X\n'}, start=False) as lab:
        mounts = 'mount --make-rprivate / && for d in /usr /var /var/log /var/cache/apt; do mount --bind $d $d || exit; done; '
        started = subprocess.run(['unshare', '-m', 'sh', '-c', mounts + 'exec "$0" start -d "$1"', LAB, str(lab.directory)],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, timeout=PATIENCE)
        assert started.returncode == 0, started.stderr
        places = {line.split()[1] for line in lab.output('a', 'cat', '/proc/mounts').splitlines() if ' overlay ' in line}
        assert places == {'/', '/usr', '/var', '/var/log', '/var/cache/apt'}
        assert lab.output('a', 'sh', '-c', 'command -v systemctl') == '/usr/local/sbin/systemctl\n'
        assert lab.output('a', 'sh', '-c', 'find /var/log /var/cache/apt -type f') == ''
        assert lab.shell('a', 'touch /usr/bin/new /var/lib/new /var/log/new').returncode == 0
        for name in ('/usr/bin/new', '/var/lib/new', '/var/log/new'):
            assert not Path(name).exists()


def test_samples_stand_where_the_course_looks(lab):
    if not Path('/usr/share/doc/keepalived/samples').is_dir():
        pytest.skip('keepalived is not installed')
    copied = lab.shell('one', 'cp /etc/keepalived/samples/keepalived.conf.track_interface /etc/keepalived/keepalived.conf')
    assert copied.returncode == 0


def test_our_programs_are_those_of_this_build(lab):
    ours = Path(os.environ['VIGIA_BUILD_DIR'], 'vigiad')
    assert lab.output('one', 'sh', '-c', 'command -v vigiad') == '/usr/local/sbin/vigiad\n'
    assert lab.output('one', 'stat', '-L', '-c', '%i', '/usr/local/sbin/vigiad').strip() == str(ours.stat().st_ino)
    assert lab.shell('one', 'echo x > /usr/local/lib/vigia/vigiad').returncode != 0


def test_an_installed_runner_shows_what_is_installed(tmp_path):
    runner = shutil.copy(LAB, tmp_path)
    with SmallLab({'lab.conf': 'a[0]=X\n'}, start=False) as lab:
        subprocess.run([runner, 'start', '-q', '-d', str(lab.directory)], check=True, timeout=PATIENCE)
        assert lab.output('a', 'ls', '/usr/local/lib/vigia') == ''
        assert lab.run('a', 'test', '-e', '/usr/local/sbin/vigiad').returncode == int(
            not Path('/usr/local/sbin/vigiad').exists())


def test_a_failing_command_is_told_with_its_line():
    script = ('ip address add 10.0.0.1/24 dev eth0\n'
              'ip address add nonsense dev eth0\n'
              'if false; then :; fi\n'
              'false || true\n'
              'cat /nonexistent > /dev/null\n'
              'true\n')
    with SmallLab({'lab.conf': 'bad[0]=A\nok[0]=A\n', 'bad.startup': script, 'ok.startup': 'exit 3\n'}) as lab:
        assert lab.started.returncode == 0
        told = lab.started.stderr.splitlines()
        assert 'bad.startup:2: warning: exit status 1: ip address add nonsense dev eth0' in told
        assert any('inet prefix is expected' in line or 'any valid prefix is expected' in line for line in told)
        assert 'bad.startup:5: warning: exit status 1: cat /nonexistent > /dev/null' in told
        assert 'ok.startup: warning: ended with exit status 3' in told
        assert sum('warning' in line for line in told) == 3


def test_a_script_that_does_not_end_is_told():
    with SmallLab({'lab.conf': 'slow[0]=A\n', 'slow.startup': 'sleep 1000\n'}, start=False) as lab:
        outcome = lab.lab('start', '--timeout', '5')
        assert outcome.returncode == 0
        assert 'slow: warning: its startup script still runs, at: sleep 1000' in outcome.stderr
        assert not lab.device('slow')['ready']
        assert lab.run('slow', 'true').returncode == 0


def test_exec_can_wait_for_the_startup_script():
    script = 'until test -e /shared/go; do sleep 0.02; done\necho done > /tmp/result\n'
    with SmallLab({'lab.conf': 'slow[0]=A\n', 'slow.startup': script}, start=False) as lab:
        lab.lab('start', '--timeout', '0')
        assert lab.run('slow', 'cat', '/tmp/result').returncode == 1
        with subprocess.Popen([LAB, 'exec', '-d', str(lab.directory), '--wait', 'slow', 'cat', '/tmp/result'],
                              stdout=subprocess.PIPE, text=True) as waiting:
            assert lab.shell('slow', 'touch /shared/go').returncode == 0
            assert waiting.communicate(timeout=PATIENCE)[0] == 'done\n'
            assert waiting.returncode == 0


def test_bad_descriptions_are_refused_before_anything_starts():
    with SmallLab({'lab.conf': 'PC1[0]=A\nok[0]=A\nok[1]=A\n'}, start=False) as lab:
        outcome = lab.lab('start')
        assert outcome.returncode == 1
        assert outcome.stderr.splitlines() == [
            "lab.conf:1:1: error: bad device name 'PC1': use 1 to 30 lower case letters, digits and _",
            'lab.conf:3:7: error: ok has the collision domain A already (line 2)']
        assert lab.state() is None
    with SmallLab({'note': ''}, start=False) as lab:
        outcome = lab.lab('start')
        assert outcome.returncode == 1 and 'there is no lab.conf here' in outcome.stderr
    with SmallLab({'lab.conf': 'a[0]=A\na[1]=B\n', 'lab.dep': 'a: a\n'}, start=False) as lab:
        assert 'lab.dep: error: devices depend on each other in a circle' in lab.lab('start').stderr


def test_what_needs_docker_is_left_out_with_a_notice():
    conf = 'a[0]=A\na[image]=kathara/frr\na[mem]=64m\na[bridged]=true\na[port]=8080:80\nb[0]=A\nb[image]=kathara/base\n'
    with SmallLab({'lab.conf': conf, 'lab.ext': 'A eth7\n'}) as lab:
        assert lab.started.returncode == 0
        told = lab.started.stderr
        assert 'image needs Docker: the programs of this machine are used instead (a, b)' in told
        assert told.count('notice') == 5
        assert lab.lab('stop').returncode == 0
        assert lab.lab('start', '--quiet').stderr == ''


def test_shutdown_scripts_run_at_the_end():
    with SmallLab(FILES) as lab:
        assert lab.lab('stop').returncode == 0
        assert sorted((lab.directory / 'shared/shutdown').read_text().splitlines()) == ['one', 'one shared', 'two shared']
        assert (lab.directory / 'shared/one.order').read_text() == 'one shared\none\n'


def test_help_and_wrong_verbs():
    assert 'start' in vigia_lab('--help').stdout
    assert vigia_lab().returncode == 2
    wrong = vigia_lab('sart')
    assert wrong.returncode == 2 and "there is no verb 'sart'" in wrong.stderr
    assert vigia_lab('exec', 'x').returncode == 2
