# SPDX-License-Identifier: GPL-2.0-or-later
"""`vigia upgrade`: other programs go on in place of those that run, and nobody notices."""
import os
import re
import shutil
import subprocess

import pytest

from gateways import BUILD, VIRTUAL
from net import wait_for

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


@pytest.fixture
def installed(network, tmp_path):
    """gw1 runs what stands in a folder of its own."""
    network.gw1.programs = str(tmp_path / "programs")
    install(network.gw1.programs)
    return network


def processes(gateway):
    return {which: gateway.pid(which) for which in ("guard", "engine", "front", "runner")}


def upgrade(gateway, version):
    done = gateway.vigia("upgrade")
    assert done.returncode == 0, done.stderr + gateway.read_log()
    assert "vigiad %s runs" % version in done.stdout
    wait_for(lambda: (gateway.status() or {}).get("daemon", {}).get("version") == version,
             lambda: "the new version\n" + gateway.read_log())
    wait_for(lambda: gateway.pid("front"), lambda: "a new front\n" + gateway.read_log())
    wait_for(lambda: "upgraded: vigiad %s" % version in gateway.read_log(), lambda: "a new guard\n" + gateway.read_log())


def history_codes(gateway):
    return [entry["code"] for entry in gateway.instance()["history"]]


def longest_silence(network, first):
    """Between two adverts of gw1, in what was captured from number `first` on."""
    times = [advert.at for advert in network.capture.adverts("192.168.1.1")[first:]]
    return max(later - earlier for earlier, later in zip(times, times[1:]))


def notified(folder):
    try:
        with open(folder / "states") as file:
            return file.read().split()
    except FileNotFoundError:
        return []


def test_nobody_notices_an_upgrade(installed, tmp_path):
    network = installed
    script = tmp_path / "told"
    script.write_text("#!/bin/sh\necho $3 >> %s/states\n" % tmp_path)
    script.chmod(0o755)
    network.gw1.configure(interval=0.1, more="notify %s root" % script)
    network.gw2.configure(interval=0.1)
    network.start()
    traffic = network.traffic()
    wait_for(lambda: notified(tmp_path)[-1:] == ["MASTER"], "the script that is told of the state")
    told = notified(tmp_path)
    built = version_of(BUILD)
    versions = [re.sub(r"\d$", str(digit), built) for digit in range(9)]
    for version in [version for version in versions if version != built][:5]:
        before, codes = processes(network.gw1), history_codes(network.gw1)
        sent = network.gw1.instance()["counters"]["adverts_sent"]
        install(network.gw1.programs, version)
        captured, asked = len(network.capture.adverts("192.168.1.1")), traffic.sent
        upgrade(network.gw1, version)
        wait_for(lambda: network.gw1.pid("runner"), "a new runner")
        after = processes(network.gw1)
        assert after["guard"] == before["guard"]
        # CAP_NET_ADMIN and CAP_NET_RAW: what exec had given back is given up again.
        for which in ("guard", "engine"):
            with open("/proc/%d/status" % after[which]) as file:
                assert "CapPrm:\t%016x\n" % (1 << 12 | 1 << 13) in file.read(), which
        assert not set(after.values()) & {before[which] for which in ("engine", "front", "runner")}
        wait_for(lambda: len(network.capture.adverts("192.168.1.1")) > captured + 15, "adverts of the new engine")
        assert network.gw1.instance()["counters"]["adverts_sent"] > sent
        assert history_codes(network.gw1) == codes
        assert network.gw1.status()["daemon"]["engine_restarts"] == 0
        # A machine that stands still makes gaps, too: then once more.
        if longest_silence(network, captured) < 0.15 and not traffic.lost_since(asked):
            break
    else:
        pytest.fail("every upgrade cost an advert or a packet\n" + network.gw1.read_log())
    assert not network.capture.adverts("192.168.1.1", 0)
    assert not network.capture.adverts("192.168.1.2", 99)
    assert notified(tmp_path) == told

    # The new guard is a guard.
    engine = network.gw1.kill("engine")
    wait_for(lambda: network.gw1.pid("engine") not in (None, engine), "another engine")
    network.wait_for_gw1()
    assert network.gw1.stop() == 0
    assert network.gw1.holds_nothing()
    assert not os.path.exists(network.gw1.path(".pid"))


def test_a_backup_that_was_upgraded_takes_over(installed):
    network = installed
    network.gw1.configure(priority=50)
    network.gw2.start()
    network.gw2.wait_for_state("MASTER")
    network.gw1.start()
    network.gw1.wait_until_backup()
    peer = network.gw1.instance()["peer"]["address"]
    upgrade(network.gw1, version_of(BUILD))
    assert network.gw1.state() == "BACKUP"
    assert network.gw1.instance()["peer"]["address"] == peer
    network.gw2.kill_all()
    network.gw1.wait_for_state("MASTER")


@pytest.mark.parametrize("program", ["vigiad", "vigiad-front", "vigiad-vrrp"])
def test_what_does_not_work_changes_nothing(installed, program):
    network = installed
    network.gw1.start()
    network.gw1.wait_for_state("MASTER")
    before, codes = processes(network.gw1), history_codes(network.gw1)
    broken = os.path.join(network.gw1.programs, program)
    os.rename(broken, broken + ".old")
    shutil.copy("/bin/false", broken)
    done = network.gw1.vigia("upgrade")
    assert done.returncode == 1
    assert "all goes on as before" in done.stderr
    assert "ended" in done.stderr
    wait_for(lambda: "no upgrade" in network.gw1.read_log(), "the reason in the log")
    assert processes(network.gw1) == before
    assert history_codes(network.gw1) == codes
    assert network.gw1.state() == "MASTER" and network.gw1.has_address()
    os.rename(broken + ".old", broken)
    upgrade(network.gw1, version_of(BUILD))


def test_programs_that_run_already_are_left_alone(installed):
    network = installed
    network.gw1.start()
    network.gw1.wait_for_state("MASTER")
    before = processes(network.gw1)
    done = network.gw1.vigia("upgrade", "--if-new")
    assert done.returncode == 0, done.stderr
    assert processes(network.gw1) == before
    version = install(network.gw1.programs)
    done = network.gw1.vigia("upgrade", "--if-new")
    assert done.returncode == 0 and version in done.stdout, done.stderr
    assert processes(network.gw1)["engine"] != before["engine"]
    assert network.gw1.namespace.has_address(VIRTUAL, "eth0")
