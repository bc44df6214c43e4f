# SPDX-License-Identifier: GPL-2.0-or-later
"""Small labs in temporary directories, run by vigia-lab."""
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from net import PATIENCE

LAB = str(Path(os.environ['VIGIA_BUILD_DIR'], 'vigia-lab'))


def vigia_lab(*arguments, cwd='/', check=False, stdin=subprocess.DEVNULL, timeout=PATIENCE):
    """Runs vigia-lab; the outcome has returncode, stdout, stderr."""
    return subprocess.run([LAB, *arguments], cwd=cwd, check=check, stdin=stdin, timeout=timeout,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


class SmallLab:
    """with SmallLab({'lab.conf': 'a[0]=X\\n', 'a.startup': '...'}) as lab: lab.run('a', 'ip', 'a')"""

    def __init__(self, files, start=True):
        self.files = files
        self.start_it = start
        self.directory = None
        self.started = None

    def __enter__(self):
        self.directory = Path(tempfile.mkdtemp(prefix='vigia-lab-'))
        for name, text in self.files.items():
            self.write(name, text)
        if self.start_it:
            self.started = self.lab('start')
        return self

    def __exit__(self, *_):
        vigia_lab('stop', '-d', str(self.directory))
        shutil.rmtree(self.directory, ignore_errors=True)

    def write(self, name, text):
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def lab(self, verb, *arguments, **more):
        return vigia_lab(verb, '-d', str(self.directory), *arguments, **more)

    def run(self, device, *command, **more):
        return self.lab('exec', device, *command, **more)

    def output(self, device, *command):
        outcome = self.run(device, *command)
        assert outcome.returncode == 0, outcome.stderr
        return outcome.stdout

    def shell(self, device, script):
        return self.run(device, 'sh', '-c', script)

    def state(self):
        """What `list --json` says of this lab; None when it does not run."""
        for lab in json.loads(vigia_lab('list', '--json', check=True).stdout):
            if lab['directory'] == str(self.directory.resolve()):
                return lab
        return None

    def device(self, name):
        return next(device for device in self.state()['devices'] if device['name'] == name)

    def hub(self, *command):
        """Runs a command of this machine in the hub's network."""
        return subprocess.run(['nsenter', '-t', str(self.state()['supervisor']), '-n', *command], check=True,
                              stdout=subprocess.PIPE, text=True).stdout


def processes():
    return {int(name) for name in os.listdir('/proc') if name.isdigit()}


def namespace(pid, kind):
    try:
        return os.readlink(f'/proc/{pid}/ns/{kind}')
    except OSError:
        return None


def pids_in(namespaces, kind='net'):
    """Processes that live in one of these namespaces."""
    return [pid for pid in processes() if namespace(pid, kind) in namespaces]
