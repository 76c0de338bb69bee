#!/usr/bin/python3
"""kernel_run.py BPFLINE FOLDER FIRST COUNT: runs scripts on this kernel, writes a JSON line for each.

FOLDER/SEED.bt are the scripts.  This is what a guest runs, so it needs nothing but Python.
"""
import json
import os
import subprocess
import sys

LIMIT = 120  # seconds; an emulated CPU may take long to verify


def run(bpfline, path):
    """(status, what the script printed, what went wrong)"""
    try:
        done = subprocess.run([bpfline, "-q", "--no-warnings", path], capture_output=True, timeout=LIMIT,
                              stdin=subprocess.DEVNULL, check=False)
    except subprocess.TimeoutExpired:
        return 124, "", "still running after %d s" % LIMIT
    return (done.returncode, done.stdout.decode(errors="surrogateescape"),
            done.stderr.decode(errors="surrogateescape"))


def main():
    bpfline, folder, first, count = sys.argv[1:]
    for seed in range(int(first), int(first) + int(count)):
        print(json.dumps([seed, *run(bpfline, os.path.join(folder, "%d.bt" % seed))]), flush=True)


if __name__ == "__main__":
    main()
