# SPDX-License-Identifier: GPL-2.0-or-later
"""For tests of `vigia upgrade`: programs that are installed, and processes that take each other's place."""
import contextlib
import os
import shlex
import shutil
import subprocess
import time

from gateways import BUILD
from net import process_state, wait_for

PROGRAMS = ("vigia", "vigiad", "vigiad-vrrp", "vigiad-front", "vigiad-runner", "vigiad-mail")


def version_of(programs):
    return subprocess.run([os.path.join(programs, "vigiad"), "--version"], text=True, stdout=subprocess.PIPE,
                          check=True).stdout.split()[1]


def install(folder, version=None):
    """As a package does: each file is written beside the old one and renamed over it. Another version is one whose name has
    other digits, which takes no build."""
    os.makedirs(folder, exist_ok=True)
    built = version_of(BUILD)
    for name in PROGRAMS:
        fresh = os.path.join(folder, "." + name)
        shutil.copy(os.path.join(BUILD, name), fresh)
        if version:
            assert len(version) == len(built)
            with open(fresh, "r+b") as file:
                changed = file.read().replace(built.encode(), version.encode())
                file.seek(0)
                file.write(changed)
        os.rename(fresh, os.path.join(folder, name))
    return version or built


def other_program(which, name):
    """One that the build made for tests."""
    return os.path.join(BUILD, "tests", "lab", "%s-%s" % (which, name))


def install_other(folder, which, *names):
    for name in names:
        fresh = os.path.join(folder, "." + name)
        shutil.copy(other_program(which, name), fresh)
        os.rename(fresh, os.path.join(folder, name))


def processes(gateway):
    return {which: gateway.pid(which) for which in ("guard", "engine", "front", "runner")}


# The answer on a machine that stood still three times, each time while a new engine was about to go on.
TOO_SLOW = "longer to go on than the network may wait"


def upgrade(gateway, version):
    done = gateway.vigia("upgrade")
    while TOO_SLOW in done.stderr:
        done = gateway.vigia("upgrade")
    assert done.returncode == 0, done.stderr + gateway.read_log()
    assert "vigiad %s runs" % version in done.stdout
    wait_for(lambda: (gateway.status() or {}).get("daemon", {}).get("version") == version,
             lambda: "the new version\n" + gateway.read_log())
    wait_for(lambda: gateway.pid("front"), lambda: "a new front\n" + gateway.read_log())
    wait_for(lambda: "upgraded: vigiad %s" % version in gateway.read_log(), lambda: "a new guard\n" + gateway.read_log())


# Where vigiad and `vigia` look that are not told where anything is, this folder stands.
USUAL_PLACES = 'mount -t tmpfs none /run && mkdir /run/vigia && for place in /run/vigia /etc/keepalived; do mount --bind "$0" $place; done && exec "$@"'


def systemctl_reload(gateway):
    """The commands of our unit for it, as systemd runs them: one after the other, and the end of those behind a '-' is of no
    matter. What each said."""
    with contextlib.suppress(FileExistsError):
        os.symlink(os.path.basename(gateway.control), os.path.join(gateway.directory, "vigiad.sock"))
    with open(os.path.join(BUILD, "dist", "vigiad.service")) as unit:
        commands = [line.strip().partition("=")[2] for line in unit if line.startswith("ExecReload=")]
    said = []
    for command in commands:
        words = [word.replace("$MAINPID", str(gateway.pid("guard"))) for word in shlex.split(command.lstrip("-"))]
        if os.path.basename(words[0]) in PROGRAMS:  # which stand where they were installed
            words[0] = os.path.join(gateway.programs, os.path.basename(words[0]))
        done = subprocess.run(["unshare", "--mount", "sh", "-c", USUAL_PLACES, gateway.directory, *words], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.returncode == 0 or command.startswith("-"), command + ": " + done.stdout
        said.append(done.stdout)
    return said


def children(pid):
    with contextlib.suppress(OSError), open("/proc/%d/task/%d/children" % (pid, pid)) as file:
        return set(map(int, file.read().split()))
    return set()


def is_engine(pid):
    """Also one that has not given itself its name yet."""
    with contextlib.suppress(OSError), open("/proc/%d/cmdline" % pid, "rb") as arguments, open("/proc/%d/comm" % pid) as name:
        return b"--successor" in arguments.read() or name.read().strip() == "vigiad: vrrp"
    return False


def is_waiting(pid):
    """For whatever, and still after a while."""
    for _ in range(10):
        if process_state(pid) != "S":
            return False
        time.sleep(0.005)
    return True
