# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's keepalived and vigiad back each other up: within the protocol's time, and never two masters once settled.

The same happens in all labs at once: nearly all of the time is spent waiting for adverts."""
import concurrent.futures
import contextlib
import time

import pytest
from gateway_lab import Adverts, GatewayLab
from net import wait_for

# The machine may stand still for a second and more; and keepalived counts some waits in whole multiples of its own timers.
# It still tells Skew_Time, less than 1 s, from a Master_Down_Interval, more than 3 s.
SLACK = 2.0
PAIRS = (('vigiad', 'keepalived'), ('keepalived', 'vigiad'))


@pytest.fixture(name='labs', scope='module')
def fixture_labs():
    labs = [GatewayLab(gw1=gw1, gw2=gw2, timers=timers) for timers in ('v2 1 s', 'v3 1 s') for gw1, gw2 in PAIRS]
    with contextlib.ExitStack() as running:
        # A lab takes seconds to end.
        threads = running.enter_context(concurrent.futures.ThreadPoolExecutor())
        for lab in labs:
            lab.__enter__()
            running.callback(threads.submit, lab.end)
            lab.adverts = running.enter_context(Adverts(lab))
        yield labs
        for lab in labs:
            lab.check()


def everywhere(labs, act):
    """Runs act(lab) in all labs, each from the state in which gw1 is master."""
    def run(lab):
        lab.wait_for_master('gw1')
        lab.wait_until_served()
        act(lab)

    with concurrent.futures.ThreadPoolExecutor() as threads:
        runs = [(lab, threads.submit(run, lab)) for lab in labs]
    for lab, outcome in runs:
        try:
            outcome.result()
        except AssertionError as error:
            raise AssertionError(f'{lab.daemons}, version {lab.version}: {error}') from error


def hand_over(lab, act, master, limit):
    """After act() the other gateway becomes master within limit seconds, and is the only one that speaks."""
    before = time.time()
    act()
    done = time.time()
    first = lab.adverts.wait_for_master(master, before)
    assert first - done < limit
    lab.wait_for_master(master)
    lab.adverts.assert_only(master, first + 2)
    lab.wait_until_served()


def returns_within(lab):
    """The better router waits its Master_Down_Interval; before, it may have to believe its link again."""
    return lab.down_interval(100) + 2 * SLACK


def test_uplink(labs):
    def act(lab):
        hand_over(lab, lambda: lab.fault('pull', 'gw1:eth1'), 'gw2', lab.skew_time(99) + SLACK)
        hand_over(lab, lambda: lab.fault('plug', 'gw1:eth1'), 'gw1', returns_within(lab))
    everywhere(labs, act)


def test_stop(labs):
    def act(lab):
        hand_over(lab, lambda: lab.stop_daemon('gw1'), 'gw2', lab.skew_time(99) + SLACK)
        hand_over(lab, lambda: lab.start_daemon('gw1'), 'gw1', returns_within(lab))
    everywhere(labs, act)


def test_power(labs):
    def act(lab):
        hand_over(lab, lambda: lab.fault('power', 'gw1'), 'gw2', lab.down_interval(99) + SLACK)
        hand_over(lab, lambda: lab.fault('power', 'gw1'), 'gw1', returns_within(lab))
    everywhere(labs, act)


def test_lan(labs):
    def act(lab):
        hand_over(lab, lambda: lab.fault('pull', 'gw1:eth0'), 'gw2', lab.down_interval(99) + SLACK)
        hand_over(lab, lambda: lab.fault('plug', 'gw1:eth0'), 'gw1', returns_within(lab))
    everywhere(labs, act)


def test_healed_lan(labs):
    """keepalived never learns that there was a second master, unless that one says so when it yields.
    A keepalived that yields says nothing, and the clients go on believing it: so vigiad is the one that does."""
    def act(lab):
        lab.fault('silent', 'gw1:eth0')
        wait_for(lambda: lab.holds('gw2'), 'gw2 takes over')  # and gw1 cannot know
        lab.wait_until_served()
        probe = lab.probe()
        hand_over(lab, lambda: lab.fault('heal', 'gw1:eth0'), 'gw1', returns_within(lab))
        result = probe.result()
        assert result['longest_outage_ms'] < 1000 * (float(lab.advert_int) + SLACK)
        assert not any(outage['open'] for outage in result['outages'])
    everywhere([lab for lab in labs if lab.daemons['gw2'] == 'vigiad'], act)
