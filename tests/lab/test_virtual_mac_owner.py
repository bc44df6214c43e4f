# SPDX-License-Identifier: GPL-2.0-or-later
"""use_vmac where the kernel answers for what does not stand on the device: an owner's real address, and proxy ARP."""
import socket
import time

import pytest
from gateways import VIRTUAL
from net import checksum, send_frame, wait_for
from questions import hardware_address
from virtual_mac import DEVICE, VIRTUAL_MAC, Lan, configure, interface_mac

OWNED = "192.168.1.1"


@pytest.fixture(name="lan")
def fixture_lan(tmp_path):
    lan = Lan(tmp_path)
    yield lan
    lan.close()


def make_owner(lan):
    for gateway, priority in ((lan.gw1, 255), (lan.gw2, 99)):
        configure(gateway)
        with open(gateway.config) as file:
            text = file.read().replace("priority %d" % gateway.priority, "priority %d" % priority)
        gateway.configure(text.replace(VIRTUAL, OWNED))


def arp_of(lan, gateway, address, since):
    """All ARP of the gateway in the name of the address."""
    wanted = socket.inet_aton(address)
    return [frame for at, frame in lan.from_gw[gateway].all()
            if at >= since and frame[12:14] == b"\x08\x06" and frame[28:32] == wanted]


# covers: ARP-06 VMAC-04 VMAC-02
def test_an_owners_real_address_has_the_virtual_mac(lan):
    """It stands on eth0 before vigiad starts, and after it has ended."""
    make_owner(lan)
    for _ in range(2):
        begun = time.monotonic()
        lan.gw1.start()
        lan.gw1.wait_for_state("MASTER")
        since = wait_for(lambda: lan.network.capture.adverts(source=OWNED, since=begun), "an advert")[0].at
        before = len(lan.answers(OWNED, since))
        lan.ask(OWNED)
        wait_for(lambda: len(lan.answers(OWNED, since)) > before, "an answer")
        lan.gw1.namespace.run("ip neigh flush dev eth0; ping -qc1 -W5 -I %s 192.168.1.10" % OWNED)
        lan.client.run("ip neigh flush dev eth0; ping -qc1 -W5 " + OWNED)
        assert "00:00:5e:00:01:33" in lan.client.run("ip neigh show " + OWNED)
        said = arp_of(lan, lan.gw1, OWNED, since)
        assert {frame[20:22] for frame in said} == {b"\0\1", b"\0\2"}
        assert {(frame[6:12], frame[22:28]) for frame in said} == {(VIRTUAL_MAC, VIRTUAL_MAC)}
        assert lan.gw1.stop() == 0
    assert "netdev" not in lan.gw1.namespace.run("nft list ruleset")
    # Whoever is not master is nobody's router: the address is the machine's own again.
    since = time.monotonic()
    lan.ask(OWNED)
    assert wait_for(lambda: lan.answers(OWNED, since), "an answer")[0][22:28] == interface_mac(lan.gw1)


def allow_proxy(gateway):
    """For what is not on the LAN itself: that is on the same medium."""
    for name, value in (("eth0/medium_id", 1), (DEVICE + "/medium_id", 1), (DEVICE + "/proxy_arp", 1),
                        (DEVICE + "/send_redirects", 1), ("eth0/send_redirects", 1), ("all/send_redirects", 1)):
        gateway.namespace.run("echo %d > /proc/sys/net/ipv4/conf/%s" % (value, name))
    # The kernel answers for others after a random delay.
    gateway.namespace.run("echo 0 > /proc/sys/net/ipv4/neigh/%s/proxy_delay" % DEVICE)


# covers: ARP-07
def test_proxy_arp_answers_with_the_virtual_mac(lan):
    lan.start()
    far = lan.gw1.next_hop
    lan.gw2.namespace.run("ip route add 10.0.0.0/24 dev eth1")
    for gateway in (lan.gw1, lan.gw2):
        allow_proxy(gateway)
    assert [(frame[6:12], frame[22:28]) for frame in lan.ask_all(far)] == 3 * [(VIRTUAL_MAC, VIRTUAL_MAC)]
    assert arp_of(lan, lan.gw2, far, 0) == []
    # Nobody speaks for a host of the LAN.
    assert {frame[22:28] for frame in lan.ask_all("192.168.1.2", asked=1)} == {interface_mac(lan.gw2)}
    assert lan.ask_all("192.168.1.77", asked=1) == []


# covers: OPS-01
def test_nothing_that_came_by_the_virtual_mac_is_redirected(lan):
    lan.start()
    allow_proxy(lan.gw1)
    lan.gw1.namespace.run("ip route add 192.0.2.0/24 via 192.168.1.2")
    begun = time.monotonic()
    payload = bytes.fromhex("4500001c000100004011") + b"\0\0" + socket.inet_aton("192.168.1.10") + \
        socket.inet_aton("192.0.2.1") + bytes.fromhex("0009000900080000")
    payload = payload[:10] + checksum(payload[:20]).to_bytes(2, "big") + payload[12:]
    sent = VIRTUAL_MAC + hardware_address(lan.client) + b"\x08\x00" + payload + bytes(18)

    def forwarded():
        send_frame(lan.client, "eth0", sent)
        return [frame for at, frame in lan.from_gw[lan.gw1].all()
                if at >= begun and frame[30:34] == socket.inet_aton("192.0.2.1")]
    wait_for(lambda: len(forwarded()) > 3, "packets to be forwarded")
    assert not [frame for at, frame in lan.from_gw[lan.gw1].all()
                if at >= begun and frame[12:14] == b"\x08\x00" and frame[23] == 1 and frame[34] == 5]
