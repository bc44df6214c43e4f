# SPDX-License-Identifier: GPL-2.0-or-later
"""Virtual routers with a virtual MAC on a macvlan (use_vmac): what stands on the wire, who answers, who is silent."""
import os
import re
import signal
import socket

import pytest
from gateways import VIRTUAL
from keepalived import needed
from net import wait_for
from virtual_mac import BROADCAST, DEVICE, Lan, VIRTUAL_MAC, configure, device_index, has_device, holds, interface_mac, link, setting


@pytest.fixture(name="lan")
def fixture_lan(tmp_path):
    lan = Lan(tmp_path)
    yield lan
    lan.close()


# covers: IPH-09 TX-03 FSM-I3 FSM-B8 ARP-01 ARP-05 CHG-09 CHG-13 ERR-7947 ERR-7949 VMAC-01
def test_adverts_and_announcements_have_the_virtual_mac(lan):
    lan.start()
    advert = wait_for(lambda: lan.network.capture.adverts(source="192.168.1.1"), "an advert")[-1]
    assert advert.source_mac == VIRTUAL_MAC
    announced = wait_for(lambda: lan.network.capture.gratuitous_arps(VIRTUAL), "an announcement")
    for _, frame in announced:
        assert frame[:6] == BROADCAST
        assert frame[6:12] == VIRTUAL_MAC and frame[22:28] == VIRTUAL_MAC and frame[32:38] == VIRTUAL_MAC
    # Nothing else of this machine is ever said with it.
    assert not [frame for _, frame in lan.from_gw[lan.gw1].all()
                if frame[6:12] == VIRTUAL_MAC and frame[12:14] not in (b"\x08\x00", b"\x08\x06")]


# covers: VMAC-02 VMAC-03 VMAC-04 AMB-18 FSM-A6
def test_one_answer_with_the_virtual_mac(lan):
    lan.start()
    answers = lan.ask_all(VIRTUAL)
    assert len(answers) == 3
    for frame in answers:
        assert frame[22:28] == VIRTUAL_MAC and frame[6:12] == VIRTUAL_MAC
    own = lan.ask_all("192.168.1.1", asked=1)
    assert {frame[22:28] for frame in own} == {interface_mac(lan.gw1)}
    # A packet to the virtual MAC is forwarded.
    lan.gw1.namespace.run("ip route add 1.1.1.1 via " + lan.gw1.next_hop)
    wait_for(lambda: "1 received" in lan.client.run("ping -c 1 -W 1 1.1.1.1", check=False), "a ping by the gateway")
    assert "00:00:5e:00:01:33" in lan.client.run("ip neigh show " + VIRTUAL)


# covers: ARP-08
def test_the_master_asks_in_the_name_of_its_own_address(lan):
    lan.start()
    lan.client.run("ip neigh flush dev eth0")
    lan.gw1.namespace.run("ip neigh flush dev eth0")
    # The answer to a ping of the virtual address makes it ask for the client.
    wait_for(lambda: "1 received" in lan.client.run("ping -c 1 -W 1 " + VIRTUAL, check=False), "a ping")
    own, virtual = interface_mac(lan.gw1), socket.inet_aton(VIRTUAL)
    for _, frame in lan.from_gw[lan.gw1].all():
        if frame[12:14] == b"\x08\x06" and frame[28:32] == virtual:
            assert frame[22:28] != own and frame[6:12] != own


# covers: FSM-B4
def test_a_backup_is_silent(lan):
    lan.start()
    heard = lan.gw2.instance()["counters"]["adverts_received"]
    lan.ask_all(VIRTUAL)
    wait_for(lambda: lan.gw2.instance()["counters"]["adverts_received"] > heard + 4, "adverts")
    assert not [frame for _, frame in lan.from_gw[lan.gw2].all() if frame[6:12] == VIRTUAL_MAC]
    assert not holds(lan.gw2) and has_device(lan.gw2)
    # What a switch floods to the virtual MAC is passed on by the master alone.
    assert setting(lan.gw1, DEVICE + "/forwarding") == "1"
    assert setting(lan.gw2, DEVICE + "/forwarding") == "0" and setting(lan.gw2, "eth0/forwarding") == "1"


def test_the_client_goes_on_after_a_failover(lan):
    lan.start()
    ping = "ping -c 1 -W 1 " + VIRTUAL
    wait_for(lambda: "1 received" in lan.client.run(ping, check=False), "a ping to gw1")
    lan.network.pull_lan(lan.gw1)
    wait_for(lambda: holds(lan.gw2), "gw2 to take over")
    wait_for(lambda: "1 received" in lan.client.run(ping, check=False), "a ping to gw2")
    # The device itself stays up when what is below it loses its carrier; the virtual router does not.
    wait_for(lambda: not holds(lan.gw1) and lan.gw1.state() == "FAULT", "gw1 to notice")
    lan.network.pull_lan(lan.gw1, there=True)
    lan.wait_for_master(lan.gw1, lan.gw2)
    wait_for(lambda: "1 received" in lan.client.run(ping, check=False), "a ping to gw1 again")
    # The last advert of the one that gives up comes after its successor's: not from the virtual MAC.
    wait_for(lambda: lan.network.capture.adverts(source="192.168.1.2")[-1].source_mac == interface_mac(lan.gw2), "its last advert")


def test_a_deleted_device_comes_back(lan):
    lan.start()
    before = device_index(lan.gw1)
    lan.gw1.namespace.run("ip link del " + DEVICE)
    wait_for(lambda: holds(lan.gw1), "the address to be there again")
    assert device_index(lan.gw1) != before
    wait_for(lambda: "has been made again" in lan.gw1.read_log(), "a word about it")
    lan.gw1.wait_for_state("MASTER")
    assert len(lan.ask_all(VIRTUAL, asked=1)) == 1


def test_a_stop_leaves_nothing(lan):
    lan.start()
    assert setting(lan.gw1, "eth0/arp_ignore") == "1" and setting(lan.gw1, "eth0/arp_announce") == "2"
    for gateway in (lan.gw1, lan.gw2):
        assert gateway.stop() == 0
        assert not has_device(gateway)
        assert setting(gateway, "eth0/arp_ignore") == "0" and setting(gateway, "eth0/arp_announce") == "0"


def test_a_killed_engine_leaves_nothing_in_the_end(lan):
    lan.start()
    index = device_index(lan.gw2)
    for gateway in (lan.gw1, lan.gw2):
        engine = gateway.kill("engine")
        wait_for(lambda: gateway.pid("engine") not in (None, engine) and gateway.state() in ("MASTER", "BACKUP"),
                 "a new engine")
    lan.wait_for_master(lan.gw1, lan.gw2)
    assert device_index(lan.gw2) == index
    for gateway in (lan.gw1, lan.gw2):
        assert gateway.stop() == 0
        assert not has_device(gateway)
        assert setting(gateway, "eth0/arp_ignore") == "0"


def test_a_whole_daemon_killed_is_cleaned_up_by_the_next(lan):
    lan.start()
    pids = [lan.gw1.pid(which) for which in ("engine", "front")]
    lan.gw1.kill("guard")
    lan.gw1.process.wait()
    wait_for(lambda: not any(os.path.exists("/proc/%d" % pid) for pid in pids), "all processes to end")
    configure(lan.gw1, more="")
    lan.gw1.start()
    wait_for(lambda: holds(lan.gw1, "eth0") or lan.gw1.state() == "MASTER", "gw1 to be master without virtual MAC")
    wait_for(lambda: not has_device(lan.gw1), "the device of the dead daemon to go")
    assert setting(lan.gw1, "eth0/arp_ignore") == "0" and setting(lan.gw1, "eth0/arp_announce") == "0"


def test_a_reload_that_only_renames_the_device_costs_nothing(lan):
    lan.start()
    index = device_index(lan.gw1)
    configure(lan.gw1, more="use_vmac other")
    lan.gw1.kill("guard", signal.SIGHUP)
    wait_for(lambda: holds(lan.gw1, "other"), "the new name")
    if tuple(int(part) for part in re.findall(r"\d+", os.uname().release)[:2]) >= (6, 2):  # else one that is up cannot be renamed
        assert link(lan.gw1.namespace, "other")["ifindex"] == index
    assert lan.gw1.state() == "MASTER" and not has_device(lan.gw1)
    assert lan.gw1.read_log().count("BACKUP -> MASTER") == 1, lan.gw1.read_log()


def test_reload_from_and_to_the_virtual_mac(lan):
    lan.start()
    configure(lan.gw1, more="")
    lan.gw1.kill("guard", signal.SIGHUP)
    wait_for(lambda: holds(lan.gw1, "eth0") and not has_device(lan.gw1), "the address on eth0, and no device")
    assert {frame[22:28] for frame in lan.ask_all(VIRTUAL, asked=1)} == {interface_mac(lan.gw1)}
    configure(lan.gw1)
    lan.gw1.kill("guard", signal.SIGHUP)
    wait_for(lambda: holds(lan.gw1) and not holds(lan.gw1, "eth0"), "the address on the device")
    assert [frame[22:28] for frame in lan.ask_all(VIRTUAL, asked=1)] == [VIRTUAL_MAC]
    assert "BACKUP" not in lan.gw1.read_log().split("MASTER", 1)[1], lan.gw1.read_log()


def test_adverts_of_the_interfaces_own_mac(lan):
    configure(lan.gw1, more="use_vmac\n    vmac_xmit_base")
    lan.gw1.start()
    wait_for(lambda: holds(lan.gw1), "gw1 to be master")
    advert = wait_for(lambda: lan.network.capture.adverts(source="192.168.1.1"), "an advert")[-1]
    assert advert.source_mac == interface_mac(lan.gw1)
    announced = wait_for(lambda: lan.network.capture.gratuitous_arps(VIRTUAL), "an announcement")
    assert {frame[6:12] for _, frame in announced} == {VIRTUAL_MAC}


@needed
@pytest.mark.parametrize("first", ["vigiad", "keepalived"])
def test_beside_keepalived(lan, first):
    """The better one is gw1. Both have the same virtual MAC, so each hears the other by its own device of that MAC."""
    for gateway in (lan.gw1, lan.gw2):
        configure(gateway, version=2, interval="1")
    better = lan.gw1.start() if first == "vigiad" else lan.keepalived(lan.gw1)
    if first == "vigiad":
        lan.keepalived(lan.gw2)
    else:
        lan.gw2.start()
    lan.wait_for_master(lan.gw1, lan.gw2)
    # Whoever started first was master for a moment; from now on there is one.
    first_heard = wait_for(lambda: lan.network.capture.adverts(source="192.168.1.1"), "an advert")[-1].at
    wait_for(lambda: len(lan.network.capture.adverts(source="192.168.1.1", since=first_heard)) > 6, "adverts")
    assert not holds(lan.gw2)
    assert not lan.network.capture.adverts(source="192.168.1.2", since=first_heard + 2)
    assert [frame[22:28] for frame in lan.ask_all(VIRTUAL)] == 3 * [VIRTUAL_MAC]
    better.stop()
    wait_for(lambda: holds(lan.gw2), "gw2 to take over")
    wait_for(lambda: "1 received" in lan.client.run("ping -c 1 -W 1 " + VIRTUAL, check=False), "a ping to gw2")
