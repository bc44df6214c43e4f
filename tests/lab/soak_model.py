# SPDX-License-Identifier: GPL-2.0-or-later
"""What the gateways of the soak are told to do, and what must be so when all is quiet.

The virtual routers are of every kind; each gateway is the best for a third of them. What a gateway's configuration says, what
its tracked objects say, which of its links are down and what is drained is kept in a Settings, and is all that an
expectation is made of: who is master, and what stands in the kernel. The daemon is not asked.
"""

INTERVAL = 0.02
GATEWAYS = (1, 2, 3)
SCRIPT_WEIGHT, UPLINK_WEIGHT, BFD_WEIGHT = -40, -50, -30
BASE, STEP = 120, 20
EXTRAS = tuple("EXTRA%d" % number for number in range(4))


class Kind:
    """One virtual router, as far as it is the same on all gateways."""

    def __init__(self, name, vrid, addresses, family=4, interface="eth0", group=None, lines="", device=None, needs=(),
                 answers=True, preempts=True, may_go=False):
        self.name, self.vrid, self.addresses, self.family = name, vrid, addresses, family
        self.interface, self.group, self.lines = interface, group, lines
        self.device = device or interface  # that has the addresses
        self.needs = {interface, *needs}  # links without which it is in FAULT
        self.answers, self.preempts, self.may_go = answers, preempts, may_go


KINDS = {kind.name: kind for kind in (
    Kind("PLAIN", 51, ["192.168.1.200"], needs=["eth1"], lines="track_interface {\n eth1\n}\n"),
    Kind("SIX", 52, ["fe80::52", "2001:db8:1::200"], 6,
         lines="track_interface {\n eth1 weight %d\n}\n" % UPLINK_WEIGHT),
    Kind("MAC", 53, ["192.168.1.201"], lines="use_vmac\n", device="vrrp.53", may_go=True),
    Kind("MACSIX", 54, ["fe80::54", "2001:db8:1::201"], 6, lines="use_vmac\n", device="vrrp.54"),
    Kind("OUTER", 55, ["192.168.1.202"], group="PAIR", needs=["eth1"]),
    Kind("INNER", 56, ["10.0.0.200"], interface="eth1", group="PAIR", needs=["eth0"]),
    Kind("UNI", 57, ["192.168.1.203"], may_go=True),
    Kind("STAYS", 58, ["192.168.1.204"], lines="nopreempt\n", preempts=False),
    Kind("MUTE", 59, ["192.168.1.205"], lines="no_accept\n", answers=False),
    Kind("RULED", 60, ["192.168.1.206"], lines="use_vmac_rules\n", may_go=True),
    Kind("WATCH", 61, ["192.168.1.207"], lines="track_bfd {\n far weight %d\n}\n" % BFD_WEIGHT),
    *(Kind(name, 70 + number, ["192.168.1.%d" % (210 + number)], may_go=True) for number, name in enumerate(EXTRAS)))}
DEVICES = {kind.device for kind in KINDS.values()} - {"eth0", "eth1"}
ALWAYS = [name for name in KINDS if name not in EXTRAS]
ORDERED = [name for name in ALWAYS if name not in ("OUTER", "INNER")] + ["PAIR"]  # by drain and takeover


def members(name):
    """Of what an administrator names: a virtual router or a sync group."""
    return [kind.name for kind in KINDS.values() if name in (kind.name, kind.group)]


class Settings:
    """Of one gateway."""

    def __init__(self, number, directory):
        self.number = number
        self.load_file = "%s/load%d" % (directory, number)
        self.check_file = "%s/check%d" % (directory, number)
        self.notify = "%s/notify" % directory
        self.drained = set()
        self.taken_over = set()
        self.unplugged = set()  # ends of links that are down: (interface, "own" or "switch")
        self.alive = False
        self.rest()

    def rest(self):
        """As at the beginning: what samples of memory are taken by."""
        self.present = set(ALWAYS)
        self.raised = dict.fromkeys(KINDS, 0)
        self.excluded = {}  # further addresses, by virtual router
        self.routes = set()  # the third byte of further networks behind the uplink
        self.rules = set()  # preferences
        self.storm = (0, 0)  # scripts that hang, scripts that fail
        self.notify_seconds = 0.01
        self.remark = 0
        self.load = 0
        self.check = True

    @property
    def links_down(self):
        return {interface for interface, _ in self.unplugged}

    def change(self, random):
        """Something of the configuration, drawn at random; what it is, in words."""
        what = self.draw(random)
        # Who was away at the end of it has forgotten what he was told.
        away = set(ALWAYS) - self.present
        self.drained -= away
        self.taken_over -= away
        return what

    def draw(self, random):
        what = random.choice(("priority", "presence", "extras", "addresses", "routes", "rules", "remark", "several"))
        if what == "priority":
            name = random.choice([*ALWAYS])
            by = random.choice((-45, -25, 0, 25, 45))
            for member in members(KINDS[name].group or name):
                self.raised[member] = by
        elif what == "presence":
            self.present ^= {random.choice([name for name in ALWAYS if KINDS[name].may_go])}
        elif what == "extras":
            self.present ^= set(random.sample(EXTRAS, random.randint(1, len(EXTRAS))))
        elif what == "addresses":
            name = random.choice(("PLAIN", "MAC", "OUTER", "MUTE", "RULED"))
            self.excluded[name] = ["192.168.1.%d" % (30 + 10 * (KINDS[name].vrid - 50) + last)
                                   for last in range(random.randint(0, 5))]
        elif what == "routes":
            self.routes = set(random.sample(range(60, 90), random.randint(0, 8)))
        elif what == "rules":
            self.rules = set(random.sample(range(860, 890), random.randint(0, 6)))
        elif what == "remark":
            self.remark += 1
        else:
            what = ", ".join(self.draw(random) for _ in range(3))
        return what

    def priority(self, name):
        """That the configuration says."""
        kind = KINDS[name]
        turn = members(kind.group)[0] if kind.group else name
        return BASE + STEP * ((self.number + KINDS[turn].vrid) % len(GATEWAYS)) + self.raised[name]

    def effective(self, name, far_lives):
        """With what the tracked objects do to it."""
        adds = 0
        if name == "PLAIN":
            adds += self.load + (0 if self.check else SCRIPT_WEIGHT)
        if name == "SIX" and "eth1" in self.links_down:
            adds += UPLINK_WEIGHT
        if name == "WATCH" and (not far_lives or "eth1" in self.links_down):
            adds += BFD_WEIGHT
        return min(254, max(1, self.priority(name) + adds))

    def may_serve(self, name):
        return self.alive and name in self.present and name not in self.drained and \
            not KINDS[name].needs & self.links_down

    def held(self, masters):
        """What the kernel must hold for these virtual routers: addresses as (address, device), networks, preferences."""
        addresses, networks, preferences = set(), set(), set()
        for name in masters:
            kind = KINDS[name]
            addresses |= {(address, kind.device) for address in kind.addresses + self.excluded.get(name, [])}
            if name == "PLAIN":
                networks |= {"10.99.%d.0/24" % number for number in self.routes | {51}}
                preferences |= self.rules | {851}
        return addresses, networks, preferences

    def devices(self):
        return {KINDS[name].device for name in self.present} & DEVICES

    def scripts(self):
        """Those of the storm: names and commands."""
        hang, fail = self.storm
        return [("hang%d" % number, "/usr/bin/sleep 30") for number in range(hang)] + \
            [("fail%d" % number, "/usr/bin/false") for number in range(fail)]

    def text(self):
        """keepalived.conf."""
        text = """# %d
global_defs {
 router_id gw%d
 script_user root
 enable_script_security
}
vrrp_script check {
 script "/usr/bin/test -e %s"
 interval 0.2
 timeout 5
 fall 1
 rise 1
 weight %d
}
track_file load {
 file %s
 weight 1
}
bfd_instance far {
 neighbor_ip 10.0.0.100
 source_ip 10.0.0.%d
 min_rx 50
 min_tx 50
 multiplier 5
}
vrrp_sync_group PAIR {
 group {
  OUTER
  INNER
 }
}
""" % (self.remark, self.number, self.check_file, SCRIPT_WEIGHT, self.load_file, self.number)
        for name, command in self.scripts():
            text += "vrrp_script %s {\n script \"%s\"\n interval 2\n timeout 1.5\n weight 1\n}\n" % (name, command)
        return text + "".join(self.block(KINDS[name]) for name in KINDS if name in self.present)

    def block(self, kind):
        lines = kind.lines
        if kind.name == "PLAIN":
            lines += "track_script {\n check\n%s}\n" % "".join(" %s\n" % name for name, _ in self.scripts())
            lines += "track_file {\n load\n}\n"
            lines += "notify \"%s %s\"\n" % (self.notify, self.notify_seconds)
            lines += listed("virtual_routes", ["10.99.%d.0/24 via 10.0.0.100 dev eth1" % number
                                               for number in sorted(self.routes | {51})])
            lines += listed("virtual_rules", ["from 10.99.%d.0/24 table 100 preference %d" % (number - 800, number)
                                              for number in sorted(self.rules | {851})])
        if kind.name == "UNI":
            lines += listed("unicast_peer", ["192.168.1.%d" % other for other in GATEWAYS if other != self.number])
        if self.excluded.get(kind.name):
            lines += listed("virtual_ipaddress_excluded", self.excluded[kind.name])
        return ("vrrp_instance %s {\n state BACKUP\n interface %s\n virtual_router_id %d\n version 3\n advert_int %s\n priority %d\n%s%s}\n"
                % (kind.name, kind.interface, kind.vrid, INTERVAL, self.priority(kind.name), lines,
                   listed("virtual_ipaddress", kind.addresses)))


def listed(keyword, lines):
    return "%s {\n%s}\n" % (keyword, "".join(" %s\n" % line for line in lines))


def may_be_master(name, gateways, far_lives, raised_by):
    """Numbers of those of whom one must be master; raised_by(settings): what a takeover adds at present, by the daemon's word."""
    group = members(KINDS[name].group) if KINDS[name].group else [name]
    able = [one for one in gateways if all(one.may_serve(member) for member in group)]
    if not KINDS[name].preempts:
        return {one.number for one in able}
    priorities = {one.number: one.effective(name, far_lives) + (raised_by(one) if name in one.taken_over else 0)
                  for one in able}
    return {number for number, priority in priorities.items() if priority == max(priorities.values())}
