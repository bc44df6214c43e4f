# SPDX-License-Identifier: GPL-2.0-or-later
"""The wall clock is set while routers run. It is the whole machine's: this runs in the one of tests/guest/run, and nowhere else."""
import os
import signal
import time

import pytest

from lone import Daemon, Machine, instance
from net import wait_for

HOUR = 3600


def in_a_guest():
    with open("/proc/cpuinfo") as file:
        return os.environ.get("VIGIA_GUEST") == "uml" and "User Mode Linux" in file.read()


@pytest.fixture(name="routers")
def fixture_routers(tmp_path):
    """A Master, and a Backup at the other end of its cable."""
    if not in_a_guest():
        pytest.skip("sets the clock of the machine")
    machine = Machine("ours")
    machine.far.run("ip addr add 10.0.0.2/24 dev eth0")
    made = []
    text = instance("").replace("advert_int 0.1", "advert_int 0.5")
    for number, namespace in enumerate((machine, machine.far)):
        directory = tmp_path / str(number)
        directory.mkdir()
        made.append(Daemon(namespace, str(directory)))
        made[-1].start(text if number == 0 else text.replace("priority 100", "priority 90"))
        made[-1].wait_for_state("MASTER" if number == 0 else "BACKUP")
    yield made
    for daemon in made:
        daemon.stop()
    machine.close()


def test_an_hour_either_way_changes_nothing(routers):
    master, backup = routers

    def count(daemon, what):
        return daemon.instances()[0]["counters"][what]

    def goes_on(least=3):
        """Adverts leave and come in."""
        for daemon, what in ((master, "adverts_sent"), (backup, "adverts_received")):
            before = count(daemon, what)
            wait_for(lambda: count(daemon, what) >= before + least, daemon.read_log)

    def past():
        """All transitions, and since when the states last."""
        return [[one["state"], one["since"], [entry for entry in one["history"] if entry.get("from") != entry.get("to")]]
                for daemon in routers for one in daemon.instances()]
    goes_on()
    before = past()
    for hours in (1, -2, 1):
        # The Backup has packets from before and after in its socket when it wakes up.
        engine = backup.pid("engine")
        os.kill(engine, signal.SIGSTOP)
        heard, wall = count(master, "adverts_sent"), time.time()
        try:
            wait_for(lambda: count(master, "adverts_sent") > heard, master.read_log)
            time.clock_settime(time.CLOCK_REALTIME, time.time() + hours * HOUR)
            wait_for(lambda: count(master, "adverts_sent") > heard + 1, master.read_log)
        finally:
            os.kill(engine, signal.SIGCONT)
        goes_on()
        assert abs(time.time() - wall - hours * HOUR) < HOUR / 2
    assert past() == before
    for daemon in routers:
        status = daemon.status()
        times = [entry["at"] for entry in status["instances"][0]["history"]]
        # What happened has happened minutes ago, whatever a clock on the wall says.
        assert times == sorted(times) and 0 <= status["daemon"]["now"] - times[0] < HOUR // 2 * 10**9
        assert status["daemon"]["engine_restarts"] == 0
        # And this kernel has no nftables to speak of.
        assert status["after_death"]["error"] == "EOPNOTSUPP" and not status["after_death"]["silent"]
        assert "nftables would prevent that: EOPNOTSUPP" in daemon.vigia("status").stdout
    # Timers work as before: priority 0 is heard, and the Backup takes over and gives back.
    master.stop()
    backup.wait_for_state("MASTER")
