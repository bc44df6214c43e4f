#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What Vigia does of the RFCs, and which tests show it: doc/conformance.tsv and the tags in the tests make doc/conformance.md.

usage: conformance.py --update|--check [TREE]

A row of the data has an id, a level (M must, MN must not, S should, SN should not, MAY, D definition, x where the RFC is
silent), where it stands, the requirement, a status, ids of other rows whose tests show this one too, and a remark. A test
says in a comment just before it which rows it shows:

    /* covers: FSM-B9 FSM-B14 */

It is a row of a test only if breaking the requirement makes the test fail. --check fails when a row that is met has no
test, an id anywhere in the tree names no row, a tag stands at no test, a row that is not met has no reason, or
doc/conformance.md is not what --update would write.
"""
import collections
import csv
import pathlib
import re
import sys

import tree

DATA = "doc/conformance.tsv"
PAGE = "doc/conformance.md"
COLUMNS = ["id", "level", "where", "requirement", "status", "by", "remark"]
STATUSES = ("met", "deviation", "later", "not ours")
TEST_FOLDERS = ("tests/unit", "tests/property", "tests/lab", "tests/scenarios")
MENTION_FOLDERS = ("src", "lab", "tests")

ID = r"[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)+"
TAG = re.compile(r"(?:/\*|#) covers:((?:[ \t\n#*]+%s)*)" % ID)
FUNCTION = {".c": re.compile(r"^(?:static )?\w+ \*?(\w+)\(", re.M), ".py": re.compile(r"^def (\w+)\(", re.M)}

SECTIONS = (
    ("Packets", ("V3-PKT", "V2-PKT")),
    ("Checksums", ("CKS",)),
    ("IP header and frame", ("IPH",)),
    ("Parameters", ("V3-CFG",)),
    ("Timers", ("TMR",)),
    ("States: Initialize", ("FSM-I",)),
    ("States: Backup", ("FSM-B",)),
    ("States: Master", ("FSM-A",)),
    ("Receiving", ("RX",)),
    ("Sending", ("TX",)),
    ("Virtual MAC, ARP, ND", ("VMAC", "ARP", "ND")),
    ("Operation", ("OPS",)),
    ("Versions 2 and 3 side by side", ("INT",)),
    ("Security", ("SEC",)),
    ("BFD: RFC 5880, 5881, 5883", ("BFD",)),
    ("What RFC 9568 and its errata changed", ("CHG", "ERR")),
    ("Where the RFCs leave room: our choices", ("AMB",)),
    ("What peers do otherwise, and what Vigia does", ("PEER-K", "PEER-F", "PEER-P", "PEER-H", "PEER-X")),
)

HEAD = """# Conformance

What Vigia does today of RFC 9568 (VRRP version 3) and RFC 3768 (version 2, also RFC 2338), row by row, and the tests that
show it. *Met* speaks of both families. Written by `tests/check/conformance.py` from `conformance.tsv` and the tags in
the tests: change those, then run `tests/check/conformance.py --update`.

Levels: M must, MN must not, S should, SN should not, MAY, D definition or default, x where the RFC is silent and the choice
is ours. Sections without a document are those of RFC 9568. Paths of tests are under `tests/`.
"""


def read_rows(top, errors):
    with open(top / DATA, newline="", encoding="utf-8") as file:
        lines = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    if not lines or lines[0] != COLUMNS:
        sys.exit("%s: the first line must name the columns %s" % (DATA, " ".join(COLUMNS)))
    rows = {}
    for number, line in enumerate(lines[1:], 2):
        if len(line) != len(COLUMNS):
            errors.append("%s:%d: %d columns, expected %d" % (DATA, number, len(line), len(COLUMNS)))
            continue
        row = dict(zip(COLUMNS, line), line=number)
        row["by"] = row["by"].split()
        if row["id"] in rows:
            errors.append("%s:%d: %s stands on line %d too" % (DATA, number, row["id"], rows[row["id"]]["line"]))
        rows[row["id"]] = row
    return rows


def is_run(name, path, text):
    """Whether this function is a test, or in a property test a check that is called."""
    if path.suffix == ".py":
        return name.startswith("test_")
    if "property" in path.parts:
        return len(re.findall(r"\b%s\(" % name, text)) > 1
    return re.search(r"cmocka_unit_test\w*\(\s*%s\b" % name, text) is not None


def test_of(path, short, text, tag):
    """The name of the test behind the tag: file:function, or a scenario as a whole. None: there is none."""
    if path.suffix == ".scenario":
        return short
    function = FUNCTION[path.suffix].search(text, tag.end())
    if function is None or not is_run(function.group(1), path, text):
        return None
    return "%s:%s" % (short, function.group(1))


def read_tags(top, errors):
    """Row id to places; one place is file:function, or a scenario."""
    tags = collections.defaultdict(list)
    for path in tree.files(top, ".c", ".py", ".scenario", folders=TEST_FOLDERS):
        text = path.read_text(encoding="utf-8")
        short = path.relative_to(top / "tests").as_posix()
        for tag in TAG.finditer(text):
            where = "tests/%s:%d" % (short, text.count("\n", 0, tag.start()) + 1)
            ids = re.findall(ID, tag.group(1))
            if not ids:
                errors.append("%s: a tag without rows" % where)
            test = test_of(path, short, text, tag)
            if test is None:
                errors.append("%s: the tag stands at no test" % where)
                continue
            for row in ids:
                tags[row].append((test, where))
    return tags


def check_mentions(top, rows, errors):
    """Ids in comments, messages and documents are rows too."""
    hyphenless = ("FSM", "PEER")
    prefixes = "|".join(prefix + ("" if prefix.startswith(hyphenless) else "-") for _, some in SECTIONS for prefix in some)
    mention = re.compile(r"\b(?:%s)[0-9]+\b" % prefixes)
    paths = tree.files(top, ".c", ".h", ".py", folders=MENTION_FOLDERS) + tree.files(top, ".md", folders=("doc",))
    for path in paths:
        if path.relative_to(top).as_posix() == PAGE or path.name.startswith("test_conformance"):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for name in mention.findall(line):
                if name not in rows:
                    errors.append("%s:%d: %s is no row of %s" % (path.relative_to(top), number, name, DATA))


def check_row(row, rows, tags, errors):
    where = "%s:%d: %s" % (DATA, row["line"], row["id"])
    if row["status"] not in STATUSES:
        errors.append("%s: status '%s'; there are %s" % (where, row["status"], ", ".join(STATUSES)))
    if not row["requirement"] or any("|" in row[column] for column in COLUMNS if column != "by"):
        errors.append("%s: needs a requirement, and no '|' anywhere" % where)
    if row["status"] != "met" and not row["remark"]:
        errors.append("%s: %s, but no reason is given" % (where, row["status"]))
    for other in row["by"]:
        if other not in rows:
            errors.append("%s: shown by %s, which is no row" % (where, other))
        elif rows[other]["by"] or (row["status"] == "met" and rows[other]["status"] != "met"):
            errors.append("%s: shown by %s, which is not met with tests of its own" % (where, other))
    if row["status"] == "met" and not row["by"] and not tags.get(row["id"]):
        errors.append("%s: met, but no test covers it" % where)


def section_of(row):
    for title, prefixes in SECTIONS:
        if re.match(r"(?:%s)(?:-?[0-9])" % "|".join(prefixes), row["id"]):
            return title
    return None


def tests_text(row, tags):
    places = ["`%s`" % place for place, _ in tags.get(row["id"], [])]
    if row["by"]:
        places.append("as " + ", ".join(row["by"]))
    return ", ".join(dict.fromkeys(places))


def page(rows, tags):
    counts = collections.Counter(row["status"] for row in rows.values())
    out = [HEAD, "\n%d rows: %s.\n" % (
        len(rows), ", ".join("%d %s" % (counts[status], status) for status in STATUSES))]
    for title, _ in SECTIONS:
        chosen = [row for row in rows.values() if section_of(row) == title]
        if not chosen:
            continue
        out.append("\n## %s\n\n| id | level | where | requirement | status | tests | remark |\n" % title)
        out.append("|---" * 7 + "|\n")
        for row in chosen:
            cells = [row[column] for column in COLUMNS[:5]] + [tests_text(row, tags), row["remark"]]
            out.append("| %s |\n" % " | ".join(cells))
    return "".join(out)


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[1] not in ("--update", "--check"):
        sys.exit(__doc__)
    top = pathlib.Path(sys.argv[2]).resolve() if len(sys.argv) == 3 else tree.TOP
    errors = []
    rows = read_rows(top, errors)
    tags = read_tags(top, errors)
    for row in rows.values():
        check_row(row, rows, tags, errors)
        if section_of(row) is None:
            errors.append("%s:%d: no section for %s" % (DATA, row["line"], row["id"]))
    for name, places in sorted(tags.items()):
        if name not in rows:
            errors.extend("%s: %s is no row of %s" % (where, name, DATA) for _, where in places)
    check_mentions(top, rows, errors)
    text = page(rows, tags)
    target = top / PAGE
    if sys.argv[1] == "--update":
        target.write_text(text, encoding="utf-8")
    elif not target.exists() or target.read_text(encoding="utf-8") != text:
        errors.append("%s is not current: run tests/check/conformance.py --update" % PAGE)
    tree.finish("mistakes of the conformance matrix", list(dict.fromkeys(errors)), len(rows))


if __name__ == "__main__":
    main()
