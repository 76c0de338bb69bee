#!/usr/bin/python3
"""run_packets.py BPFLINE PROBE...: that each probe sees exactly what is sent; a JSON line for each: [probe, why not].

This is what a guest runs.
"""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# pylint: disable=wrong-import-position
from packets import check_probe
from support import Bpfline

SLOW = 10  # an emulated CPU


def main():
    path, *probes = sys.argv[1:]
    bpfline = Bpfline(path, "", "")
    bpfline.slow = SLOW
    for probe in probes:
        try:
            check_probe(bpfline, probe)
            why = None
        except AssertionError as failure:
            why = str(failure) or repr(failure)
        print(json.dumps([probe, why]), flush=True)


main()
