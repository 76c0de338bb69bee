"""Every option and exit status of the command line, as a table."""
import json
import os
import re

import pytest

HELLO = 'begin { printf("hi\\n"); }'

# name: arguments, exit status, what standard output and standard error must match
ACCEPTED = {
    "-e": (["-e", HELLO], 0, r"^hi$", r"^Attached 1 probe$"),
    "of several -e the last": (["-e", "begin { nosuch(); }", "-e", HELLO], 0, r"^hi$", r""),
    "-q": (["-q", "-e", HELLO], 0, r"^hi$", r"\A\Z"),
    "--quiet": (["--quiet", "-e", HELLO], 0, r"^hi$", r"\A\Z"),
    "options after the parameters": (["-e", "begin { print($1); }", "5", "-q"], 0, r"^5$", r"\A\Z"),
    "-v": (["-v", "-e", HELLO], 0, r"^hi$", r"begin"),
    "-f json": (["-f", "json", "-q", "-e", HELLO], 0, r'\A\{"type": "printf", "data": "hi\\n"\}\n\Z', r"\A\Z"),
    "-f text after json": (["-f", "json", "-f", "text", "-q", "-e", HELLO], 0, r"^hi$", r"\A\Z"),
    "-B line": (["-B", "line", "-e", HELLO], 0, r"^hi$", r""),
    "-B full": (["-B", "full", "-e", HELLO], 0, r"^hi$", r""),
    "-B none": (["-B", "none", "-e", HELLO], 0, r"^hi$", r""),
    "-k": (["-k", "-e", HELLO], 0, r"^hi$", r""),
    "--no-warnings": (["--no-warnings", "-q", "-e", 'begin { warnf("soft"); print(cpid); }'], 0, r"^0$", r"\A\Z"),
    "--unsafe": (["--unsafe", "-e", 'begin { system("echo hi"); }'], 0, r"^hi$", r""),
    "--strict": (["--strict", "-e", HELLO], 0, r"^hi$", r""),
    "--dry-run": (["--dry-run", "-e", HELLO], 0, r"\A\Z", r"\A\Z"),
    "-d ast,types": (["-d", "ast,types", "-e", HELLO], 0, r"^hi$", r"probe"),
    "-d all": (["-d", "all", "-q", "-e", HELLO], 0, r"^hi$", r"probe(?s:.)*program"),
    "-d verifier": (["-d", "verifier", "-e", HELLO], 0, r"^hi$", r""),
    "-d twice": (["-d", "ast", "-d", "dis", "-e", HELLO], 0, r"^hi$", r"probe(?s:.)*program begin"),
    "-c": (["-c", "true", "-e", "interval:s:100 { }"], 0, r"", r""),
    "-c of an empty text": (["-c", "", "-e", HELLO], 0, r"^hi$", r""),
    "-b": (["-b", "-e", HELLO], 0, r"^hi$", r""),
    "--btf": (["--btf", "-e", HELLO], 0, r"^hi$", r""),
    "--verify-llvm-ir": (["--verify-llvm-ir", "-e", HELLO], 0, r"^hi$", r""),
    "--usdt-file-activation": (["--usdt-file-activation", "-e", HELLO], 0, r"^hi$", r""),
    "--debuginfo": (["--debuginfo", "/usr/lib/debug", "-e", HELLO], 0, r"^hi$", r""),
    "--emit-llvm": (["--emit-llvm", "/tmp/x", "-e", HELLO], 0, r"^hi$", r""),
    "--no-feature": (["--no-feature", "kprobe_multi,uprobe_multi,kprobe_session", "-e", HELLO], 0, r"^hi$", r""),
    "--mode codegen": (["--mode", "codegen", "-e", HELLO], 0, r"\A\Z", r"\A\Z"),
    "--fmt": (["--fmt", "-e", "begin{print(1)}"], 0, r"print\(1\)", r"\A\Z"),
    "-l": (["-l", "software:*"], 0, r"^software:cpu-clock:$", r"\A\Z"),
    "-h": (["-h"], 0, r"^Usage", r"\A\Z"),
    "--help": (["--help"], 0, r"^Usage", r"\A\Z"),
    "-V": (["-V"], 0, r"^bpfline \d", r"\A\Z"),
    "--version": (["--version"], 0, r"^bpfline \d", r"\A\Z"),
    "named parameters": (["-e", 'begin { print(getopt("n", 1)); }', "--", "--n=5"], 0, r"^5$", r""),
    "exit of a number": (["-e", "begin { exit(300); }"], 44, r"", r""),
    "an assertion": (["-e", 'begin { assert(false, "no"); }'], 7, r"", r"ERROR: assert failed: no"),
}

REFUSED = {
    "-c with -p": (["-c", "true", "-p", "1", "-e", HELLO], 1, r"Cannot use both -c and -p\."),
    "-k twice": (["-k", "-k", "-e", HELLO], 1, r"-k"),
    "-k with --no-warnings": (["-k", "--no-warnings", "-e", HELLO], 1, r"--no-warnings"),
    "-p of text": (["-p", "abc", "-e", HELLO], 1, r"Failed to parse pid: invalid integer: abc"),
    "-p of several": (["-p", "1,2", "-e", HELLO], 1, r"Failed to parse pid: invalid trailing bytes: 1,2"),
    "-p out of range": (["-p", "99999999", "-e", HELLO], 1, r"Pid out of range: 99999999"),
    "-f of nothing known": (["-f", "xml", "-e", HELLO], 1, r'Invalid output format "xml"\nValid formats: .text., .json.'),
    "-B of nothing known": (["-B", "some", "-e", HELLO], 1, r"-B"),
    "-d of nothing known": (["-d", "ast,nosuch", "-e", HELLO], 1, r"invalid option for -d: nosuch"),
    "-o in no folder": (["-o", "/no/such/file", "-e", HELLO], 1,
                        r'Failed to open output file: "/no/such/file": No such file or directory'),
    "--mode of nothing known": (["--mode", "fast", "-e", HELLO], 1, r"--mode"),
    "--test with --fmt": (["--test", "--fmt", "-e", HELLO], 1, r"exclude each other"),
    "--no-feature of nothing known": (["--no-feature", "loops", "-e", HELLO], 1, r"--no-feature"),
    "--traceable-functions of no file": (["--traceable-functions", "/no/such/file", "-e", HELLO], 1, r"/no/such/file"),
    "-c of no program": (["-c", "/no/such/program", "-e", "interval:s:1 { }"], 1,
                         r"Path '/no/such/program' does not exist or is not executable"),
    "unsafe function": (["-e", 'begin { system("id"); }'], 1, r"unsafe(?s:.)*--unsafe"),
    "named parameter that is not asked for": (["-e", 'begin { print(getopt("n", 1)); }', "--", "--m=5"], 1,
                                              r"unexpected program command line options: --m\n"
                                              r"HINT: expected program options: --n"),
    "named parameter of a wrong type": (["-e", 'begin { print(getopt("n", 1)); }', "--", "--n=abc"], 1,
                                        r"--n invalid integer \(value: abc\)"),
    "named parameter without its number": (["-e", 'begin { print(getopt("n", 1)); }', "--", "--n"], 1,
                                           r"--n expects an integer \(value: true\)"),
    "named switch that is neither": (["-e", 'begin { print(getopt("v")); }', "--", "--v=perhaps"], 1,
                                     r"--v expects a boolean \(e\.g\. 'true'\) \(value: perhaps\)"),
    "help of the script": (["-e", 'begin { print(getopt("n", 1, "how many")); }', "--", "--help"], 1,
                           r"expected program options:\n +--n: how many"),
}


@pytest.mark.parametrize("what", ACCEPTED)
def test_accepted(bpfline, live, what):
    args, status, stdout, stderr = ACCEPTED[what]
    result = bpfline.run(*args)
    assert result.status == status, result.stderr
    assert re.search(stdout, result.stdout, re.MULTILINE), result.stdout
    assert re.search(stderr, result.stderr, re.MULTILINE), result.stderr


@pytest.mark.parametrize("what", REFUSED)
def test_refused(bpfline, live, what):
    args, status, stderr = REFUSED[what]
    result = bpfline.run(*args, timeout=5)
    assert result.status == status, result.stderr
    assert re.search(stderr, result.stderr), result.stderr


def test_info_has_the_lines_that_test_engines_read(bpfline, live):
    result = bpfline.run("--info")
    assert result.status == 0 and result.stderr == ""
    for section in ("System", "Build", "Kernel helpers", "Kernel features", "Probe types"):
        assert re.search("^%s$" % section, result.stdout, re.MULTILINE)
    for line in ("btf", "dpath", "iter", "kprobe_multi", "kprobe_session", "uprobe_multi", "get_func_ip",
                 "lookup_percpu_elem", "libdw (DWARF support)", "blazesym (advanced symbolization)"):
        assert re.search(r"(^|  )%s: (yes|no)\b" % re.escape(line), result.stdout, re.MULTILINE), line
    assert not re.search(r" $", result.stdout, re.MULTILINE)


def test_output_file(bpfline, live, tmp_path):
    path = tmp_path / "out"
    result = bpfline.script(HELLO, "-o", str(path))
    assert result.stdout == "" and result.stderr == "Attached 1 probe\n"
    assert path.read_text() == "hi\n\n\n"


def test_script_from_standard_input(bpfline, live):
    result = bpfline.run("-", "7", stdin=b"begin { print($1); }")
    assert result.stdout == "7\n\n\n"


def test_script_from_a_file(bpfline, live, tmp_path):
    path = tmp_path / "hi.bt"
    path.write_text("#!/usr/bin/env bpftrace\n" + HELLO)
    assert bpfline.run(str(path)).stdout == "hi\n\n\n"


def test_link_named_as_the_reference(bpfline, live, tmp_path):
    """Wrappers look for its name and its version."""
    link = tmp_path / "bpftrace"
    link.symlink_to(os.path.abspath(bpfline.path))
    other = type(bpfline)(str(link), bpfline.canned, bpfline.load)
    assert other.run("-V").stdout == "bpftrace v0.26.0\n"
    assert other.script("begin { print(comm); }").stdout == "bpftrace\n\n\n"


def test_small_environment(bpfline, live):
    """Engines leave PATH and little else."""
    result = bpfline.run("-e", HELLO, before=["env", "-i", "PATH=/usr/bin:/bin",
                                              "__BPFTRACE_NOTIFY_PROBES_ATTACHED=1"])
    assert result.stdout == "__BPFTRACE_NOTIFY_PROBES_ATTACHED\nhi\n\n\n"


@pytest.mark.parametrize("choice, colored", [("always", True), ("never", False), ("auto", False)])
def test_color(bpfline, live, choice, colored):
    result = bpfline.script("begin { nosuch(); }", env={"BPFTRACE_COLOR": choice})
    assert ("\x1b[" in result.stderr) == colored


def test_wrong_color_is_told(bpfline, live):
    result = bpfline.script(HELLO, env={"BPFTRACE_COLOR": "pink"})
    assert result.status == 0 and "pink" in result.stderr


def test_lines_of_json_are_what_the_schema_says(bpfline, live):
    """Its words for "type", and each line is JSON."""
    with open(os.path.join(os.path.dirname(__file__), "../../docs/output.schema.json"), encoding="utf-8") as f:
        schema = json.load(f)
    types = {branch["properties"]["type"]["const"] for branch in schema["oneOf"]}
    result = bpfline.script(
        'begin { printf("%s\\n", "a\\x01\\xff\\"b"); print((1, "x")); time("t"); cat("/proc/sys/kernel/ostype"); '
        'system("echo s"); errorf("e"); warnf("w"); @m[1, "a b"] = 2; @h = hist(5); @s = stats(5); $z = cpu - cpu; '
        'print(1 / $z); print(buf("a", 1)); @k[kstack(raw)] = count(); @f[1] = 1; @f[2] = 1; }', "-f", "json", "--unsafe")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert {line["type"] for line in lines} <= types
    assert {"printf", "value", "time", "cat", "syscall", "errorf", "warnf", "map", "hist", "stats",
            "runtime_error", "attached_probes"} <= {line["type"] for line in lines}
    for line in lines:
        branch = next(b for b in schema["oneOf"] if b["properties"]["type"]["const"] == line["type"])
        assert set(branch["required"]) <= set(line), line
        assert set(line) <= set(branch["properties"]), line
