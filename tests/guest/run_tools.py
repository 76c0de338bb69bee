#!/usr/bin/python3
"""run_tools.py BPFLINE: runs the scripts of bpftrace's package, writes a JSON line for each: [name, outcome].

This is what a guest runs.
"""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# pylint: disable=wrong-import-position
import package_scripts
from support import Bpfline

SLOW = 10  # an emulated CPU


def main():
    bpfline = Bpfline(sys.argv[1], "", "")
    bpfline.slow = SLOW
    for path in package_scripts.scripts():
        try:
            outcome = package_scripts.why_wrong(bpfline, path)
        except AssertionError as failure:
            outcome = "wrong", str(failure)
        print(json.dumps([package_scripts.name_of(path), outcome]), flush=True)


main()
