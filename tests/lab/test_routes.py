# SPDX-License-Identifier: GPL-2.0-or-later
"""Routes and rules of every kind: the kernel has of them what ip(8) makes of the same line."""
import json
import os
import re
import tempfile

from lone import block, instance
from net import Monitor, wait_for

GUEST = "VIGIA_GUEST" in os.environ  # tests/guest/run, which has it all
# What a line of virtual_routes says, and the same for ip(8) where it says it otherwise. D is a destination of its own, 6I one with an
# identifier that ILA takes.
ROUTES = [
    ("D via 10.0.0.9", None),
    ("D dev eth0", None),
    ("D gw 10.0.0.9 oif eth0", "D via 10.0.0.9 dev eth0"),
    ("D via 10.0.0.9 dev eth0 onlink", None),
    ("D via 10.0.0.9 src 10.0.0.1", None),
    ("D via 10.0.0.9 metric 77", None),
    ("D via 10.0.0.9 preference 77", None),
    ("D via 10.0.0.9 table 100", None),
    ("D via 10.0.0.9 table 1000", None),
    ("D dev eth0 scope host", None),
    ("D via 10.0.0.9 scope site", None),
    ("D via 10.0.0.9 tos 0x10", None),
    ("D via 10.0.0.9 dsfield AF11", None),
    ("D via 10.0.0.9 protocol bgp no_track", "D via 10.0.0.9 protocol bgp"),
    ("D via 10.0.0.9 realms 5/7", None),
    ("D via 10.0.0.9 realms 7", None),
    ("D via inet6 fe80::9 dev eth0", None),
    ("local D dev lo", None),
    ("broadcast D dev eth0", None),
    ("multicast D dev eth0", None),
    ("anycast D dev eth0", None),
    ("blackhole D", None),
    ("unreachable D", None),
    ("prohibit D", None),
    ("throw D", None),
    ("D via 10.0.0.9 mtu 1400 advmss 1300 window 9000", None),
    ("D via 10.0.0.9 mtu lock 1400 cwnd lock 12", None),
    ("D via 10.0.0.9 rtt 100ms rttvar 50ms rto_min 300ms", None),
    ("D via 10.0.0.9 rtt 0.1s rttvar 3s rto_min 1s", None),
    ("D via 10.0.0.9 rtt 800 rttvar 200", None),
    ("D via 10.0.0.9 ssthresh 9 reordering 5 hoplimit 63", None),
    ("D via 10.0.0.9 initcwnd 11 initrwnd 12 features ecn", None),
    ("D via 10.0.0.9 quickack 1 congctl reno fastopen_no_cookie 1", None),
    ("D via 10.0.0.8 or 10.0.0.9", "D nexthop via 10.0.0.8 nexthop via 10.0.0.9"),
    ("D nexthop via 10.0.0.8 weight 3 dev eth0 nexthop dev eth0 weight 256", None),
    ("D metric 9 nexthop via 10.0.0.8 onlink dev eth0 realms 3 nexthop via inet6 fe80::9 dev eth0", None),
    ("D dev tun encap ip id 77 dst 10.0.0.7 src 10.0.0.1 tos 4 ttl 9", "D dev tun ENCAP ip id 77 dst 10.0.0.7 src 10.0.0.1 tos 4 ttl 9"),
    ("D dev tun encap ip6 id 77 dst 2001:db8::7 hoplimit 9 tc 4", "D dev tun ENCAP ip6 id 77 dst 2001:db8::7 hoplimit 9 tc 4"),
    ("D via 10.0.0.9 encap mpls 20/30", "D via 10.0.0.9 ENCAP mpls 20/30"),
    ("D dev red vrf red", None),
    ("6D via 2001:db8:a::9", None),
    ("6D via fe80::9 dev eth0 metric 5", None),
    ("6D via fe80::9 dev eth0 pref low", None),
    ("6D via fe80::9 dev eth0 pref high", None),
    ("6D dev eth0 expires 3600", None),
    ("6D dev eth0 src 2001:db8:a::1", None),
    ("6D from 2001:db8:b::/48 dev eth0", None),
    ("6D dev eth0 table 1000 hoplimit 63 mtu lock 1400", None),
    ("6D nexthop via fe80::8 dev eth0 nexthop via fe80::9 dev eth0 weight 7", None),
    ("blackhole 6D", None),
    ("unreachable 6D", None),
    ("prohibit 6D", None),
    ("throw 6D", None),
    ("local 6D dev lo", None),
    ("anycast 6D dev eth0", None),
    ("multicast 6D dev eth0", None),
    ("6D via 2001:db8:a::9 encap mpls 20", "6D via 2001:db8:a::9 ENCAP mpls 20"),
    ("6I via 2001:db8:a::9 encap ila 0:db8:0:1", "6I via 2001:db8:a::9 ENCAP ila 0:db8:0:1"),
]

RULES = [
    ("from 10.0.0.0/8 table 100", None),
    ("to 10.0.0.0/8 lookup 1000", None),
    ("not from 10.0.0.0/8 table main", None),
    ("from default to 10.1.2.3 table local", None),
    ("tos 0x10 table 7", None),
    ("dsfield 8 table 7", None),
    ("fwmark 10 table 7", None),
    ("fwmark 0x10/0xf0 table 7", None),
    ("fwmark 0/1 table 7", None),
    ("dev eth0 table 7", None),
    ("iif lo oif tun table 7", None),
    ("iif absent table 7 no_track", "iif absent table 7"),
    ("tunnel-id 77 table 7", "tun_id 77 table 7"),
    ("uidrange 1000-1999 table 7", None),
    ("ipproto tcp sport 1000-2000 dport 80-80 table 7", None),
    ("ipproto 17 dport 53 table 7", None),
    ("l3mdev", None),
    ("goto 32766", None),
    ("from 10.2.0.0/16 type nop", "from 10.2.0.0/16 nop"),
    ("from 10.2.0.0/16 blackhole", None),
    ("from 10.2.0.0/16 unreachable", None),
    ("from 10.2.0.0/16 prohibit", None),
    ("table 7 realms 3/4", None),
    ("table 7 realms 4", None),
    ("table 7 suppress_prefixlength 0", None),
    ("table 7 sup_pl 8 sup_group 9", None),
    ("table 7 suppress_ifgroup default", None),
    ("table 7 protocol bgp no_track", "table 7 protocol bgp"),
    ("inet6 table 7", None),
    ("from 2001:db8::/32 blackhole", None),
    ("to 2001:db8::1 iif eth0 fwmark 1 table 1000", None),
    ("inet6 not ipproto udp sport 1-2 table 7 suppress_prefixlength 64", None),
    ("inet6 l3mdev", None),
    ("inet6 goto 32766", None),
]


def destination(line, number):
    """Its own for each line; groups for multicast."""
    if "6I" in line:
        return line.replace("6I", "2001:db8:%x:1:2000::1/128" % (256 + number))
    if "6D" in line:
        return line.replace("6D", ("ff05::%x:0/112" if line.startswith("multicast") else "2001:db8:%x::/64") % (256 + number))
    return line.replace("D", ("239.%d.0.0/16" if line.startswith("multicast") else "10.%d.0.0/16") % (100 + number), 1)


def ip_route(line):
    words = line.split()
    if "ENCAP" not in words:
        return line
    # encap stands before dev and via there.
    at = words.index("ENCAP")
    return " ".join(words[:1] + ["encap"] + words[at + 1:] + words[1:at])


def shown(machine, what):
    """What `ip` shows of those with our mark, or with that of bgp; not what changes from one look to the next."""
    entries = []
    for family in ("-4", "-6"):
        command = "ip %s -d -j -N %s show %s" % (family, what, "table all" if what == "route" else "")
        for entry in json.loads(machine.run(command) or "[]"):
            if str(entry.get("protocol")) not in ("18", "186"):
                continue
            entry.pop("expires", None)
            entries.append((family, entry))
    return entries


def ip_all(machine, family, commands):
    """Runs them all; what `ip` said of each that failed, by its place. One that may end `ip` itself, as a VRF that is not there
    does, has to be the last."""
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("".join(command + "\n" for command in commands))
        file.flush()
        said = machine.run("ip %s -force -batch %s 2>&1" % (family, file.name), check=False)
    failed = {}
    reasons = []
    for line in said.splitlines():
        at = re.match(r"Command failed .*:(\d+)$", line)
        if at:
            failed[int(at[1]) - 1] = " ".join(reasons)
        reasons = [] if at else reasons + [line]
    if reasons:
        failed[len(commands) - 1] = " ".join(reasons)
    return failed


def test_every_route_is_what_ip_makes_of_it(machines, daemon):
    ours, theirs = machines
    lines = []
    skipped = []
    for family in ("-4", "-6"):
        mine, same = [], []
        for number, (line, for_ip) in enumerate(ROUTES):
            if ("6D" in line or "6I" in line) != (family == "-6"):
                continue
            mine.append(destination(line, number))
            same.append("route add " + ip_route(destination(for_ip or line, number)))
            if "nexthop" in same[-1]:
                same[-1] = same[-1].replace(" nexthop", " proto 18 nexthop", 1)
            elif "protocol" not in same[-1]:
                same[-1] += " proto 18"
        failed = ip_all(theirs, family, same)
        # This kernel, or this ip(8), has no such routes.
        skipped += [(mine[number], reason) for number, reason in failed.items()]
        lines += [line for number, line in enumerate(mine) if number not in failed]
    assert len(skipped) <= (0 if GUEST else 6), skipped
    daemon.start(instance(block("virtual_routes", lines)))
    daemon.wait_for_state("MASTER")
    wait_for(lambda: all(route["held"] for route in daemon.instances()[0]["routes"]),
             lambda: str([route for route in daemon.instances()[0]["routes"] if not route["held"]]) + daemon.read_log())
    held, wanted = sorted_entries(ours, "route"), sorted_entries(theirs, "route")
    for mine, same in zip(held, wanted):
        assert mine == same
    assert len(held) == len(wanted) >= len(lines)
    daemon.stop()
    assert shown(ours, "route") == []


def sorted_entries(machine, what):
    return sorted(shown(machine, what), key=lambda entry: (entry[0], str(entry[1].get("priority")), str(entry[1].get("dst")),
                                                                 json.dumps(entry[1], sort_keys=True)))


def test_every_rule_is_what_ip_makes_of_it(machines, daemon):
    ours, theirs = machines
    lines = []
    adds = {"-4": [], "-6": []}
    deletes = {"-4": [], "-6": []}
    for number, (line, for_ip) in enumerate(RULES):
        preference = " preference %d" % (1000 + number)
        same = (for_ip or line) + preference
        family = "-6" if "inet6" in same or "2001:" in same else "-4"
        adds[family].append("rule add %s%s" % (same.replace("inet6 ", ""), "" if "protocol" in same else " protocol 18"))
        if "protocol" not in line:
            deletes[family].append("rule del" + preference)
        lines.append(line + preference)
    for family, commands in adds.items():
        assert ip_all(theirs, family, commands) == {}
    daemon.start(instance(block("virtual_rules", lines)))
    daemon.wait_for_state("MASTER")
    wait_for(lambda: all(rule["held"] for rule in daemon.instances()[0]["rules"]),
             lambda: str([rule for rule in daemon.instances()[0]["rules"] if not rule["held"]]) + daemon.read_log())
    held, wanted = sorted_entries(ours, "rule"), sorted_entries(theirs, "rule")
    for mine, same in zip(held, wanted):
        assert mine == same
    assert len(held) == len(lines) == len(wanted)
    # Each is noticed when somebody deletes it, and stands again.
    monitor = Monitor(ours, "rule", "address")
    try:
        for family, commands in deletes.items():
            assert ip_all(ours, family, commands) == {}
        gone = [line for line in monitor.heard() if "Deleted" in line]
    finally:
        monitor.close()
    assert len(gone) == sum(map(len, deletes.values()))
    wait_for(lambda: len(shown(ours, "rule")) == len(lines),
             lambda: "all rules to come back\n%s" % [line for line in wanted if line not in shown(ours, "rule")])
    assert sorted_entries(ours, "rule") == wanted
    daemon.stop()
    assert shown(ours, "rule") == []


STATIC = """
global_defs {
 default_interface eth0
}
track_group G {
 group { V }
}
static_ipaddress {
 10.5.0.1/24%s
 2001:db8:5::1/64 dev tun
}
static_routes {
 10.6.0.0/16 via 10.5.0.9 dev eth0 metric 7
 %s
}
static_rules {
 from 10.6.0.0/16 table 100 preference 700
}
"""
KEPT = "10.7.0.0/16 dev tun track_group G"


def stands(machine):
    """Which of it."""
    return [machine.has_address("10.5.0.1", "eth0"), "2001:db8:5::1" in machine.run("ip addr show dev tun"),
            "metric 7" in machine.run("ip route show 10.6.0.0/16"), "tun" in machine.run("ip route show 10.7.0.0/16"),
            "lookup 100" in machine.run("ip rule show preference 700")]


def test_what_is_static_stands_as_long_as_the_daemon_runs(machines, daemon):
    ours, _ = machines
    daemon.start(STATIC % ("", KEPT) + instance(""))
    daemon.wait_for_state("MASTER")
    wait_for(lambda: all(stands(ours)), lambda: str(stands(ours)) + daemon.read_log())
    # What somebody deletes comes back.
    for command in ("ip addr del 10.5.0.1/24 dev eth0", "ip route del 10.6.0.0/16", "ip rule del preference 700"):
        ours.run(command)
        wait_for(lambda: all(stands(ours)), lambda: command + daemon.read_log())
    # A reload does not touch what it does not change.
    monitor = Monitor(ours, "address", "route", "rule")
    try:
        daemon.reload(STATIC % ("\n 10.5.0.7/24", KEPT) + instance(""))
        wait_for(lambda: ours.has_address("10.5.0.7", "eth0"), daemon.read_log)
        seen = monitor.heard()
    finally:
        monitor.close()
    assert [line for line in seen if "10.5.0.7" in line]
    assert not [line for line in seen if "10.6.0.0" in line or "10.5.0.1/" in line or "lookup 100" in line], seen
    # When its interface goes, the instances of its track_group are out.
    ours.run("ip link set tun down")
    daemon.wait_for_state("FAULT")
    assert ours.has_address("10.5.0.1", "eth0")
    ours.run("ip link set tun up")
    daemon.wait_for_state("MASTER")
    wait_for(lambda: all(stands(ours)), lambda: str(stands(ours)) + daemon.read_log())
    # The status shows them, and they outlive an engine.
    shown_items = {item["item"]: item["held"] for item in daemon.status()["static"]}
    assert shown_items["route 10.6.0.0/16 via 10.5.0.9 dev eth0 metric 7"] and len(shown_items) == 6, shown_items
    daemon.stop()
    assert not any(stands(ours)), daemon.read_log()


def test_the_interface_of_what_an_instance_uses_is_tracked(machines, daemon):
    ours, _ = machines
    daemon.start(instance(block("virtual_routes", ["10.8.0.0/16 dev tun", "10.9.0.0/16 dev tun metric 5 no_track"])))
    daemon.wait_for_state("MASTER")
    ours.run("ip link set tun down")
    daemon.wait_for_state("FAULT")
    ours.run("ip link set tun up")
    daemon.wait_for_state("MASTER")
    daemon.reload(instance(block("virtual_routes", ["10.9.0.0/16 dev tun metric 5 no_track"])))
    ours.run("ip link set tun down")
    wait_for(lambda: not daemon.instances()[0]["routes"][0]["held"] or "tun" not in ours.run("ip route show 10.9.0.0/16"),
             daemon.read_log)
    assert daemon.instances()[0]["state"] == "MASTER"


REFUSED = """
track_group G {
 group { V }
}
static_routes {
 10.6.0.0/16 via 10.9.0.9 track_group G
}
static_ipaddress {
 10.9.0.1/24 dev tun
}
"""


def test_what_cannot_be_had_takes_instances_out(machines, daemon):
    """Beside V, which tracks a static route by its group, W has routes and rules of its own."""
    ours, _ = machines
    own = block("virtual_routes", ["10.8.0.0/16 via 10.11.0.9"]) + block("virtual_rules", ["from 10.8.0.0/16 goto 5000 preference 900"])
    ours.run("ip link add upl type veth peer name upl-far; ip link set upl up; ip link set upl-far up; ip addr add 10.11.0.1/24 dev upl; "
             "ip rule add preference 5000 table 100")

    def states():
        return [one["state"] for one in daemon.instances()]

    def stand():
        return [what in ours.run("ip route; ip rule") for what in ("10.6.0.0/16", "10.8.0.0/16 via", "goto 5000")]
    daemon.start(REFUSED + instance("") + instance(own, "W", 52, "10.0.0.201"))
    wait_for(lambda: states() == ["MASTER", "MASTER"] and all(stand()), daemon.read_log)
    # The way of the static route goes; nobody says that the route does.
    ours.run("ip link set tun down")
    wait_for(lambda: states() == ["FAULT", "MASTER"], lambda: str(states()) + daemon.read_log())
    assert "the static route to 10.6.0.0/16 cannot be had: ENETUNREACH" in daemon.instances()[0]["blockers_text"]
    ours.run("ip link set tun up")
    wait_for(lambda: states() == ["MASTER", "MASTER"] and all(stand()), daemon.read_log)
    # The same for a route of an instance.
    ours.run("ip link set upl down")
    wait_for(lambda: states() == ["MASTER", "FAULT"], lambda: str(states()) + daemon.read_log())
    assert "the route to 10.8.0.0/16 cannot be put back: ENETUNREACH" in daemon.instances()[1]["blockers_text"]
    ours.run("ip link set upl up")
    wait_for(lambda: states() == ["MASTER", "MASTER"] and all(stand()), daemon.read_log)
    # Taken away while they can be had, they come back and are counted.

    def restored():
        status = daemon.status()
        return [one["counters"]["restored"] for one in status["instances"]] + [item["restored"] for item in status["static"]]
    before = restored()
    ours.run("ip route del 10.6.0.0/16 && ip route del 10.8.0.0/16 && ip rule del preference 900 && ip addr del 10.0.0.201/32 dev eth0")
    wait_for(lambda: all(stand()) and ours.has_address("10.0.0.201", "eth0"), daemon.read_log)
    assert [after - count for after, count in zip(restored(), before)] == [0, 3, 0, 1]
