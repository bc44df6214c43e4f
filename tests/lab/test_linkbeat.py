# SPDX-License-Identifier: GPL-2.0-or-later
"""linkbeat_interfaces: the driver is asked for the link, and its answer counts instead of netlink's carrier."""
import time

from net import wait_for

NO_MII = "its driver does not know MII"


def interface(gateway):
    return next(one for one in gateway.status()["interfaces"] if one["name"] == "eth0")


def reload(gateway, more=""):
    gateway.plain(more)
    assert gateway.vigia("reload").returncode == 0


def wait_for_link(gateway, carrier, polled, state):
    def so():
        found = interface(gateway)
        return (found["carrier"], found["polled"], gateway.state()) == (carrier, polled, state)
    wait_for(so, lambda: "carrier %s, polled %s, %s: %s\n%s" % (carrier, polled, state, interface(gateway),
                                                              gateway.read_log()))


def cut(gateway, is_cut):
    gateway.other.run("ip link set eth0 %s" % ("down" if is_cut else "up"))


def dormant(gateway, is_so):
    """The kernel tells by netlink that the link cannot be used; ETHTOOL says that it is there."""
    gateway.namespace.run("ip link set eth0 state %s" % ("dormant" if is_so else "up"))


def test_the_answer_of_the_driver_counts(lone):
    lone.plain("linkbeat_interfaces {\n eth0\n}\n")
    lone.start_and_wait()
    # By ETHTOOL, for a veth has no MII, which is said once.
    wait_for_link(lone, True, True, "MASTER")
    cut(lone, True)
    wait_for_link(lone, False, False, "FAULT")
    assert lone.vigia("status").stdout.count("its driver says that there is no link") == 1
    cut(lone, False)
    wait_for_link(lone, True, True, "MASTER")
    assert lone.read_log().count(NO_MII) == 1
    assert [(one["name"], one["method"], one["link"]) for one in lone.status()["links"]] == [("eth0", "ETHTOOL", True)]
    # Netlink and the driver do not say the same.
    dormant(lone, True)
    wait_for_link(lone, False, True, "MASTER")
    lone.kill("runner")
    wait_for(lambda: lone.pid("runner") and lone.status()["links"], "another runner")
    wait_for_link(lone, False, True, "MASTER")


def test_over_reloads(lone):
    lone.start_and_wait()
    reload(lone, "linkbeat_use_polling\n")
    wait_for_link(lone, True, True, "MASTER")
    # Polled, and seen to be for longer than an answer takes: netlink's word is not heard.
    dormant(lone, True)
    time.sleep(1.5)
    wait_for_link(lone, False, True, "MASTER")
    reload(lone)
    wait_for_link(lone, False, None, "FAULT")
    reload(lone, "linkbeat_interfaces {\n eth0 ETHTOOL\n}\n")
    wait_for_link(lone, False, True, "MASTER")
    reload(lone, "linkbeat_interfaces {\n eth0 IOCTL\n}\n")
    wait_for_link(lone, False, False, "FAULT")
    dormant(lone, False)
    wait_for_link(lone, True, True, "MASTER")
    assert NO_MII in lone.read_log()
    transitions = lone.instance()["counters"]["became_master"]
    reload(lone)
    wait_for_link(lone, True, None, "MASTER")
    assert lone.status()["links"] == []
    assert lone.instance()["counters"]["became_master"] == transitions
