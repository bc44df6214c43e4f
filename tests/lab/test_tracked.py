# SPDX-License-Identifier: GPL-2.0-or-later
"""track_file and vrrp_track_process: a number in a file, and real processes, move the mastership."""
import ctypes
import os
import signal

import pytest

PR_SET_NAME = 15


def with_tracked(gateway, definition, lines):
    gateway.configure(definition + gateway.text(more=lines))
    return gateway


def effective(gateway):
    instance = gateway.instance()
    return instance and instance["priority"]["effective"]


@pytest.fixture
def worker():
    """worker() starts a process that calls itself vigia-worker; all are ended at last."""
    started = []

    def start():
        pid = os.fork()
        if pid == 0:
            ctypes.CDLL(None).prctl(PR_SET_NAME, b"vigia-worker", 0, 0, 0)
            while True:
                signal.pause()
        started.append(pid)
        return pid

    def stop(pid):
        started.remove(pid)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)

    start.stop = stop
    yield start
    for pid in list(started):
        stop(pid)


def test_a_number_moves_the_priority_and_takes_out(network, tmp_path):
    path = tmp_path / "load"
    with_tracked(network.gw1, "track_file load {\n file %s\n}\n" % path, "track_file {\n load\n }")
    network.start()
    path.write_text("-30\n")
    network.wait_for_master(network.gw2, network.gw1)
    assert network.gw1.instance()["priority"]["effective"] == 70
    new = tmp_path / "new"
    new.write_text("5")
    new.rename(path)
    network.wait_for_gw1()
    assert network.gw1.instance()["priority"]["effective"] == 105
    path.write_text("-254")
    network.wait_for_master(network.gw2, network.gw1)
    assert network.gw1.state() == "FAULT"
    assert "file load holds -254" in network.gw1.instance()["blockers_text"]
    path.unlink()
    network.wait_for_gw1()


def test_the_end_of_a_process_hands_over(network, worker):
    pid = worker()
    with_tracked(network.gw1, "vrrp_track_process work {\n process vigia-worker\n}\n", "track_process {\n work\n }")
    network.start()
    worker.stop(pid)
    network.wait_for_master(network.gw2, network.gw1)
    assert network.gw1.state() == "FAULT"
    assert "process work" in network.gw1.instance()["blockers_text"]
    worker()
    network.wait_for_gw1()
    status = network.gw1.status()["processes"]
    assert [(one["name"], one["state"], one["running"]) for one in status] == [("work", "up", 1)]
