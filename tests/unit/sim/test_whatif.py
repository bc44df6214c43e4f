# SPDX-License-Identifier: GPL-2.0-or-later
"""vigia whatif: what it says of pairs of configurations, and of those that make no sense."""
import json
import os
import pathlib
import subprocess

import pytest

VIGIA = os.environ["VIGIA"]
LAB = pathlib.Path(__file__).parents[3] / "labs/07-1-gateway"

INSTANCE = """
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id %(vrid)d
    version %(version)d
    advert_int %(interval)s
    priority %(priority)d
    %(more)s
    virtual_ipaddress {
        %(address)s
    }
}
"""


def instance(**settings):
    return INSTANCE % {"vrid": 51, "version": 3, "interval": 1, "priority": 100, "more": "",
                       "address": "192.168.1.200/24", **settings}


def whatif(*arguments):
    return subprocess.run([VIGIA, "whatif", *map(str, arguments)], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)


@pytest.fixture
def pair(tmp_path):
    def run(first, second, *options):
        (tmp_path / "gw1.conf").write_text(first)
        (tmp_path / "gw2.conf").write_text(second)
        return whatif(*options, tmp_path / "gw1.conf", tmp_path / "gw2.conf")
    return run


def answers(done):
    """failure -> (master afterwards, seconds), of the only virtual router"""
    only, = json.loads(done.stdout)["virtual_routers"]
    return only, {(f["router"], f["failure"], f["interface"]): f for f in only["failures"]}


def test_the_course():
    """Between the time since the last advert and the timers of the slides."""
    done = whatif("--json", *(LAB / name / "etc/keepalived/keepalived.conf" for name in ("gw1", "gw2")))
    assert done.returncode == 0, done.stderr
    router, failures = answers(done)
    assert router["master"] == "gw1"
    assert {key: (f["master"], f["moved"]) for key, f in failures.items() if key[0] == "gw1"} == {
        ("gw1", "dies", None): ("gw2", True), ("gw1", "stops", None): ("gw2", True),
        ("gw1", "interface", "eth0"): ("gw2", True), ("gw1", "interface", "eth1"): ("gw2", True)}
    assert not any(f["moved"] for key, f in failures.items() if key[0] == "gw2")
    skew = (256 - 99) / 256
    assert 3 + skew - 0.01 < failures["gw1", "dies", None]["after"] <= 3 + skew + 0.002
    assert skew <= failures["gw1", "stops", None]["after"] < skew + 0.01
    assert skew <= failures["gw1", "interface", "eth1"]["after"] < skew + 0.01


def test_for_people():
    done = whatif(*(LAB / name / "etc/keepalived/keepalived.conf" for name in ("gw1", "gw2")))
    lines = done.stdout.splitlines()
    assert lines[0] == "VI_1 (VRID 51, IPv4): gw1 master with priority 100, gw2 backup with priority 99"
    assert [line.split()[:2] + line.split()[-2:] for line in lines if "gw1 dies" in line] == [
        ["gw1", "dies", "3.61", "s"]]
    assert "!" not in done.stdout


def test_a_weight_that_can_never_matter(pair):
    track = "track_interface {\n eth1 weight -20\n }"
    done = pair(instance(priority=150, more=track), instance(priority=100), "--json")
    assert done.returncode == 1
    router, failures = answers(done)
    failure = failures["gw1", "interface", "eth1"]
    assert (failure["master"], failure["moved"]) == ("gw1", False)
    assert "weight -20 cannot move" in failure["problem"] and "more than 50" in failure["problem"]
    done = pair(instance(priority=150, more=track.replace("20", "60")), instance(priority=100), "--json")
    assert done.returncode == 0
    assert answers(done)[1]["gw1", "interface", "eth1"]["moved"]


def test_nopreempt_hides_a_weight(pair):
    done = pair(instance(priority=150, more="track_interface {\n eth1 weight -60\n }"),
                instance(priority=100, more="nopreempt"), "--json")
    failure = answers(done)[1]["gw1", "interface", "eth1"]
    assert not failure["moved"] and "nopreempt" in failure["problem"]


@pytest.mark.parametrize("second, reason", [
    (instance(version=2), "version"),
    (instance(more="authentication {\n auth_type PASS\n auth_pass x\n }", version=2), "version"),
])
def test_two_masters(pair, second, reason):
    done = pair(instance(), second, "--json")
    router = json.loads(done.stdout)["virtual_routers"][0]
    assert done.returncode == 1 and router["master"] == "several" and reason in router["problem"]


def test_another_vrid(pair):
    done = pair(instance(vrid=51), instance(vrid=52))
    assert done.returncode == 1
    assert "no other router has this virtual router; gw2 has its address in VRID 52" in done.stdout


SCRIPT = "vrrp_script %(name)s {\n script /bin/true\n interval %(interval)s\n fall %(fall)d\n %(more)s\n}\n"


def script(name="check", **settings):
    return SCRIPT % {"name": name, "interval": 1, "fall": 1, "more": "", **settings}


def tracking(line, **settings):
    return instance(more="track_script {\n %s\n }" % line, **settings)


def of_script(done, router="gw1", name="check"):
    """what happens when that script fails, of the only virtual router"""
    only, = json.loads(done.stdout)["virtual_routers"]
    found, = (f for f in only["failures"] if f["router"] == router and f["script"] == name)
    assert (found["failure"], found["interface"], found["tracked"]) == ("script", None, True)
    return found


def test_a_script_without_weight(pair):
    done = pair(script(interval=2, fall=3) + tracking("check", priority=150), instance(), "--json")
    assert done.returncode == 0, done.stderr
    failure = of_script(done)
    assert (failure["master"], failure["moved"], failure["noticed"]) == ("gw2", True, 6)
    # It says priority 0 when the script has failed three times: Skew_Time.
    assert 6 + 156 / 256 <= failure["after"] < 6 + 156 / 256 + 0.01


@pytest.mark.parametrize("own, line, moves", [
    ("weight -60", "check", True),
    ("weight -20", "check", False),
    ("weight -20", "check weight -60", True),
    ("weight -60", "check weight -20", False),
    ("weight 60", "check", True),  # added while it succeeds
    ("", "check weight -20", False),
])
def test_the_weight_of_a_script(pair, own, line, moves):
    priority = 90 if own == "weight 60" else 150
    done = pair(script(more=own) + tracking(line, priority=priority), instance(), "--json")
    failure = of_script(done)
    assert failure["moved"] == moves, done.stdout + done.stderr
    assert done.returncode == (0 if moves else 1)
    if not moves:
        assert "weight -20 cannot move" in failure["problem"] and "more than 50" in failure["problem"]


def test_nopreempt_hides_the_weight_of_a_script(pair):
    done = pair(script() + tracking("check weight -60", priority=150), instance(more="nopreempt"), "--json")
    failure = of_script(done)
    assert not failure["moved"] and "nopreempt" in failure["problem"]


def test_a_script_in_reverse(pair):
    """The failure is no loss: what it moves is the address to where it fails, and to stay is no problem."""
    done = pair(script() + tracking("check weight -20 reverse", priority=150),
                script(more="weight 60 reverse") + tracking("check", priority=200), "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    stays, moves = of_script(done), of_script(done, "gw2")
    assert (stays["master"], stays["moved"]) == ("gw1", False)
    assert (moves["master"], moves["moved"]) == ("gw2", True)
    done = pair(script() + tracking("check weight 0 reverse", priority=150), instance(), "--json")
    assert json.loads(done.stdout)["virtual_routers"][0]["master"] == "gw2"


@pytest.mark.parametrize("of_group, of_member", [("check weight -5", ""), ("", "check")])
def test_a_script_moves_a_group(pair, of_group, of_member):
    """Whoever tracks it; without sync_group_tracking_weight a weight is none."""
    group = "vrrp_sync_group G {\n group {\n LAN\n WAN\n }\n track_script { %s }\n}\n" % of_group
    text = script() + group + instance(priority=150).replace("VI_1", "LAN") + tracking(
        of_member, priority=150, vrid=52, address="10.0.0.200/24").replace("VI_1", "WAN").replace("eth0", "eth1")
    done = pair(text, text.replace("150", "100"), "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    for router in json.loads(done.stdout)["virtual_routers"]:
        assert [(f["master"], f["moved"]) for f in router["failures"] if f["script"] and f["router"] == "gw1"] == [
            ("gw2", True)]


def test_scripts_for_people(pair):
    text = script("web", more="weight -20") + script("disk") + tracking("web\n disk\n web2 weight 5 reverse")
    done = pair(script("web2") + text.replace("100", "150"), script("web2") + text)
    lines = [line.strip().split("  ")[0] for line in done.stdout.splitlines()]
    assert "gw1: script web fails (weight -20)" in lines and "gw1: script disk fails" in lines
    assert "gw2: script web2 fails (weight 5 reverse)" in lines
    done = pair(tracking("web"), instance())
    assert done.returncode == 2 and "there is no vrrp_script 'web'" in done.stderr


def test_a_group_moves_together(pair):
    group = "vrrp_sync_group G {\n group {\n LAN\n WAN\n }\n}\n"
    text = group + instance(priority=150).replace("VI_1", "LAN") + instance(
        priority=150, vrid=52, address="10.0.0.200/24").replace("VI_1", "WAN").replace("eth0", "eth1")
    done = pair(text, text.replace("150", "100"), "--json")
    assert done.returncode == 0, done.stderr
    for router in json.loads(done.stdout)["virtual_routers"]:
        lost = {f["interface"]: f["moved"] for f in router["failures"] if f["router"] == "gw1" and f["interface"]}
        assert lost == {"eth0": True, "eth1": True}


def test_ipv6(pair):
    v6 = instance(address="fe80::200\n 2001:db8::200")
    done = pair(v6 + instance(priority=150).replace("VI_1", "V4"), v6 + instance().replace("VI_1", "V4"), "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    routers = {router["name"]: router for router in json.loads(done.stdout)["virtual_routers"]}
    # Equal priorities: the greater address, that of the second file.
    assert (routers["VI_1"]["master"], routers["V4"]["master"]) == ("gw2", "gw1")
    assert (routers["VI_1"]["vrid"], routers["V4"]["vrid"]) == (51, 51)


def test_names(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    for name in "ab":
        (tmp_path / name / "keepalived.conf").write_text(instance())
    done = whatif("left=%s" % (tmp_path / "a/keepalived.conf"), tmp_path / "b/keepalived.conf")
    assert "left backup" in done.stdout and "b master" in done.stdout


def test_wrong_input(tmp_path):
    good = tmp_path / "good.conf"
    good.write_text(instance())
    bad = tmp_path / "bad.conf"
    bad.write_text(instance(priority=300))
    for arguments, words in (((), "usage"), (("--no",), "--no"), ((tmp_path / "none",), "none"),
                             ((good, bad), "bad.conf:7"), ((good, good), "NAME=FILE"),
                             (("=%s" % good,), "NAME=FILE"), ([good] * 17, "16 routers")):
        done = whatif(*arguments)
        assert done.returncode == 2 and words in done.stderr and done.stdout == "", (arguments, done)


def unicast(own, other, priority, place="interface eth0", source=True, device="", family=4):
    """One of two routers that speak to each other alone."""
    return ("vrrp_instance VI_1 {\n%s\nvirtual_router_id 51\nversion 3\nadvert_int 1\npriority %d\n%s\n"
            "unicast_peer {\n%s\n}\nvirtual_ipaddress {\n%s %s\n}\n}\n"
            % (place, priority, "unicast_src_ip " + own if source else "", other,
               "192.168.1.200/24" if family == 4 else "2001:db8::200/64", device))


@pytest.mark.parametrize("options, own, other", [
    ({}, "192.168.1.1", "192.168.1.2"),
    ({"source": False}, "192.168.1.1", "192.168.1.2"),
    ({"source": False, "family": 6}, "2001:db8::1", "2001:db8::2"),
    ({"source": False, "family": 6}, "fe80::11", "fe80::12"),
    ({"family": 6}, "2001:db8::1", "2001:db8::2"),
    ({"place": "", "device": "dev eth0"}, "192.168.1.1", "192.168.1.2"),
    ({"place": "", "device": "dev eth0"}, "10.9.0.1", "10.9.0.2"),
    ({"place": "", "device": "dev eth0", "family": 6}, "2001:db8:9::1", "2001:db8:9::2"),
    ({}, "10.1.0.1", "10.2.0.2"),
    ({"place": "", "device": "dev eth0"}, "10.1.0.1", "10.2.0.2"),
])
def test_unicast(pair, options, own, other):
    """In one network, and behind routers that whatif does not know."""
    done = pair(unicast(own, other, 150, **options), unicast(other, own, 100, **options), "--json")
    assert done.returncode == 0, done.stderr + done.stdout
    router, failures = answers(done)
    assert router["master"] == "gw1"
    assert (failures["gw1", "dies", None]["master"], failures["gw1", "dies", None]["moved"]) == ("gw2", True)
    assert failures["gw1", "stops", None]["master"] == "gw2"
    assert failures["gw2", "dies", None]["master"] == "gw1"
