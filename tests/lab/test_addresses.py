# SPDX-License-Identifier: GPL-2.0-or-later
"""Addresses of every kind: the kernel has of them what ip(8) makes of the same line."""
import json

import pytest

from lone import block, instance
from net import Capture, wait_for

# What an address line says, and the same for ip(8) where it says it otherwise. N is a number of its own.
IPV4 = [
    ("10.N.0.1", None),
    ("10.N.0.1/24", None),
    ("10.N.0.1/24 dev tun", None),
    ("10.N.0.1/24 scope link", None),
    ("10.N.0.1/24 scope host", None),
    ("10.N.0.1/24 scope site", None),
    ("10.N.0.1/24 scope 77", None),
    ("127.N.0.1/24 dev lo scope host", None),
    ("10.N.0.1/24 brd 10.N.0.255", None),
    ("10.N.0.1/24 broadcast 10.N.0.77", None),
    ("10.N.0.1/24 brd +", None),
    ("10.N.0.1/24 brd -", None),
    ("10.N.0.1/31", None),
    ("10.N.0.1/24 label eth0:N", None),
    ("10.N.0.1/24 dev tun label tun:far scope link brd +", None),
    ("10.N.0.1 peer 10.N.0.2", None),
    ("10.N.0.1 peer 10.N.0.2/30", None),
    ("10.N.0.1 peer 10.N.0.5/30 brd + dev tun", None),
    ("10.N.0.1 peer 10.N.0.5/30 brd -", None),
    ("10.N.0.1/24 noprefixroute", None),
    ("239.N.0.1/32 autojoin", None),
    ("10.N.0.1/24 preferred_lft forever", None),
    ("10.N.0.1/24 preferred_lft 10000", None),
    ("10.N.0.1/24 preferred_lft 0", None),
]
IPV6 = [
    ("2001:db8:N::1", "2001:db8:N::1 preferred_lft 0"),
    ("2001:db8:N::1/128 preferred_lft forever", None),
    ("2001:db8:N::1/64", None),
    ("2001:db8:N::1/64 dev tun", None),
    ("fe80:N::1/64", None),
    ("fec0:N::1/64", None),
    ("2001:db8:N::1 peer 2001:db8:N::2", "2001:db8:N::1 peer 2001:db8:N::2 preferred_lft 0"),
    ("2001:db8:N::1 peer 2001:db8:N::2/64", "2001:db8:N::1 peer 2001:db8:N::2/64"),
    ("2001:db8:N::1/64 home", None),
    ("2001:db8:N::1/64 -nodad", None),
    ("2001:db8:N::1/64 mngtmpaddr", None),
    ("2001:db8:N::1/64 noprefixroute", None),
    ("ff05:N::1/128 autojoin", "ff05:N::1/128 autojoin preferred_lft 0"),
    ("2001:db8:N::1/64 preferred_lft 10000", None),
    ("2001:db8:N::1/64 preferred_lft 0 noprefixroute home", None),
]


@pytest.fixture
def capture(machines):
    """Of what our machine sends by eth0."""
    one = Capture(machines[0].far, "eth0")
    yield one
    one.close()


def add_by_ip(machine, line):
    words = line.replace("-nodad", "").split()
    if "dev" not in words:
        words += ["dev", "eth0"]
    if ":" in words[0] and "-nodad" not in line:
        words.append("nodad")
    machine.run("ip addr add " + " ".join(words))


FOR_EVER = 2**32 - 1


def without_renewal(entry):
    """While vigiad lives it makes the short lifetime of a virtual address begin again and again: to all others it has none."""
    if entry["valid_life_time"] < 1000:
        entry.pop("dynamic", None)
        entry["valid_life_time"] = FOR_EVER
        if entry["preferred_life_time"]:
            entry["preferred_life_time"] = FOR_EVER
    # Of an IPv4 address that stands for ever the kernel says so of both, deprecated or not.
    if entry.get("deprecated"):
        entry["preferred_life_time"] = 0


def shown(machine, addresses):
    """{(device, address): what `ip` shows of it}; lifetimes that run are told from others, and not what is left of them."""
    found = {}
    for link in json.loads(machine.run("ip -d -j addr show")):
        for entry in link["addr_info"]:
            if entry.get("local") in addresses:
                entry.pop("protocol", None)
                without_renewal(entry)
                if 0 < entry["preferred_life_time"] < FOR_EVER:
                    assert 5000 < entry["preferred_life_time"] <= 10000
                    entry["preferred_life_time"] = "running"
                found[(link["ifname"], entry["local"])] = entry
    return found


def numbered(rows, first):
    return [(line.replace("N", str(number)), (for_ip or line).replace("N", str(number)))
            for number, (line, for_ip) in enumerate(rows, first)]


def test_every_address_is_what_ip_makes_of_it(machines, daemon, capture):
    ours, theirs = machines
    advertised = numbered([row for row in IPV4 if row[0].startswith("10.")], 100)
    excluded = numbered([row for row in IPV4 if not row[0].startswith("10.")] + IPV6, 130)
    static = numbered(IPV4 + IPV6, 160)
    rows = advertised + excluded + static
    for _, for_ip in rows:
        add_by_ip(theirs, for_ip)
    addresses = {line.split()[0].split("/")[0] for line, _ in rows}
    for machine in machines:
        machine.run("sysctl -qw net.ipv6.conf.all.use_tempaddr=0")
    daemon.start(block("static_ipaddress", [line if " dev " in line else line + " dev eth0" for line, _ in static]) +
                 instance(block("virtual_ipaddress_excluded", [line for line, _ in excluded]),
                          address="\n  ".join(line for line, _ in advertised)))
    daemon.wait_for_state("MASTER")

    def settled(machine):
        entries = shown(machine, addresses)
        return entries if len(entries) == len(rows) and not any("tentative" in one for one in entries.values()) else None
    wanted = wait_for(lambda: settled(theirs), lambda: "ip's addresses: %s" % shown(theirs, addresses))
    found = wait_for(lambda: settled(ours), lambda: "all addresses: %s\n%s"
                     % (sorted(addresses - {address for _, address in shown(ours, addresses)}), daemon.read_log()))
    for key, entry in wanted.items():
        assert found.get(key) == entry, key
    assert found.keys() == wanted.keys()
    wait_for(lambda: capture.gratuitous_arps("10.100.0.1"), "an announcement")
    daemon.stop()
    assert not shown(ours, addresses)
    assert not [address for address in addresses if address.startswith("239.") and capture.gratuitous_arps(address)]
