# SPDX-License-Identifier: GPL-2.0-or-later
"""VRFs that come and go below a running daemon. Few kernels have them: this runs in the one of tests/guest/run."""
import pytest

from lone import Daemon, Machine, block, instance
from net import Capture, wait_for

STATICS = """
static_routes {
 10.6.0.0/16 via 10.0.0.9 dev eth0 vrf red
}
static_rules {
 from 10.6.0.0/16 l3mdev preference 700
}
"""
OWN = (block("virtual_routes", ["10.8.0.0/16 dev red vrf red no_track", "10.9.0.0/16 via 10.0.0.9 dev eth0 vrf red",
                                "2001:db8:8::/64 via fe80::9 dev eth0 vrf red"])
       + block("virtual_rules", ["iif red table 500 preference 800"]))


@pytest.fixture
def daemon(tmp_path):
    machine = Machine("ours")
    machine.run("ip link show red")  # the kernel has VRFs
    one = Daemon(machine, str(tmp_path))
    yield one
    one.stop()
    machine.close()


def test_an_interface_moves_into_a_vrf_and_out_again(daemon):
    machine = daemon.machine
    capture = Capture(machine.far, "eth0")

    def state():
        return [(one["state"], [part["held"] for part in one["addresses"] + one["routes"] + one["rules"]])
                for one in daemon.instances()]

    def settles(table, vmac_master):
        """All is there, in that table; whoever is Master speaks, and the device for the virtual MAC is where its interface is."""
        def look():
            routes = {what: machine.run("ip route show table %s; ip -6 route show table %s" % (what, what), check=False)
                      for what in (table,)}[table]
            return (all(what in routes for what in ("10.6.0.0/16 via 10.0.0.9 dev eth0", "10.8.0.0/16 dev red",
                                                    "10.9.0.0/16 via 10.0.0.9 dev eth0", "2001:db8:8::/64 via fe80::9 dev eth0"))
                    and state() == [("MASTER", [True] * 5), ("MASTER", [True])]
                    and machine.has_address("10.0.0.200", "eth0") and machine.has_address("10.0.0.201", "vrrp.52")
                    and (" master " + vmac_master if vmac_master else "vrrp.52@eth0") in machine.run("ip link show vrrp.52")
                    and (vmac_master or " master " not in machine.run("ip link show vrrp.52")))
        wait_for(look, lambda: "%s %s\n%s%s" % (table, state(), machine.run("ip link; ip addr; ip route show table all; ip -6 route "
                                                                            "show table all; ip rule"), daemon.read_log()))
        since = capture.all()[-1][0]
        for vrid in (51, 52):
            wait_for(lambda: [one for one in capture.adverts(since=since) if one.vrid == vrid], "an advert of %d" % vrid)

    def held_statics():
        return [item["held"] for item in daemon.status()["static"]]
    daemon.start(STATICS + instance(OWN) + instance(" use_vmac\n", "W", 52, "10.0.0.201"))
    try:
        # In none: a way to 10.0.0.9 is in the main table, and the table of the VRF is any table.
        settles("500", None)
        machine.run("ip link set eth0 master red")
        settles("500", "red")
        assert held_statics() == [True, True]
        machine.run("ip link set eth0 nomaster")
        settles("500", None)
        # Another VRF of that name, with another table and another index. Without it nobody knows a table.
        machine.run("ip link set eth0 master red && ip link del red")
        wait_for(lambda: held_statics() == [False, True], daemon.read_log)
        machine.run("ip link add red type vrf table 501 && ip link set red up && ip link set eth0 master red")
        settles("501", "red")
        # What somebody takes from that table comes back.
        machine.run("ip route del 10.6.0.0/16 table 501 && ip route del 10.9.0.0/16 table 501")
        settles("501", "red")
        assert held_statics() == [True, True]
    finally:
        capture.close()
    daemon.stop()
    assert "keepalived" not in machine.run("ip route show table all; ip -6 route show table all; ip rule")
    assert "vrrp.52" not in machine.run("ip link")
