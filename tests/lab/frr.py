# SPDX-License-Identifier: GPL-2.0-or-later
"""FRR's vrrpd, with the zebra and the macvlan devices that it needs, in a namespace and with files of its own."""
import os
import shutil
import subprocess
import tempfile

from net import PATIENCE, wait_for

PROGRAMS = "/usr/lib/frr"
installed = os.path.exists(PROGRAMS + "/vrrpd")


class Frr:
    """Virtual routers as (version, family, vrid, priority, addresses), all at 1 s."""

    def __init__(self, gateway, routers):
        self.gateway = gateway
        self.namespace = gateway.namespace
        # It runs as a user of its own, to whom the tests' folders are closed.
        self.directory = tempfile.mkdtemp(prefix="vigia-frr-")
        shutil.chown(self.directory, "frr", "frr")
        self.log = gateway.path("-frr.log")
        self.process = None
        # By default an address is answered for by every device that hears the question.
        self.namespace.run("sysctl -qw net.ipv4.conf.all.arp_ignore=1")
        config = ""
        for version, family, vrid, priority, addresses in routers:
            self.add_device(family, vrid, addresses)
            word = "ip" if family == 4 else "ipv6"
            config += " vrrp %d version %d\n vrrp %d priority %d\n vrrp %d advertisement-interval 1000\n" % (
                vrid, version, vrid, priority, vrid)
            config += "".join(" vrrp %d %s %s\n" % (vrid, word, address) for address in addresses)
        self.write("vrrpd.conf", "interface eth0\n" + config)
        self.write("zebra.conf", "ip forwarding\nipv6 forwarding\n")
        self.zebra = self.run("zebra")
        wait_for(lambda: os.path.exists(self.path("zserv")), "zebra\n" + self.read_log())

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)

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

    def run(self, program):
        with open(self.log, "a") as log:
            return self.namespace.popen(
                [PROGRAMS + "/" + program, "-f", self.path(program + ".conf"),
                 "-z", self.path("zserv"), "--vty_socket", self.directory, "-i", self.path(program + ".pid"),
                 "-P", "0", "--log", "stdout"], stdout=log, stderr=subprocess.STDOUT)

    def start(self):
        self.process = self.run("vrrpd")
        return self

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
