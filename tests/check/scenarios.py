#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the scenarios of the simulator show, all together: their comments make the tables at the end of doc/simulator.md.

usage: scenarios.py --update|--check [TREE]

A scenario says in comments which rows of the conformance matrix it shows (conformance.py reads these too), and which of the
complaints of users it is about:

    # covers: FSM-B9 TX-08
    # pain: R1 R3

--check fails when a group of rows or a complaint has no scenario, a scenario has no number of its own or no title, a
tag is unknown, or the tables are not what --update would write.
"""
import pathlib
import re
import sys

import conformance
import tree

FOLDER = "tests/scenarios"
PAGE = "doc/simulator.md"
BEGIN, END = "<!-- what the scenarios show -->\n", "<!-- end -->\n"

# What users of redundant gateways complain of most; the number is the rank.
PAINS = {
    "R1": "after two masters for a moment, hosts go on sending to the wrong one",
    "R2": "a process that got no processor makes a failover nobody needed, or two masters",
    "R3": "two masters, and nothing says why",
    "R5": "a reload or restart moves the addresses",
    "R6": "virtual MAC: hosts and switches must find it at the new master",
    "R7": "the address stays behind when the daemon was killed",
    "R8": "nopreempt does not do what was expected, at boot or with weights",
    "R9": "master at boot or link-up, before any packet could come through",
    "R10": "another program deletes the address, and nobody puts it back",
    "R11": "weights that can never move the address",
    "R13": "IPv6: addresses that are not ready yet, which link-local one counts",
    "R14": "many virtual routers on one machine",
    "R15": "failover below a second, with loss and jitter",
}
# No matter of the protocol.
NOT_SIMULATED = {
    "R4": "no way to ask who is master, and why: `vigia status` and its tests (what it would say, scenarios expect by `says`)",
    "R12": "check and notify scripts: `vigiad` has none yet",
}
NAME = re.compile(r"[0-9]{3}-[a-z0-9-]+\.scenario")
TAG = re.compile(r"^# (covers|pain):(.*)$", re.M)


class Scenario:
    def __init__(self, path, top, errors):
        self.path = path.relative_to(top).as_posix()
        self.number = path.name[:3]
        self.tags = {"covers": [], "pain": []}
        text = path.read_text(encoding="utf-8")
        if not NAME.fullmatch(path.name):
            errors.append("%s: the name must be three digits, and words with hyphens between them" % self.path)
        if not re.search(r"^title .", text, re.M):
            errors.append("%s: has no title" % self.path)
        for kind, words in TAG.findall(text):
            self.tags[kind] += words.split()
            if not words.split():
                errors.append("%s: a tag of nothing: # %s:" % (self.path, kind))
        for pain in self.tags["pain"]:
            if pain not in PAINS:
                errors.append("%s: %s: there are %s" % (self.path, pain, ", ".join(PAINS)))


def read_scenarios(top, errors):
    found = [Scenario(path, top, errors) for path in sorted((top / FOLDER).glob("*.scenario"))]
    numbers = {}
    for scenario in found:
        if scenario.number in numbers:
            errors.append("%s: its number is that of %s" % (scenario.path, numbers[scenario.number]))
        numbers[scenario.number] = scenario.path
    return found


def group_of(row):
    return next((prefix for _, some in conformance.SECTIONS for prefix in some
                 if re.match(r"%s-?[0-9]" % prefix, row)), None)


def table(heads, rows):
    lines = ["| %s |\n" % " | ".join(heads), "|---" * len(heads) + "|\n"]
    return "".join(lines + ["| %s |\n" % " | ".join(row) for row in rows])


def numbers_of(scenarios, kind, wanted, errors, what):
    numbers = [scenario.number for scenario in scenarios if any(wanted(word) for word in scenario.tags[kind])]
    if not numbers:
        errors.append("%s: no scenario is about %s" % (FOLDER, what))
    return ", ".join(numbers)


def section(scenarios, errors):
    groups = [(title, prefix) for title, some in conformance.SECTIONS for prefix in some]
    out = [BEGIN, "\n%d scenarios. By the groups of [the conformance matrix](conformance.md):\n\n" % len(scenarios)]
    out.append(table(("group", "", "scenarios"), [
        (prefix, title, numbers_of(scenarios, "covers", lambda row, p=prefix: group_of(row) == p, errors, prefix))
        for title, prefix in groups]))
    out.append("\nBy what users complain of, most of all first:\n\n")
    pains = [(pain, PAINS.get(pain) or NOT_SIMULATED[pain],
              "not simulated" if pain in NOT_SIMULATED else
              numbers_of(scenarios, "pain", lambda word, p=pain: word == p, errors, pain))
             for pain in sorted({**PAINS, **NOT_SIMULATED}, key=lambda pain: int(pain[1:]))]
    out.append(table(("", "complaint", "scenarios"), pains))
    return "".join(out) + END


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[1] not in ("--update", "--check"):
        sys.exit(__doc__)
    top = pathlib.Path(sys.argv[2]).resolve() if len(sys.argv) == 3 else tree.TOP
    errors = []
    scenarios = read_scenarios(top, errors)
    new = section(scenarios, errors)
    old = (top / PAGE).read_text(encoding="utf-8")
    if BEGIN not in old or END not in old[old.index(BEGIN):]:
        sys.exit("%s: the lines %s and %s are missing" % (PAGE, BEGIN.strip(), END.strip()))
    start = old.index(BEGIN)
    text = old[:start] + new + old[old.index(END, start) + len(END):]
    if sys.argv[1] == "--update":
        (top / PAGE).write_text(text, encoding="utf-8")
    elif text != old:
        errors.append("%s is not current: run tests/check/scenarios.py --update" % PAGE)
    tree.finish("mistakes of the scenarios", errors, len(scenarios))


if __name__ == "__main__":
    main()
