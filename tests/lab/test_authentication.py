# SPDX-License-Identifier: GPL-2.0-or-later
"""The authentication of RFC 2338 on the wire: vigiad among its like, and beside keepalived."""
import pytest

import keepalived
from net import wait_for

CONFIG = """
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    version 2
    advert_int 1
    priority %(priority)d
    authentication {
        auth_type %(type)s
        auth_pass %(text)s
    }
    virtual_ipaddress {
        192.168.1.200
    }
}
"""


def configure(gateway, priority, kind, text="secret12"):
    gateway.configure(CONFIG % {"priority": priority, "type": kind, "text": text})


# covers: V2-PKT-07 V2-PKT-08 RX-21 RX-22
@keepalived.needed
@pytest.mark.parametrize("kind", ["PASS", "AH"])
def test_keepalived_hears_us_and_is_heard(network, peer, kind):
    """Each of the two as the better one, and each takes over when the other one stops."""
    configure(network.gw1, 100, kind)
    configure(network.gw2, 90, kind)
    keepalived.take_turns(network.gw1, peer, lambda: configure(network.gw1, 80, kind))


# covers: RX-20 RX-21 RX-22
@pytest.mark.parametrize("kinds, texts, reason", [
    (("PASS", "PASS"), ("Zaphod", "Marvin"), "auth-failure"),
    (("AH", "AH"), ("Zaphod", "Marvin"), "auth-failure"),
    (("AH", "PASS"), ("Zaphod", "Zaphod"), "auth-mismatch"),
])
def test_another_secret_is_counted_and_moves_nothing(network, kinds, texts, reason):
    configure(network.gw1, 100, kinds[0], texts[0])
    configure(network.gw2, 90, kinds[1], texts[1])
    network.gw1.start()
    network.gw2.start()
    wait_for(lambda: network.gw1.state() == "MASTER" and network.gw2.state() == "MASTER", "both to be master")
    since = network.gw1.instance()["since"]
    wait_for(lambda: sum(network.gw1.drops().values()) >= 3, "three adverts to be dropped")
    assert set(network.gw1.drops()) == {reason} and set(network.gw2.drops()) == {reason}
    assert network.gw1.instance()["since"] == since
    assert network.gw1.instance()["counters"]["adverts_received"] == 0
    # Why both are master.
    rejected = network.gw1.instance()["rejected"]
    assert [(one["source"], one["reason"]) for one in rejected] == [("192.168.1.2", reason)]
    assert "192.168.1.2" in network.gw1.vigia("status").stdout
    for text in texts:
        assert text not in network.gw1.vigia("status", "--json").stdout


# covers: RX-22
def test_the_last_words_of_a_dead_engine_are_authenticated(network):
    """The guard says priority 0 with the number behind the last one; the next engine goes on behind it."""
    configure(network.gw1, 100, "AH")
    configure(network.gw2, 90, "AH")
    network.gw1.start()
    network.gw1.wait_for_state("MASTER")
    network.gw2.start()
    network.gw2.wait_until_backup()
    network.gw1.kill("engine")
    wait_for(lambda: network.gw2.instance()["counters"]["priority_zero_received"], "priority 0 to be heard")
    wait_for(lambda: network.gw2.instance()["counters"]["became_master"], "gw2 to take over")
    wait_for(lambda: network.gw1.has_address() and not network.gw2.has_address(), "gw1 to be master again")
    # The second of the two last words is a repetition, unless it was the first one that came.
    assert set(network.gw2.drops()) <= {"replay"} and network.gw2.drops().get("replay", 0) <= 1
