# SPDX-License-Identifier: GPL-2.0-or-later
"""Reloads: what did not change is not touched, whatever else changes, however often."""
import datetime
import os
import signal
import time

import pytest

from gateways import Gateway, instance_text
from net import Monitor, Namespace, bridge, wait_for

# Sixty reloads in the suite; 'make check-soak' takes longer, and reloads without a pause, too.
SOAK_SECONDS = float(os.environ.get("VIGIA_SOAK_SECONDS", "20"))
SOAK_PERIOD = float(os.environ.get("VIGIA_SOAK_PERIOD", "0.333"))
# 10 ms adverts; but a second of silence, which a busy machine may be, is no reason to take over.
FAST = {"advert_int": "0.01", "more": "down_timer_adverts 100"}


class Router(Gateway):
    def __init__(self, name, directory, number, priority):
        super().__init__(name, directory, "192.168.1.%d" % number, "10.0.0.%d" % number, None, priority)

    def instance(self, name):
        return {each["name"]: each for each in self.status()["instances"]}[name]

    def reload(self, text):
        self.configure(text)
        done = self.vigia("reload")
        assert done.returncode == 0, done.stderr


class Lan:
    def __init__(self, directory):
        self.switch = Namespace("lan")
        self.gw1, self.gw2 = Router("gw1", directory, 1, 200), Router("gw2", directory, 2, 100)
        for number, interface in enumerate(("eth0", "eth1")):
            bridge(self.switch, "switch%d" % number,
                   {"%s-%d" % (gateway.name, number): (gateway.namespace, interface) for gateway in (self.gw1, self.gw2)})
        for gateway in (self.gw1, self.gw2):
            gateway.namespace.run("ip addr add %s/24 dev eth0 && ip addr add %s/24 dev eth1"
                                  % (gateway.address, gateway.uplink_address))

    def start(self, first, second):
        self.gw1.configure(first)
        self.gw2.configure(second)
        self.gw1.start()
        wait_for(lambda: self.gw1.states() and set(self.gw1.states().values()) == {"MASTER"},
                 lambda: "gw1 to be master\n" + self.gw1.read_log())
        self.gw2.start()
        wait_for(lambda: self.gw2.states() and set(self.gw2.states().values()) == {"BACKUP"},
                 lambda: "gw2 to be backup\n" + self.gw2.read_log())

    def close(self):
        for thing in (self.gw1, self.gw2, self.switch):
            thing.close()


@pytest.fixture(name="lan")
def fixture_lan(tmp_path):
    lan = Lan(tmp_path)
    yield lan
    lan.close()


def two(first, second, **more):
    return instance_text(51, 200, addresses=first, **more) + instance_text(52, 200, addresses=second, **more)


def test_an_address_moves_between_virtual_routers_without_a_gap(lan):
    wanderer = "192.168.1.210"
    lan.start(two(("192.168.1.201", wanderer), ("192.168.1.202",)), two(("192.168.1.201", wanderer), ("192.168.1.202",)))
    monitor = Monitor(lan.gw1.namespace, "address")
    try:
        for places in (((), (wanderer,)), ((wanderer,), ())):
            lan.gw1.reload(two(("192.168.1.201", *places[0]), ("192.168.1.202", *places[1])))
            addresses = lan.gw1.instance("Veth0_52" if places[1] else "Veth0_51")["addresses"]
            assert {"address": wanderer + "/32", "device": "eth0", "held": True, "error": None} in addresses
        assert not [line for line in monitor.heard() if "Deleted" in line]
    finally:
        monitor.close()
    assert lan.gw1.namespace.has_address(wanderer)


CHANGES = {
    "vrid": instance_text(61, 200).replace("Veth0_61", "Veth0_51"),
    "interface": instance_text(51, 200, interface="eth1").replace("Veth1_51", "Veth0_51"),
    "interval": instance_text(51, 200, advert_int="0.3"),
    "version": instance_text(51, 200, version=2, advert_int="1"),
    "name": instance_text(51, 200).replace("Veth0_51", "OTHER"),
    "address": instance_text(51, 200, addresses=("192.168.1.211",)),
    "virtual_mac": instance_text(51, 200, more="use_vmac"),
    "unicast": instance_text(51, 200, more="unicast_peer {\n192.168.1.9\n}"),
    "authentication": instance_text(51, 200, version=2, advert_int="1",
                                    more="authentication {\nauth_type PASS\nauth_pass x\n}"),
}


@pytest.mark.parametrize("change", sorted(CHANGES))
def test_anything_may_change_and_the_others_are_not_touched(lan, change):
    keep = instance_text(70, 200, addresses=("192.168.1.70",))
    lan.gw1.configure(instance_text(51, 200) + keep)
    lan.gw1.start()
    wait_for(lambda: lan.gw1.states() and set(lan.gw1.states().values()) == {"MASTER"}, "both to be master")
    since = lan.gw1.instance("Veth0_70")["since"]
    engine = lan.gw1.pid("engine")
    for text in (CHANGES[change], instance_text(51, 200)):
        lan.gw1.reload(text + keep)
        wait_for(lambda: len(lan.gw1.states()) == 2 and set(lan.gw1.states().values()) == {"MASTER"},
                 lambda: "both to be master\n" + lan.gw1.read_log())
    kept = lan.gw1.instance("Veth0_70")
    assert kept["since"] == since and kept["counters"]["became_master"] == 1
    assert lan.gw1.pid("engine") == engine


def descriptors(pid):
    return len(os.listdir("/proc/%d/fd" % pid))


def memory(pid):
    with open("/proc/%d/smaps_rollup" % pid) as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Private_Dirty"))


def resources(gateway):
    return {which: (descriptors(gateway.pid(which)), memory(gateway.pid(which))) for which in ("guard", "engine", "front")}


def soak(lan, configurations):
    """Whether all went well: no transition, no advert lost, nothing kept."""
    before = [gateway.instance("Veth0_70") for gateway in (lan.gw1, lan.gw2)]
    end = time.monotonic() + SOAK_SECONDS
    count, at_first = 0, None
    while time.monotonic() < end:
        began = time.monotonic()
        lan.gw1.reload(configurations[count % 2])
        count += 1
        if count == 4:
            at_first = resources(lan.gw1)
        time.sleep(max(0.0, began + SOAK_PERIOD - time.monotonic()))
    lan.gw1.reload(configurations[1])
    # What is sent is received: the second counter is read later, and may be ahead by what was sent between.
    sent = lan.gw1.instance("Veth0_70")["counters"]["adverts_sent"] - before[0]["counters"]["adverts_sent"]
    received = lan.gw2.instance("Veth0_70")["counters"]["adverts_received"] - before[1]["counters"]["adverts_received"]
    after = [gateway.instance("Veth0_70") for gateway in (lan.gw1, lan.gw2)]
    at_last = resources(lan.gw1)
    for which, (open_files, dirty) in at_last.items():
        assert open_files <= at_first[which][0], which
        # A sanitizer keeps what was freed.
        assert "ASAN_OPTIONS" in os.environ or dirty <= at_first[which][1] + 1024, (which, at_first, at_last)
    print("%d reloads, %d adverts, %s" % (count, sent, at_last))
    return received >= sent - 1 > 0 and [outline(each) for each in before] == [outline(each) for each in after]


def outline(instance):
    return instance["since"], instance["state"], instance["counters"]["became_master"]


def test_reloads_at_10_ms_adverts_cost_nothing(lan):
    """Between two configurations that differ in other virtual routers."""
    keep = instance_text(70, 200, addresses=("192.168.1.70",), **FAST)
    others = [instance_text(80 + i, 200, interface="eth1", addresses=("10.0.0.%d" % (80 + i),), **FAST) for i in range(6)]
    configurations = [keep + "".join(others[:3]), keep + "".join(others[3:])]
    lan.start(keep, keep.replace("priority 200", "priority 100"))
    for text in configurations:
        lan.gw1.reload(text)
    # A machine that stands still for a second moves the mastership by right: then once more.
    assert any(soak(lan, configurations) for _ in range(3)), lan.gw1.read_log()[-4000:] + lan.gw2.read_log()[-4000:]


def test_a_reload_at_a_time_that_a_file_says(lan, tmp_path):
    clock = tmp_path / "when"
    head = "global_defs {\n reload_time_file %s\n}\n" % clock
    lan.gw1.configure(head + instance_text(51, 200))
    lan.gw1.start()
    wait_for(lambda: lan.gw1.states() == {"Veth0_51": "MASTER"}, "gw1 to be master")
    clock.write_text("nonsense\n")
    wait_for(lambda: "'nonsense' is no time" in lan.gw1.read_log(), "the mistake to be told")
    far = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=2)
    clock.write_text(far.strftime("%Y-%m-%d %H:%M:%SZ\n"))
    wait_for(lambda: "there will be a reload at " + far.strftime("%Y-%m-%d") in lan.gw1.read_log(), "it to be planned")
    lan.gw1.configure(head + instance_text(51, 200) + instance_text(52, 200, addresses=("192.168.1.202",)))
    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=6)
    clock.write_text(soon.strftime("%H:%M:%SZ\n"))
    wait_for(lambda: len(lan.gw1.states()) == 2, lambda: "the reload\n" + lan.gw1.read_log())
    wait_for(lambda: not clock.exists(), "the file to be removed")
    # With reload_repeat it stays, and means the same time tomorrow.
    head = head.replace("}", " reload_repeat\n}")
    lan.gw1.reload(head + instance_text(51, 200))
    lan.gw1.configure(head + instance_text(53, 200, addresses=("192.168.1.203",)))
    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=6)
    clock.write_text(soon.strftime("%H:%M:%SZ\n"))
    wait_for(lambda: list(lan.gw1.states()) == ["Veth0_53"], lambda: "the reload\n" + lan.gw1.read_log())
    wait_for(lambda: lan.gw1.read_log().count("there will be a reload at " + soon.strftime("%H:%M:%SZ")) == 2, "the next one")
    assert clock.exists()


def test_a_file_that_stands_while_the_configuration_is_read(lan, tmp_path):
    stands, messages = tmp_path / "stands", tmp_path / "messages"
    good = "global_defs {\n reload_file %s\n reload_check_config %s\n}\n" % (stands, messages) + instance_text(51, 200)
    lan.gw1.configure(good)
    lan.gw1.start()
    wait_for(lambda: lan.gw1.states() == {"Veth0_51": "MASTER"}, "gw1 to be master")
    stands.write_text("the writer is not ready")
    lan.gw1.reload(good)
    assert not stands.exists()
    lan.gw1.configure(good + "nonsense\n")
    assert lan.gw1.vigia("reload").returncode != 0
    assert not stands.exists()
    assert "unknown keyword 'nonsense'" in messages.read_text()
    lan.gw1.kill("guard", signal.SIGHUP)
    wait_for(lambda: lan.gw1.read_log().count("nothing was changed") == 2, "the second refusal")
    assert lan.gw1.states() == {"Veth0_51": "MASTER"}
