#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every source file says its licence in its first line (the second, after #!).

usage: spdx.py [TREE]
"""
import tree

TAG = "SPDX-License-Identifier: GPL-2.0-or-later"


def is_source(path):
    if path.suffix in (".c", ".h", ".py", ".sh") or path.name == "meson.build":
        return True
    with path.open("rb") as file:
        return file.read(2) == b"#!"


def expected(path):
    return "/* %s */" % TAG if path.suffix in (".c", ".h") else "# %s" % TAG


def main():
    top = tree.top_from_arguments()
    paths = [path for path in tree.files(top) if is_source(path)]
    paths += [path for path in (top / "meson.build", top / "Makefile", top / "doc" / "meson.build") if path.exists()]
    errors = []
    for path in paths:
        lines = path.read_text().splitlines()
        if lines and lines[0].startswith("#!"):
            lines = lines[1:]
        if not lines or lines[0] != expected(path):
            errors.append("%s: the first line must be: %s" % (path.relative_to(top), expected(path)))
    tree.finish("files without a licence", errors, len(paths))


if __name__ == "__main__":
    main()
