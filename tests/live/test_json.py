"""JSON: every kind of line of docs/output.schema.json, with any bytes, under any load, however the run ends.

That each line is what the schema says is checked wherever a test prints JSON (support.py, json_lines.py).
"""
import json
import os
import signal
import time

import pytest

import json_lines
from support import Load


@pytest.fixture(autouse=True)
def needs_bpf(live):
    """All tests here load programs."""


def lines(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


KINDS = [
    ['begin { printf("%s\\n", "a\\x01\\xff\\"b"); print((1, "x")); time("t"); cat("/proc/sys/kernel/ostype"); '
     'system("echo s"); errorf("e"); warnf("w"); @m[1, "a b"] = 2; @h = hist(5); @s = stats(5); $z = cpu - cpu; '
     'print(1 / $z); print(buf("a", 1)); @k[kstack(raw)] = count(); @f[1] = 1; @f[2] = 1; @t = tseries(1, 1s, 2); }'],
    ["--test", 'test:a { } test:b { return 1; }'],
    ["--bench", 'bench:a { }'],
    ["-k", "config = { max_map_keys = 1 } begin { @[1] = 1; @[2] = 2; print(*(uint64 *)16); print(@[3]); }"],
    ["config = { perf_rb_pages = 1 } begin { for $i : 0..400 { print((pid, tid, $i)); } }"],
    ["begin { nosuch(); }"],
    ["-c", "EXEC", 'tracepoint:syscalls:sys_enter_execve { join(args.argv); exit(); }'],
]


def test_every_kind_of_line(bpfline):
    """What the schema describes is printed, too."""
    seen = set()
    for *args, script in KINDS:
        args = [word.replace("EXEC", "true") for word in args]
        result = bpfline.script(script, "-f", "json", "--unsafe", *args)
        seen |= {line["type"] for line in lines(result)}
    assert seen == set(json_lines.kinds())


def test_any_bytes(bpfline):
    """What is no UTF-8 is shown byte by byte; nothing breaks a line."""
    path = bytes(range(1, 256)) + "\u20ac\U0001f600".encode() + b"\xed\xa0\x80\xf5\xc0\xaf\xe2\x82"
    result = bpfline.run("-f", "json", "-q", "-e", "begin { print(str($1)); @[str($1)] = 1; }", os.fsdecode(path))
    expected = "".join(map(chr, range(1, 256))) + "\u20ac\U0001f600" + \
        "\xed\xa0\x80\xf5\xc0\xaf\xe2\x82"
    assert [line["data"] for line in lines(result)] == [expected, {"@": {expected: 1}}]


def test_diagnostics_as_json(bpfline):
    """Places as numbers, notes and hints beside them, and nothing on standard error."""
    script = 'macro add(x) { x + "a" }\nbegin { 5; add(pid); }\n'
    result = bpfline.run("--target", bpfline.canned, "-f", "json", "-e", script)
    error, warning = lines(result)
    assert (result.status, result.stderr) == (1, "")
    assert (error["id"], error["severity"], error["filename"]) == ("BAD_OPERAND", "error", "stdin")
    assert [error[key] for key in ("line", "col", "end_line", "end_col")] == [1, 16, 1, 23]
    assert [(note["msg"], note["line"], note["col"]) for note in error["notes"]] == [
        ("expanded from", 2, 12), ("left (uint32)", 2, 16), ("right (string[2])", 1, 20)]
    assert (warning["id"], warning["severity"], warning["line"]) == ("DISCARDED", "warning", 2)
    assert warning["hints"] and not warning["notes"]


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM])
def test_signal_under_a_flood(bpfline, load, sig):
    """A million events a second and more: lines stay whole, and so does the map at the end."""
    script = 'tracepoint:raw_syscalls:sys_enter { printf("%s %d\\n", comm, args.id); @n = count(); ' \
        '@[nsecs % 3000] = count(); }'
    with Load(load, "-t", 2, "-g", "getppid", 1000) as busy:
        with bpfline.start(script, "-f", "json") as tracer:
            busy.begin()
            time.sleep(0.5)
            result = tracer.stop(sig)
    found = lines(result)
    maps = {name: value for line in found if line["type"] == "map" for name, value in line["data"].items()}
    assert result.status == 0
    assert result.seconds < (1 if bpfline.slow == 1 else 20)  # a sanitizer looks at a million bytes twice
    assert sum(maps["@"].values()) == maps["@n"] > 100000
    lost = sum(line["count"] for line in found if line["type"] == "lost_events")
    assert sum(line["type"] == "printf" for line in found) + lost == maps["@n"]
