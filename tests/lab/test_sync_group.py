# SPDX-License-Identifier: GPL-2.0-or-later
"""Sync groups on real sockets: the two sides of a gateway move together, with vigiad or Debian's keepalived as the other router.

    lan (a bridge)     --- gw1 eth0   gw1 eth1 --- uplink (a bridge)
                       --- gw2 eth0   gw2 eth1 ---
"""
import shutil
import subprocess

import pytest

from gateways import Gateway
from net import Namespace, bridge, wait_for

GROUP = """
vrrp_sync_group GATEWAY {
    group {
        INSIDE
        OUTSIDE%(more)s
    }
}
"""
INSTANCE = """
vrrp_instance %(name)s {
    state BACKUP
    interface %(interface)s
    virtual_router_id %(vrid)d
    version 3
    advert_int 0.5
    priority %(priority)d
    virtual_ipaddress {
        %(address)s
    }
}
"""
INSIDE, OUTSIDE, THIRD = "192.168.1.200", "10.0.0.200", "192.168.1.203"


def instance(name, priority):
    interface, vrid, address = {"INSIDE": ("eth0", 51, INSIDE), "OUTSIDE": ("eth1", 52, OUTSIDE),
                                "THIRD": ("eth0", 53, THIRD)}[name]
    return INSTANCE % {"name": name, "interface": interface, "vrid": vrid, "address": address, "priority": priority}


class Router(Gateway):
    def __init__(self, name, directory, number, priority):
        super().__init__(name, directory, "192.168.1.%d" % number, "10.0.0.%d" % number, None, priority)
        self.daemon = "vigiad"

    def configure(self, text=None, priority=None):
        priority = priority or self.priority
        super().configure(text or GROUP % {"more": ""} + instance("INSIDE", priority) + instance("OUTSIDE", priority))

    def arguments(self, *more):
        if self.daemon == "vigiad":
            return super().arguments(*more)
        return ["keepalived", "-f", self.config, "-p", self.path(".kpid"), "-r", self.path(".kvpid"), "-c", self.path(".kcpid"),
                "-b", self.path(".kbpid"), *more]

    def held(self):
        return [address for address in (INSIDE, OUTSIDE) if self.namespace.has_address(address)]

    def holds_all(self):
        return self.held() == [INSIDE, OUTSIDE]

    def members(self):
        return {each["name"]: each for each in self.instances()}


class Network:
    def __init__(self, directory, daemons):
        self.switches = {name: Namespace(name) for name in ("lan", "uplink")}
        self.gw1, self.gw2 = Router("gw1", directory, 1, 100), Router("gw2", directory, 2, 99)
        self.gw1.daemon, self.gw2.daemon = daemons
        for name, interface in (("lan", "eth0"), ("uplink", "eth1")):
            switch = self.switches[name]
            bridge(switch, "switch", {gateway.name: (gateway.namespace, interface) for gateway in (self.gw1, self.gw2)})
        for gateway in (self.gw1, self.gw2):
            gateway.namespace.run("ip addr add %s/24 dev eth0 && ip addr add %s/24 dev eth1"
                                  % (gateway.address, gateway.uplink_address))

    def plug(self, switch, gateway, there):
        self.switches[switch].run("ip link set %s %s" % (gateway.name, "up" if there else "down"))

    def mute(self, switch, silent):
        """Adverts do not pass this switch, all else does; carrier stays."""
        self.switches[switch].run("nft add table bridge mute && nft flush table bridge mute" if silent else
                                  "nft delete table bridge mute")
        if silent:
            self.switches[switch].run("nft 'add chain bridge mute c { type filter hook forward priority 0; }' && "
                                      "nft add rule bridge mute c ip protocol 112 drop")

    def wait_for_master(self, master, other):
        wait_for(lambda: master.holds_all() and not other.held(),
                 lambda: "%s to hold both addresses and %s none\n%s\n%s"
                 % (master.name, other.name, master.read_log(), other.read_log()))

    def start(self):
        """gw2 only when gw1 is master, so that gw2 has never been one."""
        self.gw1.start()
        wait_for(self.gw1.holds_all, "gw1 to be master")
        self.gw2.start()
        if self.gw2.daemon == "vigiad":
            wait_for(lambda: len(self.gw2.instances()) == 2 and all(one["peer"] for one in self.gw2.instances()),
                     "gw2 to hear gw1")
        self.wait_for_master(self.gw1, self.gw2)

    def transitions(self):
        return [{name: each["counters"]["became_master"] for name, each in gateway.members().items()}
                for gateway in (self.gw1, self.gw2)]

    def close(self):
        for thing in (self.gw1, self.gw2, *self.switches.values()):
            thing.close()


PAIRS = [("vigiad", "vigiad"), ("vigiad", "keepalived"), ("keepalived", "vigiad")]


@pytest.fixture(name="make")
def fixture_make(tmp_path):
    made = []

    def make(daemons=("vigiad", "vigiad")):
        if "keepalived" in daemons and not shutil.which("keepalived"):
            pytest.skip("there is no keepalived")
        made.append(Network(tmp_path, daemons))
        return made[0]

    yield make
    for network in made:
        network.close()


def assert_moved_together(gateway):
    """Both became master in one turn, so that is how their times are."""
    if gateway.daemon == "vigiad":
        inside, outside = (gateway.members()[name] for name in ("INSIDE", "OUTSIDE"))
        assert inside["state"] == outside["state"] == "MASTER"
        assert inside["since"] == outside["since"]


@pytest.mark.parametrize("daemons", PAIRS, ids=str)
def test_a_cable_pulled_on_one_side_moves_both(make, daemons):
    network = make(daemons)
    network.start()
    assert_moved_together(network.gw1)
    for switch in ("uplink", "lan"):
        network.plug(switch, network.gw1, False)
        network.wait_for_master(network.gw2, network.gw1)
        assert_moved_together(network.gw2)
        network.plug(switch, network.gw1, True)
        network.wait_for_master(network.gw1, network.gw2)
        assert_moved_together(network.gw1)


@pytest.mark.parametrize("daemons", PAIRS, ids=str)
def test_a_stop_and_a_start_move_both(make, daemons):
    network = make(daemons)
    network.start()
    network.gw1.stop()
    network.wait_for_master(network.gw2, network.gw1)
    assert_moved_together(network.gw2)
    network.gw1.start()
    network.wait_for_master(network.gw1, network.gw2)


def test_adverts_lost_on_one_side_move_nothing(make):
    network = make()
    network.start()
    transitions = network.transitions()

    def ready():
        return [entry["code"] for entry in network.gw2.members()["INSIDE"]["history"]].count("group-ready")
    before = ready()
    network.mute("lan", True)
    # The LAN's member would be master by now; it waits for the other one.
    wait_for(lambda: ready() > before, "the LAN to be silent for gw2")
    heard = network.gw2.members()["OUTSIDE"]["counters"]["adverts_received"]
    wait_for(lambda: network.gw2.members()["OUTSIDE"]["counters"]["adverts_received"] > heard + 8, "more adverts")
    assert network.gw1.holds_all() and not network.gw2.held()
    network.mute("lan", False)
    heard = network.gw2.members()["INSIDE"]["counters"]["adverts_received"]
    wait_for(lambda: network.gw2.members()["INSIDE"]["counters"]["adverts_received"] > heard + 3, "adverts again")
    assert network.transitions() == transitions


def test_a_reload_adds_and_removes_a_member(make):
    network = make()
    network.start()
    before = network.gw1.members()["INSIDE"]["since"]
    three = GROUP % {"more": "\n        THIRD"} + "".join(instance(name, 100) for name in ("INSIDE", "OUTSIDE", "THIRD"))
    network.gw1.configure(three)
    assert network.gw1.vigia("reload").returncode == 0
    wait_for(lambda: network.gw1.namespace.has_address(THIRD), "the new member to be master, too")
    status = network.gw1.status()
    assert [(group["name"], group["state"], group["members"]) for group in status["sync_groups"]] == \
        [("GATEWAY", "MASTER", ["INSIDE", "OUTSIDE", "THIRD"])]
    assert network.gw1.members()["THIRD"]["cause"]["code"] == "group-joined"
    network.gw1.configure()
    assert network.gw1.vigia("reload").returncode == 0
    wait_for(lambda: not network.gw1.namespace.has_address(THIRD), "the removed member to let go")
    assert network.gw1.holds_all()
    assert network.gw1.members()["INSIDE"]["since"] == before
    assert "sync group GATEWAY: BACKUP -> MASTER: " in network.gw1.read_log()


def test_the_whole_group_waits_for_an_interface(make, tmp_path):
    network = make()
    trace = tmp_path / "gw1.trace"
    network.gw1.namespace.run("ip link set eth1 down")
    network.gw1.start("--record", str(trace))

    def waits():
        groups = (network.gw1.status() or {}).get("sync_groups")
        return groups and (groups[0]["state"], groups[0]["because"]) == ("FAULT", "OUTSIDE")
    wait_for(waits, "the group to wait for its member")
    assert "OUTSIDE of the same sync group" in network.gw1.members()["INSIDE"]["blockers_text"]
    assert "OUTSIDE: eth1 is down or without carrier" in network.gw1.vigia("status").stdout
    network.gw1.namespace.run("ip link set eth1 up")
    wait_for(network.gw1.holds_all, "both to be master")
    assert_moved_together(network.gw1)
    network.gw1.stop()
    # What happened to each member alone replays, for what its group decided is among it.
    replay = subprocess.run([network.gw1.arguments()[0].replace("vigiad", "vigia"), "replay", str(trace)], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert replay.returncode == 0, replay.stdout


def test_a_crash_of_the_engine_keeps_both(make):
    network = make()
    network.start()
    network.gw1.kill("engine")

    def restarted():
        daemon = (network.gw1.status() or {}).get("daemon", {})
        return daemon.get("engine_restarts") == 1 and daemon["engine"] == "running"
    wait_for(restarted, "the new engine")
    network.wait_for_master(network.gw1, network.gw2)
