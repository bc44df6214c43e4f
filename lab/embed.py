# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes shims.c: the scripts of lab/shims as C strings. Arguments: OUTPUT, then SOURCE=PATH-IN-DEVICE[:x] for each."""
import sys


def quoted(text):
    lines = []
    for line in text.splitlines(keepends=True):
        body = line.replace('\\', '\\\\').replace('"', '\\"').replace('\n', '\\n').replace('\t', '\\t')
        lines.append('\t"%s"' % body.replace('?', '\\?'))
    return '\n'.join(lines)


def main():
    output, entries = sys.argv[1], sys.argv[2:]
    parts = ['/* Made by lab/embed.py. */', '#include "lab/shims.h"', '', 'const struct shim shims[] = {']
    for entry in entries:
        source, path = entry.split('=', 1)
        executable = path.endswith(':x')
        path = path.removesuffix(':x').lstrip('/')
        with open(source, encoding='utf-8') as file:
            parts.append('\t{"%s",\n%s,\n\t%s},' % (path, quoted(file.read()), 'true' if executable else 'false'))
    parts += ['};', '', 'const size_t shim_count = sizeof shims / sizeof *shims;', '']
    with open(output, 'w', encoding='utf-8') as file:
        file.write('\n'.join(parts))


main()
