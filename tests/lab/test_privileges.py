# SPDX-License-Identifier: GPL-2.0-or-later
"""What each process may still do, from its start and after its death: doc/security.md."""
import os

import pytest

from net import PATIENCE, wait_for

CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_KILL, CAP_SETGID, CAP_SETUID, CAP_NET_ADMIN, CAP_NET_RAW = 0, 1, 5, 6, 7, 12, 13
NETWORK = {CAP_NET_ADMIN, CAP_NET_RAW}
HOLDS = {"guard": NETWORK, "engine": NETWORK, "front": set(),
         "runner": {CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_KILL, CAP_SETGID, CAP_SETUID, CAP_NET_ADMIN}}


def status_of(pid):
    with open("/proc/%d/status" % pid) as file:
        return {key: value.strip() for key, value in (line.split(":", 1) for line in file if ":" in line)}


def capabilities(mask):
    return {bit for bit in range(64) if int(mask, 16) >> bit & 1}


def held(gateway, which):
    """Permitted capabilities; those in effect are the same."""
    status = status_of(gateway.pid(which))
    assert status["CapEff"] == status["CapPrm"]
    assert capabilities(status["CapAmb"]) == set()
    return capabilities(status["CapPrm"])


def wait_for_new(gateway, which, old):
    wait_for(lambda: gateway.pid(which) not in (None, old) and gateway.status()
             and gateway.status()["daemon"].get(which, "running") == "running", "a new " + which)


@pytest.fixture(name="gateway")
def fixture_gateway(network, tmp_path):
    """With commands to run: as root, for want of another user, each writes what it is allowed."""
    gateway = network.gw1
    gateway.configure("""
global_defs {
    script_user root
}
vrrp_script chk {
    script "/bin/sh -c 'grep -E ^Cap /proc/self/status > %(own)s.new && mv %(own)s.new %(own)s; exec sleep 1000'"
    interval 1
    timeout 1000
    init_fail
    weight -1
}
""" % {"own": tmp_path / "own"} + gateway.text(more="track_script {\n chk\n }"))
    gateway.own = tmp_path / "own"
    gateway.start()
    gateway.wait_for_state("MASTER")
    return gateway


def children(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid)) as file:
        return [int(child) for child in file.read().split()]


# covers: SEC-08
def test_each_holds_what_it_needs_also_when_it_is_started_again(gateway):
    for which, expected in HOLDS.items():
        assert held(gateway, which) == expected, which
    wait_for(gateway.own.exists, "the script to say what it may do")
    # What the configuration runs as root is root, whatever its parents have given up.
    ours = capabilities(status_of(os.getpid())["CapBnd"])
    script = dict(line.split(":\t") for line in gateway.own.read_text().splitlines())
    assert capabilities(script["CapEff"]) == ours and capabilities(script["CapAmb"]) == set()
    (hanging,) = children(gateway.pid("runner"))
    for which in ("runner", "front", "engine"):
        wait_for_new(gateway, which, gateway.kill(which))
        for each, expected in HOLDS.items():
            wait_for(lambda each=each, expected=expected: held(gateway, each) == expected, each)
    for which in ("engine", "front"):
        status = status_of(gateway.pid(which))
        assert capabilities(status["CapBnd"]) == set() and status["NoNewPrivs"] == "1"
    # Nothing goes on of what the dead runner had started, root's or not.
    wait_for(lambda: not os.path.exists("/proc/%d" % hanging), "the script of the runner that was killed to end",
             timeout=PATIENCE)
    assert gateway.stop() == 0
    assert gateway.holds_nothing()
