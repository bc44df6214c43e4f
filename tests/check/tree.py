# SPDX-License-Identifier: GPL-2.0-or-later
"""The source files of the tree, for the checks beside this file."""
import pathlib
import sys

FOLDERS = ("src", "lab", "sim", "tests", "tools", "bench")
TOP = pathlib.Path(__file__).resolve().parent.parent.parent


def top_from_arguments():
    """The tree to check: the first argument, or the one this file stands in."""
    return pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else TOP


def files(top, *suffixes, folders=FOLDERS):
    """Files under the folders that end in one of suffixes, or all of them; sorted."""
    found = []
    for folder in folders:
        for path in (top / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts and (not suffixes or path.suffix in suffixes):
                found.append(path)
    return sorted(found)


def finish(what, errors, count):
    """Prints the errors and ends the program; a check that looked at nothing has failed too."""
    for error in errors:
        print(error)
    if count == 0:
        sys.exit("%s: nothing to look at" % what)
    if errors:
        sys.exit("%s: %d of them" % (what, len(errors)))
    print("%s: none in %d files" % (what, count))
