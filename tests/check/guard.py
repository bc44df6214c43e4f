#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The guard, which is root, parses nothing that comes from outside: what reads configurations, packets or JSON is not in it.

usage: guard.py PROGRAM

Neither the names of our own parsers may be among its symbols, whether they are called or not, nor those of a library's among what
it is linked with.
"""
import re
import subprocess
import sys

# Rooms and their ways in: conf/ and front/, decoders of wire/, text that is no command line.
PARSERS = re.compile(r"^(?:conf_\w+|\w+_decode\w*|json_\w+|(?:ip|ip_prefix|mac|address_line|named_number)_parse|vr_\w+|script_check\w*"
                     r"|control_\w+|client_\w+|packet_rx_\w+|bfd_sockets_\w+|neighbour_rx_\w+"
                     r"|(?:__isoc\d+_)?[fsv]*scanf|reg(?:comp|exec)|glob|getline|yyparse)(?:@\S*)?(?:\.\w+)*$")
# Netlink is the kernel's.
LIBRARIES = re.compile(r"^(?:libc|libmnl|libpthread|libm|libgcc_s|lib[atu]b?san|libubsan|libclang_rt\S*|ld-linux\S*)\.so(?:\.\d+)*$")


def output(*command):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    program = sys.argv[1]
    names = [line.split()[-1] for line in output("nm", program).splitlines() if line.strip()]
    if "main" not in names:
        sys.exit("%s: no symbols: is it a program, and not stripped?" % program)
    linked = re.findall(r"\(NEEDED\).*\[(.*)\]", output("readelf", "-d", program))
    errors = ["%s has %s: a parser" % (program, name) for name in names if PARSERS.match(name)]
    errors += ["%s is linked with %s" % (program, library) for library in linked if not LIBRARIES.match(library)]
    for error in errors:
        print(error)
    if errors:
        sys.exit("%d things that the guard may not have" % len(errors))


if __name__ == "__main__":
    main()
