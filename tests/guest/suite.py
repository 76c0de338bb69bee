#!/usr/bin/python3
"""suite.py BPFLINE LOAD CASES...: runs files of cases, writes a JSON line for each.

This is what a guest runs: no pytest, so that it starts soon on an emulated CPU.
A line holds the case's name and why it failed, null when it passed.
"""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# pylint: disable=wrong-import-position
from cases import check_case, check_refusal, read_cases, run_case
from support import Bpfline

SLOW = 10  # an emulated CPU


def version(text):
    """6.12.3-amd64 as (6, 12)."""
    return tuple(int(part) for part in text.split(".")[:2])


def main():
    path, load, *files = sys.argv[1:]
    kernel = version(os.uname().release)
    bpfline = Bpfline(path, "", load)
    bpfline.slow = SLOW
    for case in (case for file in files for case in read_cases(file)):
        is_early = version(case.sections.get("since", "0.0")) > kernel
        if is_early and "before" not in case.sections:
            print(json.dumps({"name": case.name, "why": None, "skipped": True}), flush=True)
            continue
        try:
            check = check_refusal if is_early else check_case
            check(case, run_case(case, bpfline))
            why = None
        except AssertionError as failure:
            why = str(failure)
        print(json.dumps({"name": case.name, "why": why}), flush=True)


main()
