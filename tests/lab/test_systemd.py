# SPDX-License-Identifier: GPL-2.0-or-later
"""The units as a real systemd runs them, confined as they say, with all that a configuration may ask for. Only where tests/guest/run -s has
made a machine for it: everything is installed there, and vanishes with it.

That kernel has no nftables for IP, so virtual MACs are not tried: see test_privileges.py for what is done under a read-only /proc/sys.
"""
import glob
import os
import re
import shutil
import signal
import socket
import subprocess

import pytest

from alarms import SIGNS, alarm
from control import status_of
from mail_server import MailServer
from net import wait_for
from upgrades import version_of

BUILD = os.environ.get("VIGIA_BUILD_DIR", "")
CONFIG = "/etc/keepalived/keepalived.conf"
CONTROL = "/run/vigia/vigiad.sock"
# Where nothing that is confined may write.
TOLD, FLAG = "/etc/keepalived/told", "/etc/keepalived/flag"
TEXT = """
global_defs {
    script_user root
    enable_script_security
    vrrp_notify_fifo /run/vigia/fifo
    notification_email {
        root@example.org
    }
    notification_email_from gateway@example.org
    smtp_server localhost 2525
}
vrrp_script chk {
    script "/usr/bin/test -e %(flag)s"
    interval 0.2
    timeout 20
}
vrrp_track_process work {
    process systemd-journal
}
bfd_instance other {
    neighbor_ip 10.7.0.2
    source_ip 10.7.0.1
}
vrrp_instance V4 {
    interface eth7
    virtual_router_id 51
    version 3
    advert_int 0.5
    priority %(priority)d
    auth_hmac {
        key 1 "a key that is as long as it has to be"
        active_key 1
    }
    track_script {
        chk
    }
    track_process {
        work
    }
    notify %(teller)s
    smtp_alert
    virtual_ipaddress {
        10.7.0.200/24
    }
    virtual_routes {
        10.77.0.0/16 via 10.7.0.9 table 77
    }
    virtual_rules {
        from 10.7.0.0/24 to 10.77.0.0/16 lookup 77 preference 77
    }
}
vrrp_instance V6 {
    interface eth7
    virtual_router_id 51
    version 3
    advert_int 0.5
    virtual_ipaddress {
        fe80::51
        2001:db8:1::51/64
    }
}
vrrp_instance UNICAST {
    interface eth7
    virtual_router_id 54
    version 2
    unicast_src_ip 10.7.0.1
    unicast_peer {
        10.7.0.2
    }
    authentication {
        auth_type AH
        auth_pass secret12
    }
    virtual_ipaddress {
        10.7.0.202
    }
}
"""
MOST_EXPOSED = 3.0
TELLER = "#!/bin/sh\necho \"$@\" >>%s\n" % TOLD


def run(*words, check=True):
    done = subprocess.run(words, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert not check or done.returncode == 0, "%s: %s\n%s" % (" ".join(words), done.stdout, journal())
    return done.stdout


def journal():
    return run("journalctl", "--no-pager", "-o", "cat", check=False)


def shown(unit, what):
    return run("systemctl", "show", "--property", what, "--value", unit).strip()


def status():
    return status_of(CONTROL) or {}


def states():
    return {one["name"]: one["state"] for one in status().get("instances", [])}


def wait_for_masters():
    wait_for(lambda: states() == dict.fromkeys(("V4", "V6", "UNICAST"), "MASTER"), lambda: "masters: %s\n%s" % (states(), journal()))


def told():
    try:
        with open(TOLD) as file:
            return file.read().splitlines()
    except FileNotFoundError:
        return []


def engine():
    """Its number; 0 when there is none."""
    try:
        with open("/run/vigia/vigiad-vrrp.pid") as file:
            return int(file.read())
    except (OSError, ValueError):
        return 0


def runners():
    return [line for line in run("systemctl", "list-units", "--plain", "--no-legend", "--no-pager", "vigiad-runner@*").splitlines()
            if " running " in line]


def transitions():
    return [[entry for entry in one["history"] if entry["from"] != entry["to"]] for one in status()["instances"]]


def configure(priority=100):
    with open(CONFIG, "w") as file:
        file.write(TEXT % {"flag": FLAG, "teller": "/etc/keepalived/teller", "priority": priority})


def holds():
    addresses = run("ip", "-o", "address", "show", "dev", "eth7")
    return [text in addresses for text in ("10.7.0.200/", "2001:db8:1::51/", "10.7.0.202/")] + [
        "10.77.0.0/16" in run("ip", "route", "show", "table", "77", check=False), "77:" in run("ip", "rule")]


@pytest.fixture(name="machine", scope="module")
def fixture_machine():
    """Everything is installed, and the service runs."""
    if "VIGIA_GUEST" not in os.environ or not os.path.isdir("/run/systemd/system"):
        pytest.skip("installs units, and starts them")
    run("meson", "install", "-C", BUILD, "--no-rebuild", "--quiet")
    run("systemd-sysusers")
    run("systemctl", "daemon-reload")
    run("ip", "link", "add", "eth7", "type", "veth", "peer", "name", "far7")
    for words in ("link set eth7 up", "link set far7 up", "address add 10.7.0.1/24 dev eth7",
                  "address add 2001:db8:1::1/64 dev eth7 nodad"):
        run("ip", *words.split())
    os.makedirs(os.path.dirname(CONFIG), exist_ok=True)
    for path, text in (("/etc/keepalived/teller", TELLER), (FLAG, "")):
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, 0o755)
    configure()
    run("systemctl", "start", "vigiad")


@pytest.fixture(name="unit", autouse=True)
def fixture_unit(machine):
    """All are master before a test. Nothing was forbidden behind it, neither by the unit's filter of system calls nor by one of ours,
    both of which kill."""
    wait_for_masters()
    yield
    log = journal()
    assert "SECCOMP" not in log and not alarm(log, SIGNS) and "core-dump" not in log, log


def test_it_has_started_when_systemd_says_so():
    assert shown("vigiad", "ActiveState") == "active"
    assert shown("vigiad", "MainPID") == str(status()["daemon"]["pid"])
    wait_for(lambda: all(holds()), lambda: "all to stand: %s\n%s" % (holds(), journal()))
    # A script is told, which is not confined as the daemon is: its runner is a unit of its own.
    wait_for(lambda: any("V4 MASTER" in line for line in told()), lambda: "the script to be told: %s\n%s" % (told(), journal()))
    assert len(runners()) == 1
    log = journal()
    assert "stays root" not in log and "without a filter" not in log and "not have all of its memory locked" not in log, log


def test_how_exposed_it_is():
    judged = run("systemd-analyze", "--no-pager", "security", "vigiad.service")
    assert float(re.search(r"Overall exposure level for \S+: ([0-9.]+)", judged).group(1)) <= MOST_EXPOSED, judged


def test_a_script_that_fails_and_its_mail():
    server = MailServer(socket)  # in this very network
    try:
        os.unlink(FLAG)
        wait_for(lambda: states()["V4"] == "FAULT", lambda: "the script to be heeded\n" + journal())
        wait_for(lambda: any("Entering FAULT" in subject for subject in server.subjects()), lambda: "a mail\n" + journal())
    finally:
        open(FLAG, "w").close()
        server.close()


def test_a_dump():
    os.kill(status()["daemon"]["pid"], signal.SIGUSR1)
    wait_for(lambda: os.path.exists("/tmp/keepalived.data"), lambda: "the dump\n" + journal())


def test_a_reload():
    before = engine()
    configure(priority=120)
    run("systemctl", "reload", "vigiad")
    wait_for(lambda: status()["instances"][0]["priority"]["effective"] == 120, lambda: "the reload\n" + journal())
    assert engine() == before


def test_a_reload_with_other_programs_is_an_upgrade():
    before, main, history = engine(), shown("vigiad", "MainPID"), transitions()
    built = version_of(BUILD)
    other = "9" * len(built)
    for path in glob.glob("/usr/local/*bin/vigia*") + glob.glob("/usr/local/libexec/vigia/*"):
        with open(path, "rb") as file:
            changed = file.read().replace(built.encode(), other.encode())
        with open(path + ".new", "wb") as file:
            file.write(changed)
        shutil.copymode(path, path + ".new")
        os.rename(path + ".new", path)

    def is_new():
        if status().get("daemon", {}).get("version") == other:
            return True
        # A machine that others keep busy may be too slow for it, and says so.
        run("systemctl", "reload-or-restart", "vigiad")
        return False
    wait_for(is_new, lambda: "the new version\n" + journal(), step=0.5)
    assert engine() != before
    assert shown("vigiad", "MainPID") == main and shown("vigiad", "NRestarts") == "0"
    assert transitions() == history or "stalled" in [entry["code"] for one in transitions() for entry in one]
    wait_for(lambda: len(runners()) == 1, "the runner of the old one to end")


def test_what_dies_is_started_again():
    before = engine()
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: engine() not in (0, before), lambda: "another engine\n" + journal())
    wait_for_masters()
    assert shown("vigiad", "NRestarts") == "0"
    # All of the unit; scripts have another one.
    run("systemctl", "kill", "--signal=KILL", "vigiad")
    wait_for(lambda: shown("vigiad", "NRestarts") == "1" and shown("vigiad", "ActiveState") == "active", lambda: "another daemon\n" + journal())
    wait_for_masters()
    wait_for(lambda: len(runners()) == 1, "the runner of the dead one to end")


def test_the_end():
    """Nothing is left of it, in the kernel or on disk."""
    run("systemctl", "restart", "vigiad")
    wait_for_masters()
    wait_for(lambda: all(holds()), lambda: "all to stand: %s\n%s" % (holds(), journal()))
    run("systemctl", "stop", "vigiad")
    assert shown("vigiad", "Result") == "success"
    assert not any(holds()) and not os.path.exists("/run/vigia")
    wait_for(lambda: not runners(), "the runner to end")
    run("systemctl", "start", "vigiad")
