# SPDX-License-Identifier: GPL-2.0-or-later
"""Two vigiad keep lab 07-1 up: each fault of the course, with bounds wide enough for a busy machine."""
import json
import time

import pytest
from gateway_lab import Adverts, GatewayLab

SLACK = 1.5  # seconds: for a machine that does other things too


@pytest.fixture(name='lab', scope='module')
def fixture_lab():
    with GatewayLab() as lab:
        yield lab


@pytest.fixture(name='network')
def fixture_network(lab):
    """The lab in its normal state: gw1 is master, the client is served."""
    lab.wait_for_master('gw1')
    lab.wait_until_served()
    return lab


def fail_over(lab, fault, master, limit, lasting=True):
    """Does fault(), waits for the new master; the longest outage must stay below limit (seconds). lasting: it stays master."""
    with Adverts(lab) as adverts:
        probe = lab.probe()
        before = time.time()
        fault()
        first = adverts.wait_for_master(master, before)
        lab.wait_until_served()
        if lasting:
            adverts.assert_only(master, first + 0.5, count=2)
        result = probe.result()
    assert result['received'] > 0
    assert not any(outage['open'] for outage in result['outages'])
    assert result['longest_outage_ms'] < 1000 * limit
    return result


def status(lab, gateway):
    return json.loads(lab.run(gateway, 'vigia', 'status', '--json'))


def test_the_better_router_is_master_and_says_why(network):
    instance = status(network, 'gw1')['instances'][0]
    assert instance['state'] == 'MASTER'
    assert instance['cause']['text']
    assert status(network, 'gw2')['instances'][0]['state'] == 'BACKUP'
    assert 'default via 10.0.0.100' in network.run('gw1', 'ip', 'route')
    assert 'default' not in network.run('gw2', 'ip', 'route')


def test_a_probe_of_a_healthy_network_loses_nothing(network):
    result = json.loads(network.vigia('probe', 'client', 'target', '--duration', '2', '--json').stdout)
    assert result['sent'] > 1000
    assert result['lost'] == 0


def test_pulled_uplink(network):
    fail_over(network, lambda: network.fault('pull', 'gw1:eth1'), 'gw2', network.skew_time(99) + SLACK)
    fail_over(network, lambda: network.fault('plug', 'gw1:eth1'), 'gw1', SLACK)


def test_pulled_lan_cable(network):
    fail_over(network, lambda: network.fault('pull', 'gw1:eth0'), 'gw2', network.down_interval(99) + SLACK)
    fail_over(network, lambda: network.fault('plug', 'gw1:eth0'), 'gw1', SLACK)


def test_silent_lan(network):
    fail_over(network, lambda: network.fault('silent', 'gw1:eth0'), 'gw2', network.down_interval(99) + SLACK)
    fail_over(network, lambda: network.fault('heal', 'gw1:eth0'), 'gw1', SLACK)


def test_power(network):
    fail_over(network, lambda: network.fault('power', 'gw1'), 'gw2', network.down_interval(99) + SLACK)
    fail_over(network, lambda: network.fault('power', 'gw1'), 'gw1', SLACK)


def test_stop_and_start(network):
    fail_over(network, lambda: network.stop_daemon('gw1'), 'gw2', SLACK)
    assert network.holders() == ['gw2']
    fail_over(network, lambda: network.start_daemon('gw1'), 'gw1', SLACK)


def test_killed_engine(network):
    engine = str(status(network, 'gw1')['daemon']['engine_pid'])
    # The new engine takes over again soon: gw1 is the better router.
    fail_over(network, lambda: network.run('gw1', 'sh', '-c', f'kill -9 {engine}'), 'gw2',
              network.skew_time(99) + SLACK, lasting=False)
    network.wait_for_master('gw1')
    assert status(network, 'gw1')['daemon']['engine_restarts'] == 1


def test_wrong_fault_lines_say_what_is_wrong(network):
    cases = (
        (('pull', 'gw9:eth0'), 'gw9'),
        (('pull', 'gw1:eth7'), 'eth7'),
        (('plug', 'gw1:eth0'), 'in order already'),
        (('heal', 'gw1:eth0'), 'in order already'),
        (('power', 'nobody'), 'nobody'),
        (('break', 'gw1:eth0'), 'no fault "break"'),
    )
    for arguments, expected in cases:
        done = network.vigia('fault', *arguments, check=False)
        assert done.returncode != 0
        assert expected in done.stderr


def test_a_cable_is_pulled_once(network):
    network.fault('pull', 'client:eth0')
    done = network.vigia('fault', 'pull', 'client:eth0', check=False)
    assert done.returncode == 1 and 'pulled already' in done.stderr
    done = network.vigia('fault', 'silent', 'client:eth0', check=False)
    assert done.returncode == 1 and 'plug it first' in done.stderr
    network.fault('plug', 'client:eth0')
    network.wait_until_served()


def test_a_probe_without_answers_fails(network):
    done = network.vigia('probe', 'client', '192.168.1.77', '--duration', '0.1', '--rate', '50', check=False)
    assert done.returncode == 1
    assert '0 answered' in done.stdout
