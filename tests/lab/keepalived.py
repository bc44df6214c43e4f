# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's keepalived in the place of a vigiad: on one of the gateways of gateways.py, with the same file."""
import os
import signal
import subprocess
import time

import pytest

import later
from net import PATIENCE, Capture, wait_for
from peers import read_adverts

PROGRAM = "/usr/sbin/keepalived"
installed = os.path.exists(PROGRAM)
needed = pytest.mark.skipif(not installed, reason="keepalived is not installed")


class Keepalived:
    def __init__(self, gateway, place=later.installed):
        self.gateway = gateway
        self.command = place(PROGRAM)
        self.log = gateway.path("-keepalived.log")
        self.process = None

    def start(self):
        # The pid files that are not named would be those of every keepalived of the machine, and stop one that starts.
        pids = [part for option in ("p", "r", "c", "b") for part in ("-" + option, self.gateway.path("-%s.kpid" % option))]
        with open(self.log, "a") as log:
            self.process = self.gateway.namespace.popen(
                [*self.command, "-n", "-l", "-D", "-P", "-f", self.gateway.config, *pids], stdout=log,
                stderr=subprocess.STDOUT)
        return self

    def read_log(self):
        with open(self.log) as file:
            return file.read()

    def state(self):
        """By the last line about it."""
        states = [line.split(" STATE")[0].split()[-1] for line in self.read_log().splitlines() if " STATE" in line]
        return states[-1] if states else None

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=PATIENCE)

    def kill(self):
        """Both processes at once, so that neither says a word."""
        with open(self.gateway.path("-r.kpid")) as file:
            os.kill(int(file.read()), signal.SIGKILL)
        self.process.kill()
        self.process.wait()

    def close(self):
        if self.process and self.process.poll() is None:
            # Its child ends with it only when it is asked to.
            self.process.terminate()
            try:
                self.process.wait(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if os.path.exists(self.log):
            os.unlink(self.log)


def take_turns(gateway, peer, weaken):
    """Each of the two as the better one, and each takes over when the other one stops. weaken: makes the gateway the
    lesser one, for its next start."""
    peer.start()
    wait_for(lambda: peer.state() == "MASTER", "keepalived to be master\n" + peer.read_log())
    gateway.start()
    wait_for(lambda: gateway.state() == "MASTER" and peer.state() == "BACKUP",
             "the better one to take over\n" + gateway.read_log() + peer.read_log())
    assert not gateway.drops()
    # What each of them hears of the other.
    captures = {who: Capture(who.namespace, "eth0") for who in (gateway, peer.gateway)}

    def assert_soon(leaver, successor, since):
        """One that stops says priority 0: the other one waits Skew_Time alone."""
        zero = [advert.at for advert in read_adverts(captures[successor], since) if not advert.priority][0]
        first = wait_for(lambda: [one.at for one in read_adverts(captures[leaver], zero) if one.priority], "an advert")[0]
        assert first - zero < 2.5
    try:
        stopped = time.monotonic()
        gateway.stop()
        wait_for(lambda: peer.state() == "MASTER", "keepalived to take over")
        assert_soon(gateway, peer.gateway, stopped)
        weaken()
        gateway.start()
        wait_for(lambda: gateway.instance() and gateway.instance()["peer"], "keepalived to be heard")
        stopped = time.monotonic()
        peer.stop()
        gateway.wait_for_state("MASTER")
        assert_soon(peer.gateway, gateway, stopped)
        assert not gateway.drops()
    finally:
        for capture in captures.values():
            capture.close()
