# SPDX-License-Identifier: GPL-2.0-or-later
"""Ways out of a device, each tried and seen refused; and what a killed supervisor leaves behind: nothing."""
import contextlib
import os
import pty
import select
import signal
import subprocess
import time
from pathlib import Path

import pytest

from net import PATIENCE, wait_for
from small_lab import LAB, SmallLab, namespace, pids_in

CONF = 'a[0]=X\nb[0]=X\n'


@pytest.fixture(scope='module', name='lab')
def safety_lab():
    with SmallLab({'lab.conf': CONF, 'shared/keep': 'x\n'}) as lab:
        yield lab


REFUSED = [
    'mount -t tmpfs none /mnt',
    'mount -t proc proc /mnt',
    'mount -t sysfs sysfs /mnt',
    'mount -t devtmpfs dev /mnt',
    'mount -t cgroup2 cgroup /mnt',
    'mount --bind /etc /mnt',
    'mount -o remount,rw /proc/sys',
    'mount -o remount,rw /sys',
    'umount /proc/sys',
    'umount /proc/sys/net',
    'unshare --user --map-root-user true',
    'unshare --mount true',
    'echo b > /proc/sysrq-trigger',
    'echo 1 > /proc/sys/kernel/panic',
    'echo x > /proc/sys/kernel/core_pattern',
    'echo x > /proc/sys/vm/drop_caches',
    'head -c 1 /proc/kcore | grep -q .',
    'echo 1 > /proc/irq/default_smp_affinity',
    'echo 1400 > /sys/class/net/eth0/mtu',
    'echo x > /sys/power/state',
    'mknod /tmp/disk b 254 0',
    'mknod /dev/mem c 1 1',
    'date -s 2000-01-01',
    'reboot -f',
    'swapoff -a && swapon /tmp/x',
    'dmesg',
    'fsfreeze -f /shared',
    'cp /bin/sh /shared/sh && chmod u+s /shared/sh',
    'cp /bin/sh /shared/sh && chown root:shadow /shared/sh && chmod g+s /shared/sh',
    'install -m 4755 /bin/sh /shared/sh2 && test -u /shared/sh2',
    'cp /bin/sh /shared/sh && setcap cap_net_admin+ep /shared/sh',
    'fstrim /shared',
    'chroot /proc/1/root true',
    'tr -d "\\0" < /proc/1/environ | grep .',
    'ls -l /proc/1/exe',
    'nsenter -t 1 -m true',
    'cat /proc/1/fd/3',
]


@pytest.mark.parametrize('attempt', REFUSED)
def test_refused(lab, attempt):
    outcome = lab.shell('a', attempt)
    assert outcome.returncode != 0, outcome.stdout
    assert lab.run('a', 'true').returncode == 0, 'the device has survived'


# Numbers of x86-64; arguments are harmless where the call would be let through.
CALLS = {
    'open_by_handle_at': (304, 'PermissionError'),
    'init_module': (175, 'PermissionError'),
    'finit_module': (313, 'PermissionError'),
    'delete_module': (176, 'PermissionError'),
    'kexec_load': (246, 'PermissionError'),
    'bpf': (321, 'PermissionError'),
    'perf_event_open': (298, 'PermissionError'),
    'fsopen': (430, 'PermissionError'),
    'open_tree': (428, 'PermissionError'),
    'move_mount': (429, 'PermissionError'),
    'mount_setattr': (442, 'PermissionError'),
    'pivot_root': (155, 'PermissionError'),
    'fanotify_init': (300, 'PermissionError'),
    'keyctl': (250, 'PermissionError'),
    'settimeofday': (164, 'PermissionError'),
    'iopl': (172, 'PermissionError'),
    'quotactl': (179, 'PermissionError'),
    'userfaultfd': (323, 'PermissionError'),
}


@pytest.mark.skipif(os.uname().machine != 'x86_64', reason='numbers of x86-64')
def test_system_calls_are_refused(lab):
    script = ('import ctypes, errno, sys\n'
              'libc = ctypes.CDLL(None, use_errno=True)\n'
              'for number in map(int, sys.argv[1:]):\n'
              '    result = libc.syscall(number, 0, 0, 0, 0, 0, 0)\n'
              '    print(number, result, errno.errorcode.get(ctypes.get_errno()))\n'
              'for advice in (100, 101): print(libc.madvise(0, 0, advice), errno.errorcode.get(ctypes.get_errno()))\n'
              'print("clone3", libc.syscall(435, 0, 0), errno.errorcode.get(ctypes.get_errno()))\n'
              'import socket\n'
              'try: socket.socket(40, socket.SOCK_STREAM); print("vsock open")\n'
              'except OSError as error: print("vsock", errno.errorcode[error.errno])\n')
    (lab.directory / 'shared/calls.py').write_text(script)
    numbers = [str(number) for number, _ in CALLS.values()]
    lines = lab.output('a', '/usr/bin/python3', '/shared/calls.py', *numbers).splitlines()
    assert lines == [f'{number} -1 EPERM' for number in numbers] + ['-1 EPERM'] * 2 + ['clone3 -1 ENOSYS', 'vsock EAFNOSUPPORT']


def test_input_cannot_be_pushed_into_a_terminal(lab):
    script = ('import fcntl, os, pty, termios\n'
              'master, slave = pty.openpty()\n'
              'try: fcntl.ioctl(slave, termios.TIOCSTI, b"x"); print("pushed")\n'
              'except PermissionError: print("refused")\n')
    (lab.directory / 'shared/push.py').write_text(script)
    assert lab.output('a', '/usr/bin/python3', '/shared/push.py') == 'refused\n'


def test_capabilities_that_act_on_the_machine_are_gone(lab):
    words = dict(line.split(':\t', 1) for line in lab.output('a', 'cat', '/proc/self/status').splitlines() if ':\t' in line)
    gone = {'SETFCAP': 31, 'DAC_READ_SEARCH': 2, 'LINUX_IMMUTABLE': 9, 'SYS_MODULE': 16, 'SYS_RAWIO': 17, 'SYS_PTRACE': 19, 'SYS_BOOT': 22,
            'SYS_TIME': 25, 'SYS_TTY_CONFIG': 26, 'MKNOD': 27, 'AUDIT_CONTROL': 30, 'MAC_ADMIN': 33, 'SYSLOG': 34,
            'PERFMON': 38, 'BPF': 39}
    for kind in ('CapPrm', 'CapEff', 'CapBnd'):
        held = int(words[kind], 16)
        assert [name for name, bit in gone.items() if held & (1 << bit)] == [], kind
    assert words['Seccomp'] == '2'
    init = dict(line.split(':\t', 1) for line in lab.output('a', 'cat', '/proc/1/status').splitlines() if ':\t' in line)
    assert init['CapBnd'] == words['CapBnd'] and init['Seccomp'] == '2'


def test_the_host_is_out_of_sight(lab):
    seen = lab.output('a', 'ps', '-e', '-o', 'pid=,comm=').split('\n')
    assert len([line for line in seen if line.strip()]) <= 4
    assert lab.shell('a', f'kill -0 {lab.state()["supervisor"]}').returncode != 0
    assert lab.output('a', 'sh', '-c', "ip -o link show | wc -l").strip() == '2'
    assert '/run/vigia' not in lab.output('a', 'ls', '/run')
    assert lab.output('a', 'sh', '-c', 'ls /dev | sort | tr "\\n" " "') == (
        'fd full net null ptmx pts random shm stderr stdin stdout tty urandom zero ')


def test_what_a_device_needs_still_works(lab):
    assert lab.shell('a', 'echo 0 > /proc/sys/net/ipv4/ip_forward').returncode == 0
    assert lab.shell('a', 'ip link add v0 type veth peer name v1 && ip link del v0').returncode == 0
    assert lab.shell('a', 'ip tuntap add t0 mode tap && ip link del t0').returncode == 0
    assert lab.shell('a', 'su -s /bin/sh nobody -c "ping -c 1 127.0.0.1" > /dev/null').returncode == 0
    assert lab.shell('a', 'hostname other && hostname a').returncode == 0


def test_a_device_dies_with_its_init_and_not_by_its_own_hand(lab):
    assert lab.shell('a', 'kill -9 1; kill -TERM 1; true').returncode == 0
    assert lab.run('a', 'true').returncode == 0


def test_stray_processes_are_reaped(lab):
    lab.shell('a', '(sleep 0.05 &) ; true')
    wait_for(lambda: 'sleep' not in lab.output('a', 'ps', '-e', '-o', 'comm='), 'the stray sleep is gone, not a zombie')


def state_directory(lab):
    """Other labs come and go meanwhile."""
    for path in Path('/run/vigia/labs').glob('*/lab.json'):
        with contextlib.suppress(OSError):
            if str(lab.directory.resolve()) in path.read_text():
                return path.parent
    return pytest.fail('the lab has no state')


def test_a_killed_supervisor_leaves_nothing():
    with SmallLab({'lab.conf': CONF, 'a.startup': 'sleep 1000 &\n'}) as lab:
        state = lab.state()
        spaces = {namespace(device['pid'], 'net') for device in state['devices']} | {namespace(state['supervisor'], 'net')}
        os.kill(state['supervisor'], signal.SIGKILL)
        wait_for(lambda: pids_in(spaces) == [], 'every process of the lab is gone')
        wait_for(lambda: lab.state() is None, 'the lab counts as dead')
        assert lab.lab('start').returncode == 0
        assert lab.run('a', 'true').returncode == 0
        own = state_directory(lab)
        os.kill(lab.state()['supervisor'], signal.SIGKILL)
        wait_for(lambda: lab.state() is None, 'the lab counts as dead')
        there = own.exists()
        lab.lab('stop')
        assert own.exists() == there


def test_a_killed_init_is_a_powered_off_device():
    with SmallLab({'lab.conf': CONF}) as lab:
        os.kill(lab.device('a')['pid'], signal.SIGKILL)
        wait_for(lambda: lab.device('a')['pid'] == 0, 'the supervisor has seen it')
        assert 'a-eth0' not in lab.hub('ip', 'link', 'show')
        assert lab.lab('start', 'a').returncode == 0
        assert lab.output('a', 'cat', '/sys/class/net/eth0/carrier').strip() == '1'
        assert 'a-eth0' in lab.hub('ip', 'link', 'show')


def test_exec_ends_with_its_caller(lab):
    running = subprocess.Popen([LAB, 'exec', '-d', str(lab.directory), 'a', 'sleep', '4242'])
    wait_for(lambda: 'sleep' in lab.output('a', 'ps', '-e', '-o', 'comm='), 'it runs')
    running.kill()
    running.wait()
    wait_for(lambda: 'sleep' not in lab.output('a', 'ps', '-e', '-o', 'comm='), 'it is gone')


def read_until(descriptor, wanted):
    text, end = b'', time.monotonic() + PATIENCE
    while wanted not in text:
        assert time.monotonic() < end, f'waited for {wanted!r} in {text!r}'
        if select.select([descriptor], [], [], 0.1)[0]:
            text += os.read(descriptor, 4096)
    return text


def test_connect_opens_a_shell_on_a_terminal_of_the_device(lab):
    child, terminal = pty.fork()
    if child == 0:
        os.execv(LAB, [LAB, 'connect', '-d', str(lab.directory), 'a'])
    read_until(terminal, b'a:/#')
    os.write(terminal, b'echo at $(tty) on $(hostname)\n')
    read_until(terminal, b'at /dev/pts/')
    os.write(terminal, b'sleep 1000\n')
    read_until(terminal, b'sleep 1000')
    wait_for(lambda: 'sleep' in lab.output('a', 'ps', '-e', '-o', 'comm='), 'the sleep runs')
    os.write(terminal, b'\x03')
    read_until(terminal, b'a:/#')
    os.write(terminal, b'exit 5\n')
    end = time.monotonic() + PATIENCE
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        assert time.monotonic() < end
        if select.select([terminal], [], [], 0.05)[0]:
            try:
                os.read(terminal, 4096)
            except OSError:
                pass
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 5


def test_the_hosts_program_cannot_be_written_from_a_device(lab):
    for pid in (lab.device('a')['pid'], lab.state()['supervisor']):
        assert os.statvfs(f'/proc/{pid}/exe').f_flag & os.ST_RDONLY
    (lab.directory / 'shared/itself').write_text('#!/proc/self/exe\n')
    (lab.directory / 'shared/itself').chmod(0o755)
    itself = lab.run('a', '/shared/itself')
    assert itself.returncode != 0
    assert lab.run('a', 'true').returncode == 0


def test_without_root_it_says_so():
    outcome = subprocess.run(['setpriv', '--reuid=65534', '--clear-groups', LAB, 'list'], cwd='/',
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if outcome.returncode == 127:
        pytest.skip('the build folder cannot be read by others')
    assert outcome.returncode == 1 and 'need root' in outcome.stderr


def test_the_supervisor_holds_nothing_of_its_caller():
    with SmallLab({'lab.conf': CONF}, start=False) as lab:
        reader, writer = os.pipe()
        with subprocess.Popen([LAB, 'start', '-q', '-d', str(lab.directory)], pass_fds=[writer]) as start:
            os.close(writer)
            assert start.wait(PATIENCE) == 0
        assert select.select([reader], [], [], PATIENCE)[0] and os.read(reader, 1) == b''
        os.close(reader)
        assert lab.run('a', 'true').returncode == 0


def test_a_chroot_is_refused(tmp_path):
    """In a chroot a device would be entered at the root of the mount namespace, which is the machine's."""
    root = tmp_path / 'root'
    root.mkdir()
    (tmp_path / 'lab.conf').write_text(CONF)
    script = 'mount --rbind / "$1" && exec chroot "$1" "$2" start -d "$3"'
    done = subprocess.run(['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', str(root), LAB,
                           str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=PATIENCE, check=False)
    assert done.returncode != 0
    assert 'chroot' in done.stderr
