# SPDX-License-Identifier: GPL-2.0-or-later
"""`vigia check`: exit status, JSON, and that its canonical form is one."""
import json
import os
import subprocess
from pathlib import Path

import pytest

VIGIA = os.environ['VIGIA']
GOLDEN = Path(__file__).resolve().parents[2] / 'golden' / 'conf'
FINE = '''vrrp_instance V {
    interface eth0
    virtual_router_id 5
    priority %s
    @gw1 advert_int 2
    virtual_ipaddress { 10.0.0.1/24 }
}
'''


def check(*arguments, cwd=None):
    return subprocess.run([VIGIA, 'check', *map(str, arguments)], capture_output=True, text=True, check=False, cwd=cwd)


@pytest.fixture(name='pair')
def pair_of_files(tmp_path):
    paths = [tmp_path / 'a.conf', tmp_path / 'b.conf']
    for path, priority in zip(paths, (150, 100)):
        path.write_text(FINE % priority)
    return paths


def test_nothing(pair):
    done = check(*pair)
    assert (done.returncode, done.stdout, done.stderr) == (0, 'nothing was found\n', '')


def test_one_file_for_two_machines(pair):
    done = check('gw1=%s' % pair[0], 'gw2=%s' % pair[1])
    assert done.returncode == 1
    assert 'b.conf:1:15: warning: \'V\': advert_int is 1 s here and 2 s on gw1' in done.stdout
    assert '[intervals-differ]' in done.stdout


def test_the_place_is_that_of_the_word(pair):
    pair[1].write_text(FINE % 150)
    done = check(*pair)
    assert done.returncode == 1
    assert 'b.conf:4:5: warning: \'V\': priority 150 here' in done.stdout
    assert '        priority 150\n        ^\n' in done.stdout


def test_json(pair):
    pair[1].write_text(FINE % 150 + 'x\n')
    done = check('--json', *pair)
    answer = json.loads(done.stdout)
    assert done.returncode == 5
    assert answer['version'] == 1
    assert [file['errors'] for file in answer['files']] == [0, 1]
    assert [file['instances'] for file in answer['files']] == [1, None]
    finding = answer['findings'][0]
    assert (finding['code'], finding['severity']) == ('configuration-error', 'error')
    assert (finding['file'], finding['line'], finding['column']) == (str(pair[1]), 8, 1)
    assert finding['source_line'] == 'x'


@pytest.mark.parametrize('line, code, severity', [
    ('nopreempt\nstate MASTER', 'nopreempt-with-master', 'warning'),
    ('advert_int 0.5', 'interval-not-expressible', 'error'),
    ('version 3\nadvert_int 0.015', 'interval-not-expressible', 'error'),
    ('track_interface { eth1 weight -200\n}', 'weight-is-cut', 'warning'),
    ('nopreempt\ntrack_interface { eth1 weight -20\n}', 'weight-without-effect', 'warning'),
    ('}\nvrrp_instance W {\ninterface eth0\nvirtual_router_id 5\nvirtual_ipaddress { 10.0.0.2 }',
     'vrid-used-twice', 'error'),
    ('}\nvrrp_instance W {\ninterface eth1\nvirtual_router_id 5\nvirtual_ipaddress { 10.0.0.1 }',
     'address-used-twice', 'warning'),
])
def test_codes_of_the_reader(tmp_path, line, code, severity):
    path = tmp_path / 'a.conf'
    path.write_text((FINE % 100)[:-2] + line + '\n}\n')
    done = check('--json', '--no-host', path)
    findings = json.loads(done.stdout)['findings']
    assert (code, severity) in [(finding['code'], finding['severity']) for finding in findings]
    assert done.returncode == (5 if severity == 'error' else 1)


def test_scripts_of_the_host(tmp_path):
    """The real files, users and places."""
    folder = tmp_path / 'open'
    folder.mkdir()
    for name, mode in (('fine', 0o755), ('plain', 0o644)):
        (folder / name).write_text('#!/bin/sh\n')
        (folder / name).chmod(mode)
    folder.chmod(0o777)
    path = tmp_path / 'a.conf'
    path.write_text("""global_defs {
    script_user nobody
    startup_script %(folder)s/missing
}
vrrp_instance V {
    interface eth0
    virtual_router_id 5
    priority 100
    notify_master "%(folder)s/fine x" root
    notify_fault %(folder)s/plain
    notify_stop %(folder)s/fine no-such-user
    virtual_ipaddress { 10.0.0.1/24 }
}
""" % {'folder': folder})
    done = check('--json', path)
    findings = [finding for finding in json.loads(done.stdout)['findings'] if finding['code'].startswith('script')]
    assert done.returncode == 1
    assert [(finding['code'], finding['name'], finding['line'], finding['column']) for finding in findings] == [
        ('script-missing', 'startup_script', 3, 20), ('script-writable', 'V', 9, 19),
        ('script-not-executable', 'V', 10, 18), ('script-user-missing', 'V', 11, 17)]
    assert findings[0]['source_line'] == '    startup_script %s/missing' % folder
    text = check(path).stdout
    assert "a.conf:10:18: warning: 'V': '%s/plain' is not a program that may be executed; chmod a+x it " \
           '[script-not-executable]' % folder in text
    path.write_text((FINE % 100)[:-2] + 'notify /bin/true nobody\n}\nglobal_defs {\nscript_user no-such-user\n}\n')
    assert "a.conf:10:13: warning: 'script_user': there is no user or group 'no-such-user'" in check(path).stdout
    assert check('--no-host', path).stdout == 'nothing was found\n'


def test_missing(pair, tmp_path):
    assert check(tmp_path / 'nowhere').returncode == 6
    pair[0].write_text('includem nowhere\n')
    assert check(pair[0]).returncode == 6


@pytest.mark.parametrize('arguments', [
    [], ['--bogus'], ['--print', 'a', 'b'], ['--print', '--json', 'a'], ['--secrets', 'a'], ['-i']])
def test_usage(arguments):
    done = check(*arguments)
    assert done.returncode == 2
    assert 'usage: vigia check' in done.stderr


@pytest.mark.parametrize('name', sorted(path.stem for path in GOLDEN.glob('*.ok')))
def test_the_canonical_form_is_a_fixed_point(name, tmp_path):
    printed = check('--print', '--secrets', name + '.conf', cwd=GOLDEN)
    assert printed.returncode == 0, printed.stderr
    (tmp_path / 'again.conf').write_text(printed.stdout)
    again = check('--print', '--secrets', tmp_path / 'again.conf')
    assert again.returncode == 0, again.stderr
    assert again.stdout == printed.stdout
    masked = check('--print', name + '.conf', cwd=GOLDEN)
    assert masked.returncode == 0
