# SPDX-License-Identifier: GPL-2.0-or-later
"""Versions 2 and 3 in one virtual router, beside a keepalived that speaks the one and a keepalived that speaks the other."""
import os
import shutil
import subprocess
import time

import pytest

from gateways import VIRTUAL
from net import PATIENCE, Capture, wait_for

pytestmark = pytest.mark.skipif(not shutil.which("keepalived"), reason="needs keepalived")

CONFIG = """vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    version %d
    %s
    advert_int 1
    priority %d
    virtual_ipaddress {
        192.168.1.200
    }
}
"""


class Keepalived:
    def __init__(self, namespace, name, directory, version, priority):
        self.namespace = namespace
        path = os.path.join(str(directory), name)
        with open(path + ".conf", "w") as file:
            file.write(CONFIG % (version, "", priority))
        with open(path + ".log", "w") as log:
            self.process = namespace.popen(
                ["keepalived", "-n", "-l", "-D", "-P", "-f", path + ".conf", "-p", path + ".pid",
                 "-r", path + "-vrrp.pid", "-c", path + "-checkers.pid", "-b", path + "-bfd.pid"], stdout=log, stderr=subprocess.STDOUT)

    def is_master(self):
        return self.namespace.has_address(VIRTUAL, "eth0")

    def close(self):
        self.process.terminate()
        self.process.wait(timeout=PATIENCE)


# covers: INT-02 INT-03 INT-04 INT-13 CHG-12
def test_routers_of_either_version_follow_and_succeed(network, tmp_path):
    network.gw1.configure(CONFIG % (3, "also_version_2", 150))
    network.gw1.start()
    network.gw1.wait_for_state("MASTER")
    old = Keepalived(network.gw2.namespace, "old", tmp_path, 2, 100)
    new = Keepalived(network.client, "new", tmp_path, 3, 90)
    captures = [Capture(network.lan, port) for port in ("gw2", "client")]
    network.things[:0] = [old, new, *captures]
    started = time.monotonic()
    wait_for(lambda: time.monotonic() > started + 7, "twice the time after which a deaf backup takes over")
    assert not old.is_master() and not new.is_master()
    adverts = network.capture.adverts("192.168.1.1", 150, since=started)
    for version in (2, 3):
        spoken = [advert for advert in adverts if advert.version == version and advert.at < started + 7]
        assert len(spoken) in range(4, 9)
    assert all(advert.sum_of_message == 0 for advert in adverts if advert.version == 2)

    # Either of them hears priority 0, and nothing of the other.
    stopped = time.monotonic()
    assert network.gw1.stop() == 0
    assert {advert.version for advert in network.capture.adverts("192.168.1.1", 0, since=stopped)} == {2, 3}
    wait_for(lambda: old.is_master() and new.is_master(), "both to take over")
    last = network.capture.adverts("192.168.1.1", 0, since=stopped)[-1].at
    for capture in captures:
        # Not after a Master_Down_Interval of more than 3 s.
        assert wait_for(lambda: capture.adverts(since=last), "an advert")[0].at - last < 2.5

    # What is back hears both, and both hear it.
    network.gw1.start()
    network.gw1.wait_for_state("MASTER")
    wait_for(lambda: not old.is_master() and not new.is_master(), "both to yield")
    heard = {entry["code"] for entry in network.gw1.instance()["history"] if "code" in entry}
    assert "new-master-heard" in heard
