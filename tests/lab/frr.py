# SPDX-License-Identifier: GPL-2.0-or-later
"""FRR's daemons in a namespace, with files of their own: vrrpd with the zebra and the macvlan devices that it needs, and
bfdd."""
import json
import os
import shutil
import subprocess
import tempfile

import later
from net import PATIENCE, wait_for

PROGRAMS = "/usr/lib/frr"
installed = os.path.exists(PROGRAMS + "/vrrpd")


class Daemons:
    """zebra runs, and the main one is started by start()."""

    MAIN = None
    MORE = ()

    def __init__(self, gateway, config, place=later.installed):
        self.gateway = gateway
        self.place = place
        self.namespace = gateway.namespace
        # It runs as a user of its own, to whom the tests' folders are closed.
        self.directory = tempfile.mkdtemp(prefix="vigia-frr-")
        shutil.chown(self.directory, "frr", "frr")
        self.log = gateway.path("-frr.log")
        self.process = None
        self.write(self.MAIN + ".conf", config)
        self.write("zebra.conf", "ip forwarding\nipv6 forwarding\n")
        self.zebra = None
        self.start_zebra()

    def start_zebra(self):
        if os.path.exists(self.path("zserv")):
            os.remove(self.path("zserv"))
        self.zebra = self.run("zebra")
        wait_for(lambda: os.path.exists(self.path("zserv")), lambda: "zebra\n" + self.read_log())

    def has_crashed(self):
        """zebra of FRR 10.3 does now and then when a device goes down: SIGSEGV in zebra_neigh_del_all."""
        return self.zebra.poll() is not None

    def revive(self):
        if self.has_crashed():
            self.kill()
            self.start_zebra()

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)

    def run(self, program, *more):
        with open(self.log, "a") as log:
            return self.namespace.popen(
                [*self.place(PROGRAMS + "/" + program), "-f", self.path(program + ".conf"),
                 "-z", self.path("zserv"), "--vty_socket", self.directory, "-i", self.path(program + ".pid"),
                 "-P", "0", "--log", "stdout", *more], stdout=log, stderr=subprocess.STDOUT)

    def start(self):
        self.process = self.run(self.MAIN, *(part.replace("DIRECTORY", self.directory) for part in self.MORE))
        return self

    def tell(self, *commands):
        """What the main daemon answers on its console."""
        arguments = [part for command in commands for part in ("-c", command)]
        done = subprocess.run(["vtysh", "--vty_socket", self.directory, "-d", self.MAIN, *arguments], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.stdout

    def read_log(self):
        with open(self.log) as file:
            return file.read()

    def stop(self):
        self.end(self.process.terminate)

    def kill(self):
        self.end(self.process.kill)

    def end(self, how):
        if self.process and self.process.poll() is None:
            how()
            self.process.wait(timeout=PATIENCE)

    def close(self):
        for process in (self.process, self.zebra):
            if process and process.poll() is None:
                process.kill()
                process.wait()
        shutil.rmtree(self.directory)


class Frr(Daemons):
    """Virtual routers as (version, family, vrid, priority, addresses, message_only), all at 1 s."""

    MAIN = "vrrpd"

    def __init__(self, gateway, routers, place=later.installed):
        self.namespace = gateway.namespace
        # By default an address is answered for by every device that hears the question.
        self.namespace.run("sysctl -qw net.ipv4.conf.all.arp_ignore=1")
        config = ""
        for version, family, vrid, priority, addresses, message_only in routers:
            self.add_device(family, vrid, addresses)
            word = "ip" if family == 4 else "ipv6"
            config += " vrrp %d version %d\n vrrp %d priority %d\n vrrp %d advertisement-interval 1000\n" % (
                vrid, version, vrid, priority, vrid)
            if message_only:
                config += " no vrrp %d checksum-with-ipv4-pseudoheader\n" % vrid
            config += "".join(" vrrp %d %s %s\n" % (vrid, word, address) for address in addresses)
        super().__init__(gateway, "interface eth0\n" + config, place)

    def add_device(self, family, vrid, addresses):
        """It finds the device by its virtual MAC, and expects the addresses to stand there."""
        name = "vrrp%d-%d" % (family, vrid)
        self.namespace.run("ip link add %s link eth0 type macvlan mode bridge && ip link set %s address "
                           "00:00:5e:00:%02x:%02x addrgenmode none" % (name, name, 1 if family == 4 else 2, vrid))
        if family == 6:  # the source of its adverts
            self.namespace.run("ip addr add fe80::f:%x/64 dev %s nodad" % (vrid, name))
        for address in addresses:
            self.namespace.run("ip addr add %s dev %s %s" % (address + ("/24" if family == 4 else "/64"), name,
                                                             "" if family == 4 else "nodad"))
        self.namespace.run("ip link set %s up" % name)


class Bfdd(Daemons):
    """peers: {name: its words on the line "peer"}; all with the same intervals in milliseconds."""

    MAIN = "bfdd"
    MORE = ("--bfdctl", "DIRECTORY/bfdd.sock")

    def __init__(self, gateway, peers, interval, multiplier):
        self.peers = peers
        text = "bfd\n"
        for words in peers.values():
            text += " peer %s\n  detect-multiplier %d\n  receive-interval %d\n  transmit-interval %d\n  no shutdown\n" \
                    " exit\n" % (words, multiplier, interval, interval)
        super().__init__(gateway, text + "exit\n")

    def session(self, name):
        """What it says of one session; {} when it says nothing."""
        try:
            return json.loads(self.tell("show bfd peer %s json" % self.peers[name]))
        except ValueError:
            return {}

    def status(self, name):
        return self.session(name).get("status")

    def shut_down(self, name):
        self.tell("configure terminal", "bfd", "peer " + self.peers[name], "shutdown")
