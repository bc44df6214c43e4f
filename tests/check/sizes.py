#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""One file, one subject: no C file may have more than 800 lines.

usage: sizes.py [TREE]
"""
import tree

LINES_MAX = 800


def main():
    top = tree.top_from_arguments()
    paths = tree.files(top, ".c", ".h")
    errors = []
    for path in paths:
        count = len(path.read_text().splitlines())
        if count > LINES_MAX:
            errors.append("%s: %d lines, at most %d" % (path.relative_to(top), count, LINES_MAX))
    tree.finish("files that are too long", errors, len(paths))


if __name__ == "__main__":
    main()
