"""Under the name bpftrace: what scripts, shebang lines, test engines and wrappers of the reference rely on."""
import json
import os
import re
import signal
import subprocess
import time

import pytest

from support import NAME, Bpfline, Load

SMALL = ["env", "-i", "PATH=/usr/bin:/bin"]  # engines leave little else
NOTE = "__BPFTRACE_NOTIFY_PROBES_ATTACHED"


@pytest.fixture
def bpftrace(bpfline, live, tmp_path):
    link = tmp_path / "bpftrace"
    link.symlink_to(os.path.abspath(bpfline.path))
    return Bpfline(str(link), bpfline.canned, bpfline.load)


def test_version(bpftrace):
    for option in ("-V", "--version"):
        assert bpftrace.run(option, before=SMALL).stdout == "bpftrace v0.26.0\n"


def test_process_has_the_name(bpftrace):
    assert bpftrace.script("begin { print(comm); }", before=SMALL).stdout == "bpftrace\n\n\n"


def test_script_that_is_a_program(bpftrace, bpfline, tmp_path):
    """By its first line, with an option in it or none; its words are parameters."""
    for options in ("", " -q"):
        script = tmp_path / "script"
        script.write_text("#!%s%s\nBEGIN { printf(\"%%d %%s\\n\", $1, str($2)); exit(); }\n" % (bpftrace.path, options))
        script.chmod(0o755)
        done = subprocess.run([script, "5", "word"], capture_output=True, text=True, timeout=20 * bpfline.slow, check=True)
        assert "5 word" in done.stdout and (done.stderr == "") == ("-q" in options)


def test_script_through_env(bpftrace, bpfline, tmp_path):
    script = tmp_path / "script.bt"
    script.write_text('#!/usr/bin/env bpftrace\nBEGIN { printf("hi\\n"); exit(); }\n')
    script.chmod(0o755)
    env = dict(os.environ, PATH="%s:/usr/bin:/bin" % os.path.dirname(bpftrace.path))
    done = subprocess.run([script], capture_output=True, text=True, timeout=20 * bpfline.slow, check=True, env=env)
    assert (done.stdout, done.stderr) == ("hi\n\n\n", "Attached 1 probe\n")


def test_script_on_standard_input(bpftrace):
    result = bpftrace.run("-q", "-", "7", stdin=b"BEGIN { print($1); nosuch(); }")
    assert result.status == 1 and result.stderr.startswith("stdin:1:20-26: ERROR: ")
    assert bpftrace.run("-q", "-", "7", stdin=b"BEGIN { print($1); }").stdout == "7\n\n\n"


def test_attached_is_told_at_once_where_engines_look(bpftrace, bpfline):
    """Before any output, and before the run ends."""
    command = [*SMALL, NOTE + "=1", bpftrace.path, "-e", "begin { print(1); } interval:s:100 { }"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stderr.readline() == b"Attached 2 probes\n"
        assert process.stdout.readline() == NOTE.encode() + b"\n"
        process.send_signal(signal.SIGTERM)
        assert process.stdout.read() == b"1\n\n\n" and process.wait(20 * bpfline.slow) == 0


def test_sigterm_ends_within_a_second(bpftrace, load):
    """End probes run, the output is drained, the maps are printed: a second later SIGKILL comes."""
    script = 'tracepoint:raw_syscalls:sys_enter { printf("%s\\n", comm); @[nsecs % 4000] = count(); } end { print("over"); }'
    with Load(load, "-t", 2, "-g", "getppid", 1000) as busy, bpftrace.start(script) as tracer:
        busy.begin()
        time.sleep(0.3)
        result = tracer.stop(signal.SIGTERM)
    assert result.seconds < 1 * bpftrace.slow and result.status == 0
    assert re.search(r"^over\n\n\n@\[", result.stdout, re.MULTILINE) and result.stdout.count("@[") == 4000


@pytest.mark.parametrize("script", ["begin { print(1); }", "end { print(1); }", "BEGIN { print(1); } END { }"])
def test_nothing_but_begin_and_end_ends_by_itself(bpftrace, script):
    result = bpftrace.script(script, "-c", "sleep 100")
    assert (result.status, result.stdout) == (0, "1\n\n\n")


def test_options_after_words(bpftrace):
    result = bpftrace.run("-e", "begin { print($1); }", "5", "--verify-llvm-ir", "-q", before=SMALL)
    assert (result.status, result.stdout, result.stderr) == (0, "5\n\n\n", "")


def bpftool(*words):
    done = subprocess.run(["/usr/sbin/bpftool", "-j", *words, "list"], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("bpftool fails: " + done.stderr)
    return json.loads(done.stdout)


def programs_of(pid):
    """Ids of those that a process holds."""
    found = set()
    for fd in os.listdir("/proc/%d/fdinfo" % pid):
        with open("/proc/%d/fdinfo/%s" % (pid, fd), encoding="ascii") as f:
            found |= {int(number) for number in re.findall(r"^prog_id:\s+(\d+)", f.read(), re.MULTILINE)}
    return found


@pytest.mark.skipif(not os.access("/usr/sbin/bpftool", os.X_OK), reason="no bpftool")
def test_names_of_programs(bpftrace):
    script = "begin { } interval:us:100000 { } tracepoint:sched:sched_switch { } uprobe:/bin/bash:readline { }"
    with bpftrace.start(script) as tracer:
        ids = programs_of(tracer.pid)
        names = {program["name"] for program in bpftool("prog") if program["id"] in ids}
    assert {"begin_1", "interval_us_100000_2"} <= names
    assert any("sched_switch" in name for name in names) and any("readline" in name for name in names)


INFO = ["btf", "dpath", "iter", "kprobe_multi", "kprobe_session", "uprobe_multi", "get_func_ip", "lookup_percpu_elem",
        "libdw (DWARF support)", "blazesym (advanced symbolization)"]


def test_info_has_the_lines_that_engines_read(bpftrace):
    result = bpftrace.run("--info", before=SMALL)
    assert result.status == 0 and result.stderr == ""
    for section in ("System", "Build", "Kernel helpers", "Kernel features", "Probe types"):
        assert re.search("^%s$" % section, result.stdout, re.MULTILINE)
    for line in INFO:
        assert re.search(r"(^|  )%s: (yes|no)\b" % re.escape(line), result.stdout, re.MULTILINE), line
    assert not re.search(r" $", result.stdout, re.MULTILINE)
    assert "  libdw (DWARF support): yes\n" in result.stdout, "args of uprobes come from debug information"


def test_diagnostics(bpftrace, tmp_path):
    """FILE:LINE:COL-COL: KIND: text, the line, tildes under it, hints."""
    path = tmp_path / "wrong.bt"
    path.write_text("begin {\n\t$a = 1;\n\tprnit($a);\n}\n")
    result = bpftrace.run(str(path), before=SMALL)
    assert re.match(r"%s:3:2-7: ERROR: [^\n]+\n\s+prnit\(\$a\);\n\s+~~~~~\nHINT: did you mean print\?\n" % re.escape(str(path)),
                    result.stderr), result.stderr


LISTS = {
    "one": (["tracepoint:sched:sched_switch"], r"tracepoint:sched:sched_switch\n"),
    "a short name": (["t:sched:sched_switch"], r"tracepoint:sched:sched_switch\n"),
    "any category": (["tracepoint:*sched_switch"], r"tracepoint:sched:sched_switch\n"),
    "without a type": (["*:sched_switch"], r"(?s:.*)tracepoint:sched:sched_switch\n"),
    "arguments": (["-v", "tracepoint:sched:sched_switch"], r"tracepoint:sched:sched_switch\n(    \S.*\n)+"),
    "software": (["software:page-f*"], r"software:page-faults:\n"),
    "a short name of one": (["s:cs"], r"software:cs:\n"),
    "of a program": (["uprobe:/bin/bash:readline"], r"uprobe:/bin/bash:readline\n"),
    "of a library": (["uprobe:libc:getppid"], r"uprobe:/\S*libc\.so\.6:getppid\n"),
    "a script": (["-e", "begin { } t:sched:sched_switch { } end { }"], r"tracepoint:sched:sched_switch\n"),
    "no match": (["tracepoint:nosuch:*"], r""),
}


@pytest.mark.parametrize("what", LISTS)
def test_list(bpftrace, what):
    args, expected = LISTS[what]
    result = bpftrace.run("-l", *args, before=SMALL)
    assert result.status == 0 and re.fullmatch(expected, result.stdout), result.stdout


def test_every_engine_waits_for_the_same_line(bpftrace, load):
    """-c: the child begins after all is attached; it has the streams of the tracer."""
    result = bpftrace.script('tracepoint:syscalls:sys_enter_getppid /comm == "%s"/ { @ = count(); }' % NAME,
                             "-c", "%s -n %s getppid 100" % (load, NAME), before=[*SMALL, NOTE + "=1"])
    assert result.stdout == NOTE + "\n\n\n@: 100\n"
