#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Who may include whom: the arrows of doc/architecture.md.

usage: includes.py [TREE]

A room is a folder of src/, or lab/, or sim/. What a room may include is listed below: whole rooms, or single headers. A header
without a folder in its name ("packets.h") must stand beside the file that includes it.

In tests/, no test module imports another one: what they share stands in a module of its own.
"""
import re

import tree

MAY_INCLUDE = {
    "base": [],
    "wire": ["base"],
    "core": ["base", "wire"],
    "conf": ["base", "core/config.h"],
    "engine": ["base", "wire", "core", "conf"],
    # core/vr.h: how often and how far apart priority 0 is said, for the guard that says it for a dead engine.
    "linux": ["base", "wire", "core/config.h", "core/vr.h", "engine/port.h", "engine/engine.h", "engine/messages.h"],
    # What the runner runs and watches; only main() of vigiad-runner knows it.
    "runner": ["base", "core/config.h", "conf", "engine/messages.h", "engine/port.h", "linux"],
    "front": ["base", "conf", "engine", "linux/channel.h", "linux/own_file.h", "linux/privileges.h", "linux/process_blocks.h",
        "linux/syscall_filter.h"],
    "daemon": ["base", "wire", "core", "conf", "engine", "linux", "runner"],
    "ctl": ["base", "wire", "core", "conf", "engine"],
    "lab": ["base", "wire", "linux"],
    "sim": ["base", "wire", "core", "conf", "engine"],
}
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"')

IMPORT_OF_TEST = re.compile(r"^\s*(?:from|import)\s+(test_\w+)")


def room_of(top, path):
    parts = path.relative_to(top).parts
    return parts[1] if parts[0] == "src" and len(parts) > 2 else parts[0]


def why_not(room, path, header):
    """None when the file may include the header."""
    target = header.split("/")[0]
    if "/" not in header:
        return None if (path.parent / header).is_file() else "no such file beside it (write \"ROOM/%s\")" % header
    if target not in MAY_INCLUDE:
        return "there is no room %s" % target
    if target == room or target in MAY_INCLUDE[room] or header in MAY_INCLUDE[room]:
        return None
    return "%s may include only: %s" % (room, ", ".join(MAY_INCLUDE[room]) or "nothing of other rooms")


def main():
    top = tree.top_from_arguments()
    errors = []
    paths = tree.files(top, ".c", ".h", folders=("src", "lab", "sim"))
    for path in paths:
        room = room_of(top, path)
        if room not in MAY_INCLUDE:
            errors.append("%s: no rule for the room %s; add it to %s" % (path, room, __file__))
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            reason = match and why_not(room, path, match.group(1))
            if reason:
                errors.append('%s:%d: #include "%s": %s' % (path.relative_to(top), number, match.group(1), reason))
    for path in tree.files(top, ".py", folders=("tests",)):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = IMPORT_OF_TEST.match(line)
            if match:
                errors.append("%s:%d: imports the test module %s; move what both need to a module of its own"
                              % (path.relative_to(top), number, match.group(1)))
    tree.finish("includes against the arrows", errors, len(paths))


if __name__ == "__main__":
    main()
