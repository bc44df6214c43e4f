# SPDX-License-Identifier: GPL-2.0-or-later
"""The gateways with all that an engine, a runner and a front may hold at once: for tests of an upgrade.

Adverts come every 100 ms; a Backup waits for 12 of them, and a BFD session for 30 packets of 50 ms, so that a machine that stands
still for a second moves nothing.
"""
import contextlib
import itertools
import os
import re
import signal

from gateways import Gateways
from mail_server import MailServer
from net import Capture, wait_for
from peers import AH
from upgrades import TOO_SLOW

PASSED_OVER = 1000  # numbers, of engine/saved_state.c

CONFIG = """
global_defs {
    script_user root
    disable_local_igmp
    vrrp_notify_fifo %(fifo)s
    vrrp_down_timer_adverts 12
    notification_email {
        root@example.org
    }
    notification_email_from gateway@example.org
    smtp_server 127.0.0.1 2525
}
vrrp_script chk {
    script "/usr/bin/test -e %(flag)s"
    interval 0.2
    timeout 20
}
vrrp_track_process work {
    process vigia-goes-on
}
bfd_instance other {
    neighbor_ip %(other)s
    source_ip %(own)s
    min_rx 50
    min_tx 50
    multiplier 30
}
vrrp_sync_group G {
    group {
        V4
        V6
    }
    notify %(teller)s
    smtp_alert
}
vrrp_instance V4 {
    interface eth0
    virtual_router_id 51
    version 3
    advert_int 0.1
    priority %(priority)d
    use_vmac
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
    virtual_ipaddress {
        192.168.1.200/24
    }
    virtual_routes {
        default via %(next_hop)s dev eth1
        10.77.0.0/16 via %(next_hop)s dev eth1 table 77
    }
    virtual_rules {
        from 192.168.1.0/24 to 10.77.0.0/16 lookup 77 preference 77
    }
}
vrrp_instance V6 {
    interface eth0
    virtual_router_id 51
    version 3
    advert_int 0.1
    priority %(priority)d
    use_vmac
    virtual_ipaddress {
        fe80::51
        2001:db8:1::51/64
    }
    virtual_routes {
        2001:db8:ffff::/48 via fe80::99
    }
}
vrrp_instance RULES {
    interface eth0
    virtual_router_id 53
    version 3
    advert_int 0.1
    priority %(priority)d
    use_vmac_rules
    no_accept
    notify %(teller)s
    virtual_ipaddress {
        192.168.1.201
    }
}
vrrp_instance UNICAST {
    interface eth0
    virtual_router_id 54
    version 2
    advert_int 1
    down_timer_adverts 3
    priority %(priority)d
    unicast_src_ip %(own)s
    unicast_peer {
        %(other)s
    }
    authentication {
        auth_type AH
        auth_pass secret12
    }
    track_bfd {
        other
    }
    virtual_ipaddress {
        192.168.1.202
    }
}
vrrp_instance DRAINED {
    interface eth0
    virtual_router_id 55
    version 3
    advert_int 0.1
    priority %(priority)d
    notify %(teller)s
    virtual_ipaddress {
        192.168.1.203
    }
}
%(more)s
"""
STATES = {"V4": "MASTER", "V6": "MASTER", "RULES": "MASTER", "UNICAST": "MASTER", "DRAINED": "DRAINED"}
OTHER_STATES = {name: "MASTER" if name == "DRAINED" else "BACKUP" for name in STATES}


def session(gateway):
    """Of BFD."""
    return next(iter((gateway.status() or {}).get("bfd", [])), {})


def standing(gateway):
    """All that stands in the kernel, without what moves by itself: counters, and how long an element or an address has to live."""
    run = gateway.namespace.run
    lives = re.compile(r"valid_lft \S+ preferred_lft \S+| expires [0-9dhms]+|packets \d+ bytes \d+")
    shown = [run("ip -o -d link show"), run("ip -o address show"), run("ip route show table all"), run("ip -6 route show table all"),
             run("ip rule show"), run("ip -6 rule show"), run("nft -s list ruleset"), run("ip maddr show"),
             run("cat /proc/sys/net/ipv4/igmp_link_local_mcast_reports")]
    return [sorted(lives.sub("", one).splitlines()) for one in shown]


def remembered(gateway):
    """What an engine knows of the past, by virtual router; and of the BFD session."""
    bfd = session(gateway)
    return ({one["name"]: ([entry["code"] for entry in one["history"] if entry["code"] not in ("announced", "late")], one["since"], one["state"],
                           one["counters"]["became_master"], one["counters"]["priority_zero_sent"],
                           {reason: count for reason, count in one["drops"].items() if count and reason != "not-running"})
             for one in gateway.instances()},
            {key: bfd.get(key) for key in ("discriminator", "since", "ups", "downs")})


class Fifo:
    """Reads what is said to a pipe, whoever opens it anew."""

    def __init__(self, path):
        wait_for(lambda: os.path.exists(path), "the pipe " + path)
        self.file = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        self.heard = b""

    def lines(self):
        try:
            while True:
                self.heard += os.read(self.file, 65536)
        except BlockingIOError:
            return self.heard.decode().splitlines()

    def close(self):
        os.close(self.file)


class Everything(Gateways):
    """gw1 is master of all but one, which is drained there."""

    def __init__(self, directory):
        super().__init__(directory)
        self.directory = directory
        self.gateways = (self.gw1, self.gw2)
        self.flag = directory / "works"
        self.flag.touch()
        self.ports = {gateway: Capture(self.lan, gateway.name) for gateway in (self.gw1, self.gw2)}
        self.worker = self.start_worker()
        self.fifo = None
        self.mail = MailServer(self.gw1.namespace)
        self.things[:0] = [self.mail, *self.ports.values()]
        self.client.run("ip addr add 2001:db8:1::10/64 dev eth0 nodad")
        for number, gateway in enumerate((self.gw1, self.gw2), 1):
            gateway.namespace.run("ip addr add 2001:db8:1::%d/64 dev eth0 nodad && ip addr add fe80::%d/64 dev eth0 nodad && "
                                  "sysctl -qw net.ipv6.conf.all.forwarding=1" % (number, number))
            self.configure(gateway)

    def start_worker(self):
        """A process that both track."""
        worker = os.fork()
        if worker == 0:
            with open("/proc/self/comm", "w") as file:
                file.write("vigia-goes-on")
            signal.pause()
            os._exit(0)
        return worker

    def stop_worker(self):
        os.kill(self.worker, signal.SIGKILL)
        os.waitpid(self.worker, 0)
        self.worker = None

    def configure(self, gateway, more=""):
        teller = self.directory / (gateway.name + "-teller")
        teller.write_text("#!/bin/sh\necho \"$@\" >> %s/%s-told\nwhile test -e %s/%s-slow; do sleep 0.02; done\n"
                          % (self.directory, gateway.name, self.directory, gateway.name))
        teller.chmod(0o755)
        other = self.gw2 if gateway is self.gw1 else self.gw1
        gateway.configure(CONFIG % {
            "fifo": gateway.path("-fifo"), "flag": self.flag if gateway is self.gw1 else "/", "own": gateway.address,
            "other": other.address, "teller": teller, "priority": gateway.priority, "next_hop": gateway.next_hop, "more": more})

    def start(self):
        self.gw1.start()
        self.fifo = Fifo(self.gw1.path("-fifo"))
        self.things.insert(0, self.fifo)
        self.gw2.start()
        wait_for(lambda: set(self.gw1.states().values()) == {"MASTER"}, lambda: "gw1 to be master\n" + self.gw1.read_log())
        wait_for(lambda: self.gw2.instances() and all(one["state"] == "BACKUP" and one["peer"] for one in self.gw2.instances()),
                 lambda: "gw2 to hear gw1\n" + self.gw2.read_log())
        done = self.gw1.vigia("drain", "DRAINED")
        assert done.returncode == 0, done.stdout + done.stderr
        self.wait_for_states()
        for gateway in (self.gw1, self.gw2):
            wait_for(lambda: session(gateway).get("state") == "Up", "the BFD session")
        return self

    def wait_for_states(self, but=None):
        """but: the name of one that need not be there yet."""
        def are(gateway, wanted):
            return {name: state for name, state in gateway.states().items() if name != but} == \
                {name: state for name, state in wanted.items() if name != but}
        wait_for(lambda: are(self.gw1, STATES) and are(self.gw2, OTHER_STATES),
                 lambda: "all to be as wanted: %s, %s\n%s\n%s" % (self.gw1.states(), self.gw2.states(), self.gw1.read_log(),
                                                                 self.gw2.read_log()))

    @contextlib.contextmanager
    def slow_commands(self, gateway):
        """Whoever is told of a state takes that long."""
        path = self.directory / (gateway.name + "-slow")
        path.touch()
        try:
            yield
        finally:
            path.unlink()

    def told(self, gateway):
        path = self.directory / (gateway.name + "-told")
        return path.read_text().splitlines() if path.exists() else []

    def close(self):
        if self.worker:
            self.stop_worker()
        super().close()


def authentication_numbers(lab, since=0.0):
    """Of AH, in the order of their adverts."""
    return [int.from_bytes(frame[42:46], "big") for at, frame in lab.ports[lab.gw1].all()
            if at >= since and frame[12:14] == b"\x08\0" and frame[23] == AH]


def left_out(lab, numbers):
    """[(number, the next one)] where more is between them than what an engine of gw1 passes over that goes on after all, for a
    successor was too slow."""
    log = lab.gw1.read_log()
    passed_over = PASSED_OVER * (log.count("did not go on within") + log.count(TOO_SLOW))
    return [(one, two) for one, two in itertools.pairwise(numbers) if two - one - 1 not in range(0, passed_over + 1, PASSED_OVER)]


class Unnoticed:
    """What both gateways are and have, and what was told to anybody."""

    def __init__(self, lab):
        self.lab = lab
        self.before = self.now()

    def now(self):
        lab = self.lab
        return {"standing": [standing(gateway) for gateway in (lab.gw1, lab.gw2)],
                "remembered": [remembered(gateway) for gateway in (lab.gw1, lab.gw2)],
                "told": [(lab.told(lab.gw1), lab.fifo.lines(), lab.mail.subjects()), lab.told(lab.gw2)]}

    def still_holds(self):
        now = self.now()
        for what, before in self.before.items():
            for gateway, then, since in zip(self.lab.gateways, before, now[what]):
                assert since == then, "%s of %s: %s, not %s" % (what, gateway.name, since, then)
