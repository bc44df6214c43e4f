# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs of a Debian later than the machine's, which tools/install-peers has unpacked into a folder of their own: they run
by the loader and the C library that stand there beside them."""
import glob
import os

TOP = "/var/cache/vigia-peers"
ROOT = TOP + "/root"
# keepalived ends at once when it does not find a file of its own package there.
SEE_OWN_FILES = 'mount --bind %s/etc/keepalived /etc/keepalived && exec "$@"' % ROOT


def installed(path):
    """What runs the machine's own program, as words; [] when it is not there."""
    return [path] if os.path.exists(path) else []


def unpacked(path):
    """What runs the program that has this path on its own system, as words; [] when it is not there."""
    loader = glob.glob(ROOT + "/usr/lib*/ld-linux*.so.*")
    if not (os.path.exists(TOP + "/unpacked") and os.path.exists(ROOT + path) and loader):
        return []
    libraries = glob.glob(ROOT + "/usr/lib/*-linux-gnu*")
    return ["unshare", "--mount", "sh", "-c", SEE_OWN_FILES, "sh", loader[0], "--inhibit-cache", "--library-path",
            ":".join(folder + more for folder in libraries for more in ("", "/frr")), ROOT + path]


def place_of_one_with(keyword, path):
    """The first of the two that has a program with this keyword; None when neither has."""
    for place in (installed, unpacked):
        words = place(path)
        if words:
            with open(words[-1], "rb") as program:
                if keyword.encode() in program.read():
                    return place
    return None
