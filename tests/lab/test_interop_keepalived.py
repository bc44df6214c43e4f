# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's keepalived and vigiad back each other up: within the protocol's time, and never two masters once settled."""
import time

import pytest
from gateway_lab import Adverts, GatewayLab, wait_for

# The machine may be busy; and keepalived counts some waits in whole multiples of its own timers.
SLACK = 1.5
PAIRS = (('vigiad', 'keepalived'), ('keepalived', 'vigiad'))


@pytest.fixture(name='lab', scope='module', params=[
    (pair, timers) for timers in ('v2 1 s', 'v3 100 ms') for pair in PAIRS], ids=str)
def fixture_lab(request):
    (gw1, gw2), timers = request.param
    with GatewayLab(gw1=gw1, gw2=gw2, timers=timers) as lab:
        yield lab


@pytest.fixture(name='network')
def fixture_network(lab):
    lab.wait_for_master('gw1')
    lab.wait_until_served()
    return lab


def hand_over(lab, act, master, limit):
    """After act() the other gateway becomes master within limit seconds, and is the only one that speaks."""
    with Adverts(lab) as adverts:
        before = time.time()
        act()
        done = time.time()
        first = adverts.wait_for_master(master, before)
        assert first - done < limit
        lab.wait_for_master(master)
        adverts.assert_only(master, first + 2 * float(lab.advert_int))
    lab.wait_until_served()


def returns_within(lab):
    """The better router waits its Master_Down_Interval; before, it may have to believe its link again."""
    return lab.down_interval(100) + 2 * SLACK


def test_uplink(network):
    hand_over(network, lambda: network.fault('pull', 'gw1:eth1'), 'gw2', network.skew_time(99) + SLACK)
    hand_over(network, lambda: network.fault('plug', 'gw1:eth1'), 'gw1', returns_within(network))


def test_stop(network):
    hand_over(network, lambda: network.stop_daemon('gw1'), 'gw2', network.skew_time(99) + SLACK)
    hand_over(network, lambda: network.start_daemon('gw1'), 'gw1', returns_within(network))


def test_power(network):
    hand_over(network, lambda: network.fault('power', 'gw1'), 'gw2', network.down_interval(99) + SLACK)
    hand_over(network, lambda: network.fault('power', 'gw1'), 'gw1', returns_within(network))


def test_lan(network):
    hand_over(network, lambda: network.fault('pull', 'gw1:eth0'), 'gw2', network.down_interval(99) + SLACK)
    hand_over(network, lambda: network.fault('plug', 'gw1:eth0'), 'gw1', returns_within(network))


def test_healed_lan(network):
    """keepalived never learns that there was a second master, unless that one says so when it yields."""
    if network.daemons['gw2'] != 'vigiad':
        pytest.skip('a keepalived that yields says nothing, and the clients go on believing it')
    network.fault('silent', 'gw1:eth0')
    wait_for(lambda: network.holds('gw2'), 'gw2 takes over')  # and gw1 cannot know
    network.wait_until_served()
    probe = network.probe()
    hand_over(network, lambda: network.fault('heal', 'gw1:eth0'), 'gw1', returns_within(network))
    result = probe.result()
    assert result['longest_outage_ms'] < 1000 * (float(network.advert_int) + SLACK)
    assert not any(outage['open'] for outage in result['outages'])
