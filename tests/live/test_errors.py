"""What cannot work says so, with the right exit status, soon, and without a crash."""
import os
import re
import shutil
import stat

import pytest

NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"]

# name: arguments, exit status, what standard error must match
REFUSED = {
    "no arguments": ([], 1, r"(?i)usage"),
    "unknown option": (["--no-such-option"], 1, r"no-such-option"),
    "missing option argument": (["-e"], 1, r"-e|'e'"),
    "no script": (["-v"], 1, r"(?i)-e"),
    "unknown probe type": (["-e", "nosuch:thing { }"], 1, r"nosuch"),
    "unknown tracepoint": (["-e", "tracepoint:syscalls:sys_enter_opennat { }"], 1, r"sys_enter_opennat"),
    "unknown category": (["-e", "tracepoint:nosuch:thing { }"], 1, r"nosuch"),
    "wildcard without a match": (["-e", "tracepoint:syscalls:nosuch_* { }"], 1, r"nosuch_\*"),
    "unknown field": (["-e", "tracepoint:syscalls:sys_enter_openat { print(args.filenam); }"], 1,
                      r"filenam.*(?s:.)*filename"),
    "unknown function": (["-e", "begin { prnt(1); }"], 1, r"prnt"),
    "unknown variable": (["-e", "begin { print($x); }"], 1, r"\$x"),
    "unknown name": (["-e", "begin { print(nosuch); }"], 1, r"nosuch"),
    "string plus number": (["-e", 'begin { $a = "x"; $b = $a - 1; }'], 1, r"string"),
    "two types for a variable": (["-e", 'begin { $a = 1; $a = "x"; }'], 1, r"\$a"),
    "two types for a map": (["-e", 'begin { @a = 1; @a = "x"; }'], 1, r"@a"),
    "map with and without key": (["-e", "begin { @a = 1; @a[1] = 1; }"], 1, r"@a"),
    "unterminated string": (["-e", 'begin { printf("abc); }'], 1, r"(?i)string"),
    "unterminated comment": (["-e", "begin { /* abc }"], 1, r"(?i)comment"),
    "empty program": (["-e", ""], 1, r"."),
    "only a comment": (["-e", "// nothing"], 1, r"."),
    "args in begin": (["-e", "begin { print(args.x); }"], 1, r"args"),
    "wrong number of arguments": (["-e", "begin { @ = lhist(1); }"], 1, r"lhist"),
    "format without argument": (["-e", 'begin { printf("%d\\n"); }'], 1, r"(?i)format|argument"),
    "format of the wrong type": (["-e", 'begin { printf("%d\\n", "x"); }'], 1, r"%?d"),
    "file that is not there": (["/no/such/file.bt"], 1, r"/no/such/file\.bt"),
    "folder as a file": (["/tmp"], 1, r"/tmp"),
    "unknown dump stage": (["--dump=nosuch", "-e", "begin { }"], 1, r"nosuch"),
    "unknown output format": (["-f", "nosuch", "-e", "begin { }"], 1, r"nosuch"),
    "bad interval": (["-e", "interval:s:0 { }"], 1, r"interval"),
    "bad unit": (["-e", "interval:parsec:1 { }"], 1, r"parsec"),
    "bad software event": (["-e", "software:nosuch:1 { }"], 1, r"nosuch"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused(bpfline, what):
    args, status, pattern = REFUSED[what]
    result = bpfline.run(*args, timeout=5)
    assert result.status == status, result.stderr
    assert re.search(pattern, result.stderr), result.stderr
    assert result.stdout == ""


def test_invalid_environment_is_status_2(bpfline):
    result = bpfline.script("begin { }", env={"BPFTRACE_MAX_STRLEN": "abc"})
    assert result.status == 2 and "abc" in result.stderr


def test_several_errors_in_one_run(bpfline):
    result = bpfline.script("begin { prnt(1); } end { prnt2(2); }")
    assert "prnt(" in result.stderr and "prnt2(" in result.stderr
    assert result.stderr.count("ERROR: ") == 2


def test_error_stands_under_its_text(bpfline):
    lines = bpfline.script("begin { $q = 1; print($t) }").stderr.splitlines()
    assert lines[0].startswith("stdin:1:23-25: ERROR: ")
    assert lines[1:3] == ["begin { $q = 1; print($t) }", " " * 22 + "~~"]


def test_name_of_the_file_in_messages(bpfline, tmp_path):
    path = tmp_path / "wrong.bt"
    path.write_text("begin {\n\tprint($t);\n}\n")
    assert bpfline.run(str(path)).stderr.startswith("%s:2:8-10: ERROR: " % path)


# Made when a test runs: together they are a hundred megabytes.
HOSTILE = {
    "nested parentheses": lambda: b"begin { $x = " + b"(" * 20000 + b"1" + b")" * 20000 + b"; }",
    "parentheses never closed": lambda: b"begin { $x = " + b"(" * 20000,
    "nested blocks": lambda: b"begin { " + b"{" * 20000 + b"}" * 20000 + b" }",
    "nested ifs": lambda: b"begin { " + b"if (1) { " * 20000 + b"}" * 20000 + b" }",
    "else after else": lambda: b"begin { if (1) { }" + b" else if (1) { }" * 20000 + b" }",
    "nested unary operators": lambda: b"begin { $x = " + b"!" * 20000 + b"1; }",
    "minus after minus": lambda: b"begin { $x = " + b"- " * 20000 + b"1; }",
    "nested indices": lambda: b"begin { @" + b"[@" * 20000 + b"]" * 20000 + b"; }",
    "nested calls": lambda: b"begin { " + b"print(" * 20000 + b")" * 20000 + b"; }",
    "nested tuples": lambda: b"begin { $x = " + b"(1," * 20000 + b"1" + b")" * 20000 + b"; }",
    "nested ternaries": lambda: b"begin { $x = " + b"1 ? " * 20000 + b"1" + b" : 1" * 20000 + b"; }",
    "nested casts": lambda: b"begin { $x = " + b"(int64)" * 20000 + b"1; }",
    "zeros": lambda: b"\0" * 100000,
    "every byte": lambda: bytes(range(256)) * 400,
    "ten megabytes of junk": lambda: bytes((i * 7919 >> 3) & 255 for i in range(10000)) * 1000,
    "ten megabytes of one name": lambda: b"x" * 10_000_000,
    "ten megabytes of spaces": lambda: b" " * 10_000_000,
    "ten megabytes in a comment": lambda: b"/*" + b"x" * 10_000_000,
    "ten megabytes in a string": lambda: b'begin { $x = "' + b"x" * 10_000_000 + b'"; print($x); }',
    "ten megabytes of errors": lambda: b"begin { $ }\n" * 800_000,
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_script(bpfline, what):
    """Refused with a message that does not repeat megabytes; no crash, no hang."""
    result = bpfline.run("--target=" + bpfline.canned, "--dump=object", "-", stdin=HOSTILE[what](), timeout=10)
    assert result.status == 1
    assert "ERROR" in result.stderr and len(result.stderr) < 100_000


def test_long_valid_script(bpfline):
    """Ten megabytes that mean something are read, not refused for their size."""
    script = b"// " + b"x" * 10_000_000 + b"\nbegin { @x = 1; }\n"
    result = bpfline.run("--target=" + bpfline.canned, "--dump=object", "-", stdin=script, timeout=10)
    assert result.status == 0, result.stderr


def test_long_chain_of_operators(bpfline):
    """Left-recursive: its depth is not the reader's."""
    result = bpfline.run("--target=" + bpfline.canned, "--dump=object", "-",
                         stdin=b"begin { $x = 1" + b"+1" * 100000 + b"; print($x); }", timeout=10)
    assert result.status in (0, 1)


@pytest.fixture
def for_nobody(bpfline, tmp_path_factory, live):
    """A copy that a user without rights can reach."""
    folder = tmp_path_factory.mktemp("nobody")
    path = os.path.join(folder, "bpfline")
    shutil.copy(bpfline.path, path)
    where = str(folder)
    while where != "/":
        os.chmod(where, os.stat(where).st_mode | stat.S_IXOTH | stat.S_IROTH)
        where = os.path.dirname(where)
    return path


def test_without_rights_it_says_what_is_missing(bpfline, for_nobody):
    result = run_as_nobody(bpfline, for_nobody, "-e", "begin { }")
    assert result.status == 1
    assert re.search(r"root|CAP_BPF", result.stderr)


def run_as_nobody(bpfline, path, *args):
    other = type(bpfline)(path, bpfline.canned, bpfline.load)
    other.slow = bpfline.slow
    return other.run(*args, before=NOBODY, cwd="/")


@pytest.mark.parametrize("args", [["-h"], ["-V"], ["--fmt", "-e", "begin{}"]])
def test_needs_no_rights(bpfline, for_nobody, args):
    result = run_as_nobody(bpfline, for_nobody, *args)
    assert result.status == 0 and result.stdout


def test_without_tracefs(bpfline, live):
    """No tracefs mounted and no right to mount one: the message names it."""
    result = bpfline.script("tracepoint:sched:sched_switch { @[args.next_pid] = count(); }",
                            before=["unshare", "-m", "sh", "-c",
                                    "umount -a -t tracefs,debugfs 2>/dev/null; "
                                    'exec setpriv --bounding-set=-sys_admin -- "$@"', "sh"])
    assert result.status == 1
    assert "tracefs" in result.stderr


def test_where_tracefs_is_not_mounted_it_is_found_all_the_same(bpfline, live):
    result = bpfline.script("tracepoint:sched:sched_switch { @ = count(); exit(); }",
                            before=["unshare", "-m", "sh", "-c",
                                    'umount -a -t tracefs,debugfs 2>/dev/null; exec "$@"', "sh"])
    assert result.status == 0, result.stderr


def test_version(bpfline):
    result = bpfline.run("-V")
    assert result.status == 0 and re.fullmatch(r"bpfline \d+\.\d+\.\d+\n", result.stdout)


def test_help_lists_exit_statuses(bpfline):
    result = bpfline.run("-h")
    assert result.status == 0 and result.stderr == ""
    for status in ("0", "1", "2", "255"):
        assert re.search(r"^\s*%s\b" % status, result.stdout, re.MULTILINE)
