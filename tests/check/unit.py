#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""How exposed systemd finds vigiad.service: at most 3.0, of 10.

usage: unit.py UNIT [MOST]

Skipped (77) where there is no systemd-analyze that can judge a file.
"""
import re
import shutil
import subprocess
import sys

MOST = 3.0


def main():
    unit = sys.argv[1]
    most = float(sys.argv[2]) if len(sys.argv) > 2 else MOST
    if not shutil.which("systemd-analyze"):
        print("there is no systemd-analyze")
        return 77
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", unit], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"})
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    if not found:
        print("systemd-analyze does not judge a file: " + done.stdout.strip())
        return 77
    exposure = float(found.group(1))
    print("exposure of %s: %.1f, at most %.1f" % (unit, exposure, most))
    if exposure > most:
        print("\n".join(line for line in done.stdout.splitlines() if "\u2717" in line))
    return exposure > most


if __name__ == "__main__":
    sys.exit(main())
