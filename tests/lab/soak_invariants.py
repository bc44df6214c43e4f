# SPDX-License-Identifier: GPL-2.0-or-later
"""What must hold in the soak when all is quiet, and what must hold always.

A difference is a text; a picture without differences is what an event must come to within the patience of all tests. A Violation
is what no patience mends.
"""
import contextlib
import ipaddress
import json
import os
import subprocess
import threading
import time

from alarms import SIGNS
from net import PATIENCE, wait_for
from soak_model import KINDS, may_be_master

LOOK = "; echo; ".join((
    "ip -j addr show", "ip -j -4 route show table all proto 18", "ip -j -6 route show table all proto 18",
    "ip -j -4 rule show", "ip -j -6 rule show", "nft -j list sets", "nft -j list maps"))
OWN = ("127.0.0.1", "::1", "192.168.1.%d", "2001:db8:1::%d", "10.0.0.%d")
OUT = ("FAULT", "INIT", "DRAINED")  # one state, with other reasons
STALL_MS = 12  # of not being run, more than which explains that an advert was late, or heard late: adverts come every 20 ms
ALARMS = (*SIGNS, "ssertion", " bug", "BUG", "core dumped", "signal 11", "signal 6",
          "Segmentation", "Aborted", "cannot allocate", "Out of memory")
TRANSITIONS = {
    "started", "owner-started", "down-timer", "skew-timer", "preempted-lower", "preempt-delay", "first-wait", "long-wait",
    "neighbour-wait", "stall-over", "stalled", "group-given-up", "group-joined", "group-yielded", "not-handed-over", "taken-over",
    "higher-priority", "tie-lost", "blocked", "shutdown"}


class Violation(AssertionError):
    pass


def settled(picture):
    """When each virtual router came into its state: what a transition changes."""
    return {(number, one["name"]): (one["since"], one["state"])
            for number, status in picture.items() for one in status["instances"]}


def rough(state):
    return "OUT" if state in OUT else state


class Stalls:
    """How long this machine kept somebody from running: this program, engines, and who hands packets on."""

    def __init__(self, world):
        self.world = world
        self.worst = []  # (when, seconds) of this thread's own sleep
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self.sleep, daemon=True)
        self.thread.start()
        self.softirqs = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError), open("/proc/%s/comm" % pid) as file:
                if file.read().startswith("ksoftirqd/"):
                    self.softirqs.append(int(pid))

    def sleep(self):
        before = time.monotonic()
        while not self.ending.wait(0.002):
            now = time.monotonic()
            if now - before > 0.002 + STALL_MS / 1000:
                self.worst = self.worst[-1000:] + [(now, now - before)]
            before = now

    def waited(self):
        """Nanoseconds that each has waited for a processor so far."""
        waited = {}
        engines = [member.pid("engine") for member in self.world.members]
        for pid in filter(None, engines + self.softirqs):
            with contextlib.suppress(OSError), open("/proc/%d/schedstat" % pid) as file:
                waited[pid] = int(file.read().split()[1])
        return waited

    def explain(self, since, before, pictures):
        """Why a virtual router may have missed an advert since then; None: nobody was held up."""
        for at, long in list(self.worst):
            if at >= since:
                return "this machine stood still for %.0f ms" % (1000 * long)
        for pid, waited in self.waited().items():
            if waited - before.get(pid, 0) > STALL_MS * 1e6:
                return "process %d waited %.0f ms for a processor" % (pid, (waited - before.get(pid, 0)) / 1e6)
        for status in pictures:
            for one in status["instances"]:
                for entry in one["history"]:
                    if entry["at"] >= since * 1e9 and entry["code"] in ("stalled", "stall-over", "listens-again"):
                        return "%s says %s" % (one["name"], entry["text"])
        return None

    def close(self):
        self.ending.set()
        self.thread.join()


class Invariants:
    def __init__(self, world):
        self.world = world
        self.stalls = Stalls(world)
        self.read = {}  # how much of each log has been seen
        self.seen = {}  # transitions, by (gateway, guard, engine, virtual router)
        self.transitions = 0
        self.causes = {}
        self.masters = {name: set() for name in KINDS}
        self.sleepy = 0  # transitions in quiet times that a stall explains

    def statuses(self):
        """Of all that live; None when one of them is not whole."""
        found = {}
        for member in self.world.members:
            if member.settings.alive:
                status = member.status()
                if not status or status["daemon"]["engine"] != "running":
                    return None
                found[member.number] = status
        return found

    def differences(self):
        """What is not as it must be, and the picture that was looked at."""
        self.processes()
        first = self.statuses()
        if first is None:
            return ["a daemon does not answer, or its engine does not run"], None
        kernels = {member.number: look(member) for member in self.world.members if member.settings.alive}
        second = self.statuses()
        if second is None or settled(first) != settled(second):
            return ["somebody has just changed"], None
        wrong = []
        for member in self.world.members:
            if member.settings.alive:
                wrong += self.one(member, second[member.number], kernels[member.number])
        wrong += self.masterships(second)
        if not wrong:
            wrong += self.answers(second)
        self.record(second)
        return wrong, second

    def processes(self):
        """Nobody has ended whom we did not kill."""
        for member in self.world.members:
            if member.settings.alive and member.process.poll() is not None:
                raise Violation("%s ended by itself: %s\n%s" % (member.name, member.process.poll(), member.tail()))
        self.logs()

    def logs(self):
        for gateway in [*self.world.members, self.world.far]:
            with open(gateway.log, errors="replace") as file:
                file.seek(self.read.get(gateway.name, 0))
                fresh = file.read()
                self.read[gateway.name] = file.tell()
            for line in fresh.splitlines():
                for alarm in ALARMS:
                    if alarm in line:
                        raise Violation("in the log of %s: %s\n%s" % (gateway.name, line, gateway.tail()))

    def one(self, member, status, kernel):
        """A gateway by itself: its opinion, its kernel, and what it was told are the same."""
        name, settings, wrong = member.name, member.settings, []
        daemon = status["daemon"]
        for which in ("engine", "runner"):
            if daemon[which + "_restarts"] > len(member.kills[which]):
                raise Violation("%s: %s died %d times and was killed %d times: %s\n%s"
                                % (name, which, daemon[which + "_restarts"], len(member.kills[which]), daemon["engine_death"],
                                   member.tail()))
        # Hundreds of scripts may take all that a busy machine has.
        if daemon["runner"] != "running" and (settings.storm == (0, 0) or daemon["runner"] != "not answering"):
            wrong.append("%s: runner %s" % (name, daemon["runner"]))
        instances = {one["name"]: one for one in status["instances"]}
        if set(instances) != settings.present:
            return wrong + ["%s has %s" % (name, sorted(instances))]
        masters = set()
        for one in instances.values():
            if one["state"] == "MASTER":
                masters.add(one["name"])
            wrong += ["%s: %s" % (name, text) for text in self.instance(settings, one)]
        addresses, networks, preferences = settings.held(masters)
        for what, ought, found in (("address", addresses, kernel["addresses"]), ("route", networks, kernel["routes"]),
                                   ("rule", preferences, kernel["rules"]), ("device", settings.devices(), kernel["devices"])):
            wrong += ["%s: %s %s is missing" % (name, what, each) for each in ought - found]
            wrong += ["%s: %s %s is too much" % (name, what, each) for each in found - ought]
        refused = {address for master in masters if not KINDS[master].answers for address, _ in settings.held({master})[0]}
        if refused != kernel["refused"]:
            wrong.append("%s: nftables refuses %s in place of %s" % (name, kernel["refused"], refused))
        if kernel["macs"] != ({"00:00:5e:00:01:3c"} if "RULED" in masters else set()):
            wrong.append("%s: nftables takes frames to %s" % (name, kernel["macs"]))
        return wrong

    def instance(self, settings, one):
        """A virtual router by itself."""
        name, state = one["name"], one["state"]
        if (state == "DRAINED") != (name in settings.drained) and not KINDS[name].needs & settings.links_down:
            yield "%s is %s, drained: %s" % (name, state, name in settings.drained)
        if one["hold"] != ("all" if state == "MASTER" else "nothing"):
            yield "%s holds %s as %s" % (name, one["hold"], state)
        for item in one["addresses"] + one["routes"]:
            if item["error"] or item["held"] != (state == "MASTER"):
                yield "%s: %s" % (name, item)
        for device in one["devices"]:
            if device["error"] or device["wrong"]:
                yield "%s: %s" % (name, device)
        if one["firewall"]["error"]:
            yield "%s: firewall: %s" % (name, one["firewall"]["error"])
        effective = settings.effective(name, self.world.far_lives) + one["priority"]["raised_by"]
        if state in ("MASTER", "BACKUP") and one["priority"]["effective"] != min(254, effective):
            yield "%s has priority %d in place of %d: %s" % (name, one["priority"]["effective"], effective, one["priority"]["parts"])

    def masterships(self, picture):
        """Each virtual router has one master, the best that may be."""
        wrong = []
        raised = {(number, one["name"]): one["priority"]["raised_by"] for number, status in picture.items()
                  for one in status["instances"]}
        for name in KINDS:
            masters = {number for number, status in picture.items() for one in status["instances"]
                       if one["name"] == name and one["state"] == "MASTER"}
            ought = may_be_master(name, [member.settings for member in self.world.members], self.world.far_lives,
                                  lambda settings, name=name: raised.get((settings.number, name), 0))
            if len(masters) != min(1, len(ought)) or not masters <= ought:
                wrong.append("%s: masters %s, one of %s ought to be" % (name, sorted(masters), sorted(ought)))
            self.masters[name] |= masters
        return wrong

    def answers(self, picture):
        """The client reaches what has a master, and the far side through the gateways."""
        asked = []
        for number, status in picture.items():
            settings = self.world.members[number - 1].settings
            for one in status["instances"]:
                if one["state"] == "MASTER" and KINDS[one["name"]].answers and KINDS[one["name"]].interface == "eth0":
                    asked += [address for address in KINDS[one["name"]].addresses + settings.excluded.get(one["name"], [])
                              if not address.startswith("fe80")]
        if {"OUTER", "INNER"} <= {one["name"] for status in picture.values() for one in status["instances"]
                                  if one["state"] == "MASTER"} and self.world.far_lives:
            asked.append("10.0.0.100")
        return ["the client gets no answer of %s" % address for address in sorted(self.world.prober.silent(asked))]

    def record(self, picture):
        """Every transition has a cause, and follows from the one before it."""
        for number, status in picture.items():
            member = self.world.members[number - 1]
            for one in status["instances"]:
                key = (number, member.process.pid, status["daemon"]["engine_pid"], one["name"])
                told = self.seen.setdefault(key, set())
                state = None
                for entry in one["history"]:
                    if entry["from"] == entry["to"]:
                        continue
                    if entry["code"] not in TRANSITIONS or not entry["text"] or state not in (None, rough(entry["from"])):
                        raise Violation("%s: %s: a transition without reason, or from another state than %s: %s"
                                        % (member.name, one["name"], state, entry))
                    state = rough(entry["to"])
                    if (entry["at"], entry["code"]) not in told:
                        told.add((entry["at"], entry["code"]))
                        self.transitions += 1
                        self.causes[entry["code"]] = self.causes.get(entry["code"], 0) + 1
                if state not in (None, rough(one["state"])):
                    raise Violation("%s: %s is %s, its history ends with %s" % (member.name, one["name"], one["state"], state))
                if len(told) > 64:
                    self.seen[key] = set(sorted(told)[-64:])

    def nothing_happens(self, since, waited, before, what):
        """No transition between the picture `before` and now, unless the machine held somebody up; false then."""
        after = wait_for(self.statuses, "all to answer, " + what, timeout=3 * PATIENCE)
        self.processes()
        changed = {key: (old, settled(after).get(key)) for key, old in settled(before).items() if settled(after).get(key) != old}
        if not changed:
            return True
        reason = self.stalls.explain(since, waited, after.values())
        if not reason:
            told = ["gw%d %s: %s" % (number, one["name"], "; ".join("%.3f %s" % (entry["at"] / 1e9, entry["text"])
                                                                    for entry in one["history"] if entry["at"] > (since - 1) * 1e9))
                    for number, status in after.items() for one in status["instances"] if any(key[1] == one["name"] for key in changed)]
            raise Violation("%s (since %.3f): transitions without a reason: %s\n%s" % (what, since, changed, "\n".join(told)))
        self.sleepy += len(changed)
        self.record(after)
        return False

    def spoken(self, adverts, picture):
        """On the wire, too: in a quiet time each virtual router has one voice, that of its master."""
        for name, kind in KINDS.items():
            voices = {advert.source for advert in adverts if advert.vrid == kind.vrid}
            masters = {"192.168.1.%d" % number for number, status in picture.items() for one in status["instances"]
                       if (one["name"], one["state"]) == (name, "MASTER")}
            if kind.family == 4 and kind.interface == "eth0" and name != "UNI" and voices != masters:
                raise Violation("%s: adverts come from %s, master is %s" % (name, voices, masters))

    def close(self):
        self.stalls.close()


def look(member):
    """What stands in the kernel beside what was there before."""
    done = subprocess.run(member.namespace.command("sh", "-c", LOOK), text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    links, *lists = [json.loads(part) if part.strip() else [] for part in done.stdout.split("\n\n")]
    own = {text % member.number if "%" in text else text for text in OWN}
    addresses = {(one["local"], link["ifname"]) for link in links for one in link.get("addr_info", [])
                 if one.get("local") and one["local"] not in own
                 and not (one["prefixlen"] == 64 and ipaddress.ip_address(one["local"]).is_link_local)}
    refused = {element for item in lists[4].get("nftables", []) if item.get("set", {}).get("name", "").startswith("refused")
               for element in item["set"].get("elem", [])}
    macs = {element for item in lists[5].get("nftables", []) if item.get("map", {}).get("name") == "macs"
            for element, *_ in item["map"].get("elem", [])}
    return {"addresses": addresses, "macs": macs, "devices": {link["ifname"] for link in links} - {"lo", "eth0", "eth1"},
            "routes": {one["dst"] for one in lists[0] + lists[1]},
            "rules": {one["priority"] for one in lists[2] + lists[3] if one.get("protocol") in ("keepalived", "18", 18)},
            "refused": refused}
