# SPDX-License-Identifier: GPL-2.0-or-later
"""How vigiad starts, refuses to start, goes into the background and tells systemd."""
import os
import signal
import socket
import subprocess
import time

from gateways import INTERVAL
from net import PATIENCE, wait_for


def run(gateway, *more, **options):
    return subprocess.run(gateway.namespace.command(*gateway.arguments(*more)), text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=PATIENCE, **options)


def test_in_the_background(network):
    gateway = network.gw1
    done = run(gateway)
    assert done.returncode == 0, done.stderr
    guard = gateway.pid("guard")
    try:
        assert os.readlink("/proc/%d/cwd" % guard) == "/"
        for pid in (guard, gateway.pid("engine"), gateway.pid("front")):
            for stream in (1, 2):
                target = os.readlink("/proc/%d/fd/%d" % (pid, stream))
                assert target == "/dev/null" or target.startswith("pipe:"), target
        wait_for(gateway.holds, "gw1 to be master")
    finally:
        os.kill(guard, signal.SIGTERM)
    wait_for(lambda: not os.path.exists("/proc/%d" % guard), "the daemon to end")
    assert gateway.holds_nothing()
    assert not os.path.exists(gateway.path(".pid"))


def test_files_are_named_from_where_it_was_started_also_after_an_upgrade(network):
    gateway = network.gw1
    words = [word.replace(gateway.directory + "/", "") for word in gateway.arguments()]
    assert words[2] == "gw1.conf"
    done = subprocess.run(gateway.namespace.command(words[0], *words[1:]), cwd=gateway.directory, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stdout
    guard, starter = gateway.pid("guard"), gateway.pid("starter")
    try:
        assert gateway.vigia("upgrade").returncode == 0
        wait_for(lambda: gateway.pid("starter") not in (None, starter) and gateway.status(), "a new starter, and a new front")
        gateway.configure(gateway.text(priority=121))
        assert gateway.vigia("reload").returncode == 0
        wait_for(lambda: gateway.instance()["priority"]["configured"] == 121, "what is in the file now")
    finally:
        os.kill(guard, signal.SIGTERM)
    wait_for(lambda: not os.path.exists("/proc/%d" % guard), "the daemon to end")


def test_mistakes_reach_the_invoker(network):
    gateway = network.gw1
    gateway.configure("vrrp_instance VI_1 {\n  priority 300\n}\n")
    for mode in ((), ("-n",)):
        done = run(gateway, *mode)
        assert done.returncode != 0
        assert "gw1.conf:2:" in done.stderr
        assert not os.path.exists(gateway.path(".pid"))
        assert not os.path.exists(gateway.control)


def test_a_second_daemon_refuses(network):
    network.gw1.start()
    network.gw1.wait_for_state("MASTER")
    done = run(network.gw1, "-n")
    assert done.returncode == 1
    assert "already running as process %d" % network.gw1.pid("guard") in done.stderr
    assert network.gw1.state() == "MASTER"


def test_the_configuration_test(network):
    gateway = network.gw1
    done = run(gateway, "-t")
    assert done.returncode == 0
    gateway.configure("vrrp_instance VI_1 {\n  priority 300\n}\n")
    done = run(gateway, "-t")
    assert done.returncode == 5
    assert "gw1.conf:2:" in done.stderr
    messages = gateway.path(".messages")
    assert run(gateway, "--config-test=" + messages).returncode == 5
    with open(messages) as file:
        assert "gw1.conf:2:" in file.read()


def test_systemd_is_told(network, tmp_path):
    gateway = network.gw1
    path = str(tmp_path / "notify")
    receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    receiver.bind(path)
    receiver.settimeout(PATIENCE)
    process = gateway.namespace.popen(gateway.arguments("-n"), env=dict(os.environ, NOTIFY_SOCKET=path),
                                      stderr=subprocess.DEVNULL)
    try:
        told = receiver.recv(1024).decode()
        assert "READY=1" in told.split("\n")
        assert "MAINPID=%d" % process.pid in told.split("\n")
        process.send_signal(signal.SIGHUP)
        assert "RELOADING=1" in receiver.recv(1024).decode()
        assert "READY=1" in receiver.recv(1024).decode()
        gateway.configure("nonsense\n")
        process.send_signal(signal.SIGHUP)
        assert "RELOADING=1" in receiver.recv(1024).decode()
        assert "READY=1" in receiver.recv(1024).decode()
        process.terminate()
        assert "STOPPING=1" in receiver.recv(1024).decode()
        assert process.wait(timeout=PATIENCE) == 0
    finally:
        process.kill()
        receiver.close()


def start_with_a_guard_that_sleeps(gateway):
    """The front has read the configuration and listens; the guard, which has told it where, has hardly heard of that."""
    gateway.start()
    while not os.path.exists(gateway.control):
        assert gateway.process.poll() is None
    gateway.process.send_signal(signal.SIGSTOP)


def test_asked_to_stop_during_the_start(network):
    gateway = network.gw1
    start_with_a_guard_that_sleeps(gateway)
    gateway.process.terminate()
    gateway.process.send_signal(signal.SIGCONT)
    assert gateway.process.wait(timeout=PATIENCE) == 0
    assert gateway.holds_nothing()


def test_a_reload_during_the_start_is_not_forgotten(network):
    gateway = network.gw1
    start_with_a_guard_that_sleeps(gateway)
    gateway.configure(priority=77)
    gateway.process.send_signal(signal.SIGHUP)
    gateway.process.send_signal(signal.SIGCONT)
    wait_for(lambda: gateway.instance() and gateway.instance()["priority"]["configured"] == 77,
             "the new priority")
    assert gateway.stop() == 0


def test_other_signals_do_no_harm(network):
    network.gw1.start()
    network.gw1.wait_for_state("MASTER")
    engine = network.gw1.pid("engine")
    # What keepalived's mean, test_dumps.py shows.
    for number in (signal.SIGRTMIN + 7, signal.SIGRTMAX):
        network.gw1.kill("guard", number)
        network.gw1.kill("engine", number)
        network.gw1.kill("front", number)
    for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGRTMIN + 2):
        network.gw1.kill("engine", number)
        network.gw1.kill("front", number)
    wait_for(lambda: network.gw1.read_log().count("means nothing to vigiad") == 2, "a remark in the log")
    assert network.gw1.pid("engine") == engine
    assert network.gw1.state() == "MASTER"


# covers: FSM-I2
def test_start_up_delay(network):
    """Silence counts from its end on, and the status says why nothing happens."""
    network.gw1.configure("global_defs {\n    vrrp_startup_delay 5\n}\n" + network.gw1.text())
    started = time.monotonic()
    network.gw1.start()
    held = wait_for(lambda: (network.gw1.instance() or {}).get("timers", {}).get("hold_down"), "a hold-down")
    assert 0 < held <= 5
    assert "held down after start" in network.gw1.vigia("status", "VI_1").stdout
    network.gw1.wait_for_state("MASTER")
    assert network.capture.adverts("192.168.1.1")[0].at - started > 5 + 3 * INTERVAL
    assert network.gw1.instance()["timers"]["hold_down"] is None
