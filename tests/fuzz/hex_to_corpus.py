#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes a folder of seeds as libFuzzer wants them: NAME.hex becomes bytes, other files stay as they are.

usage: hex_to_corpus.py SEEDS OUTPUT
"""
import pathlib
import sys


def main():
    seeds, output = map(pathlib.Path, sys.argv[1:])
    output.mkdir(parents=True, exist_ok=True)
    for path in sorted(seeds.iterdir()):
        data = path.read_bytes()
        if path.suffix == ".hex":
            data = bytes.fromhex(" ".join(line.split("#")[0] for line in data.decode().splitlines()))
        (output / path.name).write_bytes(data)


main()
