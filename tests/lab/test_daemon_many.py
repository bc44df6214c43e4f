# SPDX-License-Identifier: GPL-2.0-or-later
"""Many virtual routers on one interface, and a kernel that has very much to tell."""
import os
import signal
import subprocess
import time

from net import wait_for

COUNT = 250

INSTANCE = """
vrrp_instance V%(number)d {
    interface eth0
    virtual_router_id %(number)d
    version 3
    advert_int 0.2
    priority %(priority)d
    virtual_ipaddress {
        10.50.0.%(number)d
    }
}
"""


def held(gateway):
    return gateway.namespace.run("ip -4 -o address show dev eth0").count(" 10.50.0.")


def all_on(master, other):
    wait_for(lambda: held(master) == COUNT and held(other) == 0,
             lambda: "all on %s: %d here, %d there" % (master.name, held(master), held(other)))


def test_two_hundred_and_fifty_virtual_routers(network):
    for gateway in (network.gw1, network.gw2):
        gateway.configure("".join(INSTANCE % {"number": number, "priority": gateway.priority}
                                  for number in range(1, COUNT + 1)))
        gateway.start()
    all_on(network.gw1, network.gw2)
    wait_for(lambda: list(network.gw2.states().values()) == ["BACKUP"] * COUNT, "gw2 to be backup of all")
    since = time.monotonic()
    network.gw1.kill("engine")

    def taken_over():
        return {advert.vrid for advert in network.capture.adverts("192.168.1.2", network.gw2.priority, since)}
    wait_for(lambda: len(taken_over()) == COUNT, "gw2 to take all over", step=0.2)
    all_on(network.gw1, network.gw2)
    assert network.gw1.stop() == 0
    all_on(network.gw2, network.gw1)


def flood(rounds):
    """Addresses and routes of somebody else, added and taken away again."""
    batch = "".join("address add 10.60.%d.%d/32 dev eth1\n" % (i // 250, i % 250 + 1) for i in range(5000))
    batch += "".join("route add 10.%d.%d.0/24 via 10.0.0.100\n" % (70 + i // 250, i % 250) for i in range(2000))
    return (batch + batch.replace(" add ", " del ")) * rounds


def run_batch(gateway, batch):
    process = gateway.namespace.popen(["ip", "-batch", "-"], stdin=subprocess.PIPE, text=True)
    process.communicate(batch)
    assert process.returncode == 0


def lost_events(gateway):
    """How many messages the kernel could not deliver to netlink sockets of the namespace."""
    lines = gateway.namespace.run("cat /proc/net/netlink").splitlines()
    place = lines[0].split().index("Drops")
    return sum(int(line.split()[place]) for line in lines[1:])


def test_a_flood_of_kernel_events(network):
    network.start()
    engine = network.gw1.pid("engine")
    run_batch(network.gw1, flood(1))
    network.gw1.namespace.run("ip route del default")
    wait_for(network.gw1.has_route, "the route to be put back")
    network.gw1.namespace.run("ip addr del 192.168.1.200/32 dev eth0")
    wait_for(network.gw1.has_address, "the address to be put back")
    network.wait_for_gw1()
    assert network.gw1.pid("engine") == engine


def test_lost_events_are_made_up_for(network):
    """While the engine cannot read, more happens than the socket holds: it must look at everything again."""
    network.start()
    engine = network.gw1.kill("engine", signal.SIGSTOP)
    run_batch(network.gw1, flood(4))
    assert lost_events(network.gw1) > 0
    network.gw1.namespace.run("ip addr del 192.168.1.200/32 dev eth0 && ip link del eth1")
    os.kill(engine, signal.SIGCONT)
    network.wait_for_master(network.gw2, network.gw1)
    wait_for(lambda: network.gw1.state() == "FAULT", "gw1 to miss eth1")
    network.connect_uplink(network.gw1)
    network.wait_for_gw1()
    assert network.gw1.pid("engine") == engine
