#!/usr/bin/python3
"""suite.py BPFLINE LOAD CASES: runs a file of cases, writes a JSON line for each.

This is what a guest runs: no pytest, so that it starts soon on an emulated CPU.
A line holds the case's name and why it failed, null when it passed.
"""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# pylint: disable=wrong-import-position
from cases import check_case, read_cases
from support import Bpfline

SLOW = 10  # an emulated CPU


def main():
    path, load, file = sys.argv[1:]
    bpfline = Bpfline(path, "", load)
    bpfline.slow = SLOW
    for case in read_cases(file):
        args = [word.replace("LOAD", load) for word in case.words("args")]
        try:
            check_case(case, bpfline.run(*args, "-e", case.script, *case.words("params")))
            why = None
        except AssertionError as failure:
            why = str(failure)
        print(json.dumps({"name": case.name, "why": why}), flush=True)


main()
