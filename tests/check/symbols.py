#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The pure rooms touch nothing of the world, and remember nothing between calls.

usage: symbols.py LIBRARY...	static libraries, the lowest room first

What a library leaves undefined must be on the lists below or be defined in a library named before it, and no library
may have mutable statics. So a clock, malloc, printf, a socket or getenv in base, wire or core fails the build's tests.
"""
import os
import re
import subprocess
import sys

ALLOWED = {
    "memcpy", "memmove", "memset", "memcmp", "strlen", "strcmp", "strncmp",
    # What compilers make of these, and of -fstack-protector.
    "bcmp", "__memcpy_chk", "__memmove_chk", "__memset_chk", "__stack_chk_fail", "_GLOBAL_OFFSET_TABLE_",
}
# Digests: pure functions over memory that they are given.
ALLOWED_IN = {"libwire.a": re.compile(r"^nettle_(?:hmac_(?:md5|sha256)_\w+|memeql_sec)$")}
NOTHING = re.compile(r"(?!)")
# The runtimes of sanitizers, fuzzers and coverage, in builds that have them.
INSTRUMENTATION = re.compile(r"^_*(?:start_+|stop_+)?(?:asan|odr_asan|ubsan|tsan|msan|sancov|sanitizer|gcov\d*|llvm)[_.]"
                             # clang moves the tables it makes of a switch, which no source names, for ASan.
                             r"|^__unnamed_\d+$")
# Tables of pointers are relocated once, before main(), and then read-only.
MUTABLE_SECTION = re.compile(r"^(\.data(?!\.rel\.ro)|\.bss|\.tdata|\.tbss|\*COM\*)")
# "VALUE FLAGS SECTION<tab>SIZE [VISIBILITY] NAME"; flags are 7 columns of letters or blanks.
SYMBOL = re.compile(r"^[0-9a-f]+ (.{7}) (\S+)\t[0-9a-f]+ (?:\.\w+ |0x\w+ )?(\S+)$")
MEMBER = re.compile(r"^(\S+):\s+file format")


class Symbols:
    def __init__(self, library):
        self.defined = set()
        self.undefined = []  # (member, name)
        self.mutable = []
        member = library
        output = subprocess.run(["objdump", "-t", library], check=True, text=True, stdout=subprocess.PIPE).stdout
        for line in output.splitlines():
            found = MEMBER.match(line)
            if found:
                member = found.group(1)
            found = SYMBOL.match(line)
            if found:
                self.add(member, *found.groups())

    def add(self, member, flags, section, name):
        if INSTRUMENTATION.match(name) or "f" in flags or name == section:
            return
        if section == "*UND*":
            self.undefined.append((member, name))
            return
        if flags[0] in "gu!" or flags[1] == "w":
            self.defined.add(name)
        if MUTABLE_SECTION.match(section):
            self.mutable.append((member, name))


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    errors = []
    known = set(ALLOWED)
    for library in sys.argv[1:]:
        symbols = Symbols(library)
        short = os.path.basename(library)
        if not symbols.defined:
            errors.append("%s: no symbols: is it a library?" % library)
        known |= symbols.defined
        allowed = ALLOWED_IN.get(short, NOTHING)
        errors += ["%s(%s): uses %s, which a pure room may not" % (short, member, name)
                   for member, name in symbols.undefined if name not in known and not allowed.match(name)]
        errors += ["%s(%s): %s is a mutable static; state is an argument here" % (short, member, name)
                   for member, name in symbols.mutable]
    for error in errors:
        print(error)
    if errors:
        sys.exit("%d symbols that must not be there" % len(errors))


if __name__ == "__main__":
    main()
