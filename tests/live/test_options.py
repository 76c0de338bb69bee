"""Every option, setting, environment variable, signal and exit status of the command line, as tables.

tests/lint/test_option_tables.py holds the tables to the lists in the source.
"""
import os
import re
import shutil
import signal
import stat
import time

import pytest

from support import NAME, SOURCE

HELLO = 'begin { printf("hi\\n"); }'
CALL = 'tracepoint:syscalls:sys_enter_openat /comm == "NAME"/ { %s }'

# name: arguments, exit status, what standard output and standard error must match.
# TMP is a folder with a few files in it (see `files`), CHAIN the program chain.
ACCEPTED = {
    "-e": (["-e", HELLO], 0, r"^hi$", r"^Attached 1 probe$"),
    "of several -e the last": (["-e", "begin { nosuch(); }", "-e", HELLO], 0, r"^hi$", r""),
    "-q": (["-q", "-e", HELLO], 0, r"^hi$", r"\A\Z"),
    "--quiet": (["--quiet", "-e", HELLO], 0, r"^hi$", r"\A\Z"),
    "options after the parameters": (["-e", "begin { print($1); }", "5", "-q"], 0, r"^5$", r"\A\Z"),
    "words after -e are parameters": (["-e", "begin { print(str($1)); }", "a.bt"], 0, r"^a\.bt$", r""),
    "after -- words without dashes are parameters": (["-e", "begin { print($2); }", "5", "--", "7"], 0, r"^7$", r""),
    "-v": (["-v", "-e", HELLO], 0, r"^hi$", r"begin"),
    "--verbose": (["--verbose", "-e", HELLO], 0, r"^hi$", r"begin"),
    "-f json": (["-f", "json", "-q", "-e", HELLO], 0, r'\A\{"type": "printf", "data": "hi\\n"\}\n\Z', r"\A\Z"),
    "-f text after json": (["-f", "json", "-f", "text", "-q", "-e", HELLO], 0, r"^hi$", r"\A\Z"),
    "-f folded": (["-f", "folded", "-e", "begin { @[kstack(1)] = sum(5); }"], 0, r"\A\S+ 5\n\Z", r""),
    "-f flamegraph": (["-f", "flamegraph", "-e", "begin { @[kstack(1)] = sum(5); }"], 0, r"</svg>", r""),
    "-B line": (["-B", "line", "-e", HELLO], 0, r"^hi$", r""),
    "-B full": (["-B", "full", "-e", HELLO], 0, r"^hi$", r""),
    "-B none": (["-B", "none", "-e", HELLO], 0, r"^hi$", r""),
    "without -k": (["-q", "-e", "begin { @a[1] = 1; print(@a[2]); }"], 0, r"^0$", r"\A\Z"),
    "-k": (["-k", "-e", "begin { @a[1] = 1; print(@a[2]); }"], 0, r"^0$", r"WARNING: Can't lookup map element"),
    "--warnings": (["--warnings", "-e", "begin { @a[1] = 1; print(@a[2]); }"], 0, r"^0$",
                   r"WARNING: Can't lookup map element"),
    "-k of memory": (["-k", "-e", "begin { print(*(uint64 *)16); }"], 0, r"^0$", r"memory could not be read"),
    "-k of str()": (["-k", "-e", 'begin { $s = str((int8 *)5); printf("[%s]\\n", $s); }'], 0, r"^\[\]$",
                    r"memory could not be read"),
    "-k of str() printed": (["-k", "-e", 'begin { print(str((int8 *)5)); }'], 0, r"^$", r"memory could not be read"),
    "-k of str() of so many bytes": (["-k", "-e", 'begin { print(str((int8 *)5, 4)); }'], 0, r"^$",
                                     r"memory could not be read"),
    "-k of str() of some bytes": (["-k", "-e", 'begin { $n = pid % 4 + 1; print(str((int8 *)5, $n)); }'], 0, r"^$",
                                  r"memory could not be read"),
    "-k of buf()": (["-k", "-e", 'begin { print(buf(5, 1)); }'], 0, r"", r"memory could not be read"),
    "--no-warnings": (["--no-warnings", "-q", "-e", 'begin { warnf("soft"); print(cpid); }'], 0, r"^0$", r"\A\Z"),
    "-W no-discarded": (["-W", "no-discarded,no-UNREACHABLE", "-q", "-e", "begin { 5; exit(); print(1); }"], 0, r"", r"\A\Z"),
    "-W no-all, and one back": (["-W", "no-all,discarded", "-q", "-e", "begin { 5; exit(); print(1); }"], 0, r"",
                                r"\A.*Return value discarded\. \[DISCARDED\]\n.*\n.*\n.*\n\Z"),
    "-W error, and not that": (["-W", "error", "-W", "no-error=discarded", "-q", "-e", "begin { 5; }"], 0, r"", r"WARNING"),
    "-W no- of an id with NO": (["-W", "no-no-match-skipped", "-q", "-e", HELLO], 0, r"^hi$", r"\A\Z"),
    "--unsafe": (["--unsafe", "-e", 'begin { system("echo hi"); }'], 0, r"^hi$", r""),
    "--strict without losses": (["--strict", "-e", HELLO], 0, r"^hi$", r""),
    "--dry-run": (["--dry-run", "-e", HELLO], 0, r"\A\Z", r"\A\Z"),
    "--follow": (["--follow", "-c", "sh -c true", "-e", "tracepoint:sched:sched_process_exec { @ = count(); }"], 0, r"^@: 1$", r""),
    "--timeout": (["--timeout", "100ms", "-e", "interval:ms:20 { @ = count(); }"], 0, r"^@: [3-6]$", r""),
    "--timeout in seconds": (["--timeout", "1", "-e", 'interval:s:100 { } end { print("over"); }'], 0, r"^over$", r""),
    "--timeout that nothing needs": (["--timeout", "100s", "-e", HELLO], 0, r"^hi$", r""),
    "--timeout and a child": (["--timeout", "100ms", "-c", "sleep 60", "-e", "interval:s:100 { }"], 124, r"", r""),
    "--timeout and an exit()": (["--timeout", "100ms", "-e", "interval:s:100 { exit(); } end { print(1); }"], 124, r"^1$", r""),
    "--probe-filter": (["--probe-filter", "^(begin|end)$", "-e", HELLO + " interval:ms:1 { exit(9); } end { print(1); }"],
                       0, r"^hi\n1$", r"^Attached 2 probes$"),
    "--probe-filter of what a wildcard gives": (["--probe-filter", "_(exec|exit)$", "-l", "-e",
                                                 "tracepoint:sched:sched_process_* { }"], 0,
                                                r"\Atracepoint:sched:sched_process_exec\n"
                                                r"tracepoint:sched:sched_process_exit\n\Z", r"\A\Z"),
    "--emit-elf": (["--emit-elf", "TMP/x", "-e", HELLO], 0, r"^hi$", r""),
    "-d": (["-d", "ast,types", "-e", HELLO], 0, r"^hi$", r"probe"),
    "--debug": (["--debug", "ast", "-e", HELLO], 0, r"^hi$", r"probe"),
    "-d all": (["-d", "all", "-q", "-e", HELLO], 0, r"^hi$", r"probe(?s:.)*program"),
    "-d verifier": (["-d", "verifier", "-e", HELLO], 0, r"^hi$", r""),
    "-d twice": (["-d", "ast", "-d", "dis", "-e", HELLO], 0, r"^hi$", r"probe(?s:.)*program begin"),
    "-d in the words of the reference": (["-d", "codegen,codegen-opt,libbpf", "-e", HELLO], 0, r"^hi$", r"program"),
    "--dump": (["--dump", "types", "-e", HELLO], 0, r"\A\s*probe begin(?!(?s:.)*^hi$)", r"\A\Z"),
    "--target": (["--target", "CANNED", "-e", HELLO], 0, r"\A\Z", r"\A\Z"),
    "-c": (["-c", "true", "-e", "interval:s:100 { }"], 0, r"", r""),
    "--cmd": (["--cmd", "echo from the child", "-e", "interval:s:100 { }"], 0, r"^from the child$", r""),
    "-c quotes nothing": (["-c", "echo 'a  b'", "-e", "interval:s:100 { }"], 0, r"^'a b'$", r""),
    "-c of an empty text": (["-c", "", "-e", HELLO], 0, r"^hi$", r""),
    "-c and its pid": (["-c", "sleep 60", "-e", "begin { print(cpid > 1); }"], 0, r"^true$", r"\AAttached 1 probe\n\Z"),
    "-p": (["-p", "SELF", "-e", "interval:ms:1 { exit(); }"], 0, r"", r""),
    "--pid": (["--pid", "SELF", "-e", "interval:ms:1 { exit(); }"], 0, r"", r""),
    "-o": (["-o", "TMP/out", "-e", HELLO], 0, r"\A\Z", r"\AAttached 1 probe\n\Z"),
    "--output": (["--output", "/dev/stdout", "-e", HELLO], 0, r"^hi$", r""),
    "-I": (["-I", "TMP", "-e", '#include "seven.h"\nbegin { print(SEVEN); }'], 0, r"^7$", r""),
    "--include": (["--include", "TMP/seven.h", "-e", "begin { print(SEVEN); }"], 0, r"^7$", r""),
    "--attach": (["-v", "--attach", "perf", "-e", "tracepoint:sched:sched_switch { exit(); }"], 0, r"", r" by perf$"),
    "--traceable-functions": (["--traceable-functions", "TMP/functions", "-l", "kprobe:*"], 0,
                              r"\Akprobe:vfs_read\n\Z", r"\A\Z"),
    "-b": (["-b", "-e", HELLO], 0, r"^hi$", r""),
    "--btf": (["--btf", "-e", HELLO], 0, r"^hi$", r""),
    "--verify-llvm-ir": (["--verify-llvm-ir", "-e", HELLO], 0, r"^hi$", r"\AAttached 1 probe\n\Z"),
    "--usdt-file-activation": (["--usdt-file-activation", "-e", HELLO], 0, r"^hi$", r""),
    "--dwarf-pid": (["--dwarf-pid", "1", "--dwarf-pid", "2", "-e", HELLO], 0, r"^hi$", r""),
    "--debuginfo": (["--debuginfo", "/usr/lib/debug", "-e", HELLO], 0, r"^hi$", r""),
    "--emit-llvm": (["--emit-llvm", "TMP/x", "-e", HELLO], 0, r"^hi$", r"WARNING: --emit-llvm has no effect.*--dump=ir"),
    "--no-feature": (["--no-feature", "kprobe_multi,uprobe_multi,kprobe_session", "-e", HELLO], 0, r"^hi$", r""),
    "--mode codegen": (["--mode", "codegen", "-e", HELLO], 0, r"\A\Z", r"\A\Z"),
    "--mode compiler-bench": (["--mode", "compiler-bench", "-e", HELLO], 0, r"\A\Z", r"\A\Z"),
    "--mode format": (["--mode", "format", "-e", "begin{print(1)}"], 0, r"print\(1\)", r"\A\Z"),
    "--mode test": (["--mode", "test", "-e", "test:a { }"], 0, r"1 test ran", r""),
    "--mode bench": (["--mode", "bench", "-e", "bench:a { }"], 0, r"^a +\d+ +\d+$", r""),
    "--test": (["--test", "-e", 'test:a { print(5); } test:b { }'], 0,
               r"Running 2 tests(?s:.)* a$\n5\n(?s:.)*OK(?s:.)*2 tests\.", r"\A\Z"),
    "--test of which one fails": (["--test", "-e", 'test:a { } test:b { return 1; }'], 1,
                                  r"PASSED(?s:.)*1 test(?s:.)*1 test, listed below:(?s:.)* b$", r"\A\Z"),
    "--test as JSON": (["--test", "-f", "json", "-e", 'test:a { print(5); }'], 0,
                       r'\A\{"type": "value", "data": 5\}\n\{"type": "test_result", "data": '
                       r'\{"a": \{"duration": \d+, "passed": true\}\}\}\n\Z', r"\A\Z"),
    "--bench": (["--bench", "-e", "bench:a { @ = 1; }"], 0, r"\ABenchmark +Time\(ns\) +Iterations\n-+\na +\d+ +\d+\n\Z",
                r"\A\Z"),
    "--bench as JSON": (["--bench", "-f", "json", "-e", "bench:a { @ = 1; }"], 0,
                        r'\A\{"type": "benchmark_result", "data": \{"a": \{"average": \d+, "iters": \d+\}\}\}\n\Z',
                        r"\A\Z"),
    "--fmt": (["--fmt", "-e", "begin{print(1)}"], 0, r"print\(1\)", r"\A\Z"),
    "--fmt -o": (["--fmt", "-o", "TMP/formatted", "-e", "begin{print(1)}"], 0, r"\A\Z", r"\A\Z"),
    "--fmt -o of a device": (["--fmt", "-o", "/dev/stdout", "-e", "begin{print(1)}"], 0, r"print\(1\)", r"\A\Z"),
    "--mode and the same again": (["--mode", "test", "--test", "-e", "test:a { }"], 0, r"1 test ran", r""),
    "an option's beginning": (["--out", "/dev/stdout", "-qe", HELLO], 0, r"^hi$", r"\A\Z"),
    "--name=value": (["--output=/dev/stdout", "--debug=ast", "-e" + HELLO], 0, r"^hi$", r"probe"),
    "-l": (["-l", "software:*"], 0, r"^software:cpu-clock:$", r"\A\Z"),
    "--list": (["--list", "software:*"], 0, r"^software:cpu-clock:$", r"\A\Z"),
    "-l of several": (["-l", "software:cpu-c*,hardware:cpu-c*"], 0, r"\Asoftware:cpu-clock:\nhardware:cpu-cycles:\n\Z",
                      r"\A\Z"),
    "-l of several words": (["-l", "software:cpu-c*", "hardware:cpu-c*"], 0,
                            r"\Asoftware:cpu-clock:\nhardware:cpu-cycles:\n\Z", r"\A\Z"),
    "-l of no type": (["-l", "tracepiont:*"], 0, r"\A\Z", r"no probe type 'tracepiont'\nHINT: did you mean tracepoint\?"),
    "-lv of a script": (["-l", "-v", "-e", "begin { } tracepoint:sched:sched_switch { } software:faults:1 { }"], 0,
                        r"\Atracepoint:sched:sched_switch\n(    \S.*\n)+software:faults:1\n\Z", r"\A\Z"),
    "-l of a script": (["-l", "-e", "begin { } tracepoint:sched:sched_process_e* { }"], 0,
                       r"\Atracepoint:sched:sched_process_exec\ntracepoint:sched:sched_process_exit\n\Z", r"\A\Z"),
    "-l of a file": (["-l", "TMP/script.bt"], 0, r"\Asoftware:faults:1\n\Z", r"\A\Z"),
    "-l of a file that is not there": (["-l", "/no/such/file.bt"], 0, r"\A\Z", r"is a filename but the file does not"),
    "-h": (["-h"], 0, r"^Usage", r"\A\Z"),
    "--help": (["--help"], 0, r"^Usage", r"\A\Z"),
    "-V": (["-V"], 0, r"^bpfline \d", r"\A\Z"),
    "--version": (["--version"], 0, r"^bpfline \d", r"\A\Z"),
    "--info": (["--info"], 0, r"^System$", r"\A\Z"),
    "named parameters": (["-e", 'begin { print(getopt("n", 1)); }', "--", "--n=5"], 0, r"^5$", r""),
    "exit of a number": (["-e", "begin { exit(300); }"], 44, r"", r""),
}

REFUSED = {
    "no arguments": ([], 1, r"^Usage"),
    "an unknown option": (["--nosuch"], 1, r"\AERROR: USAGE: there is no option --nosuch\nUsage:\n(.+\n){4}`bpfline -h` lists.*\n\Z"),
    "an option with a typo": (["--unsfae=5", "-e", HELLO], 1, r"no option --unsfae\nHINT: did you mean --unsafe\?\nUsage"),
    "a long option after one dash": (["-timeout", "3", "-e", HELLO], 1, r"no option -timeout\nHINT: did you mean --timeout\?\nUsage"),
    "an unknown letter among others": (["-qx", "-e", HELLO], 1, r"no option -x\nUsage"),
    "the beginning of several options": (["--no", "-e", HELLO], 1, r"HINT: it could be --no-warnings, --no-feature\n"),
    "an option without its argument": (["-q", "--dump"], 1, r"option --dump takes an argument: STAGE\nUsage"),
    "a letter without its argument": (["-qe"], 1, r"option -e takes an argument: TEXT\nUsage"),
    "an argument too many": (["--list=x"], 1, r"option --list takes no argument\nUsage"),
    "a script's name with a typo": (["TMP/scirpt.bt"], 1, r"No such file or directory\nHINT: did you mean /.*/script\.bt\?"),
    "a script where a file should be": ([HELLO], 1, r"No such file or directory\nHINT: a script on the command line stands after -e"),
    "a probe where a file should be": (["software:faults:1", "{", "}"], 1, r"HINT: a script on the command line stands after -e"),
    "a script without quotes": (["-e", "begin", "{", "print(1)", "}"], 1, r"HINT: the shell has split the script"),
    "a file after -e": (["-e", "TMP/script.bt"], 1, r"without -e '/.*/script\.bt' is run"),
    "a script that is none": (["-e", "hello"], 1, r"HINT: a script is one or more probes"),
    "a program as the script": (["/bin/sh"], 1, r"'/bin/sh' is a program, not a script\nHINT: .*-l 'uprobe:/bin/sh:\*'"),
    "-l of a program": (["-l", "/bin/sh"], 1, r"'/bin/sh' is a program, not a script\nHINT: .*-l 'uprobe:/bin/sh:\*'"),
    "no script": (["-v"], 1, r"USAGE: filename or -e 'program' required"),
    "-c with -p": (["-c", "true", "-p", "1", "-e", HELLO], 1, r"Cannot use both -c and -p\."),
    "-W error": (["-W", "error", "-e", "begin { 5; }"], 1, r"ERROR: Return value discarded\. \[DISCARDED\]"),
    "-W error of an id": (["-W", "error=discarded", "-e", "begin { 5; }"], 1, r"ERROR: Return value discarded\."),
    "-W of an error": (["-W", "no-bad-cast", "-e", HELLO], 1, r"BAD_CAST is always an error"),
    "-W of nothing known": (["-W", "no-unsed", "-e", HELLO], 1, r"no warning 'unsed'\nHINT: did you mean UNUSED\?"),
    "-k twice": (["-k", "-k", "-e", HELLO], 1, r"-k"),
    "-k with --no-warnings": (["-k", "--no-warnings", "-e", HELLO], 1, r"--no-warnings"),
    "-p of text": (["-p", "abc", "-e", HELLO], 1, r"Failed to parse pid: invalid integer: abc"),
    "-p of several": (["-p", "1,2", "-e", HELLO], 1, r"Failed to parse pid: invalid trailing bytes: 1,2"),
    "-p out of range": (["-p", "99999999", "-e", HELLO], 1, r"Pid out of range: 99999999"),
    "-p of nobody": (["-p", "4194303", "-e", HELLO], 1, r"Failed to attach to pid: No such process"),
    "-f of nothing known": (["-f", "xml", "-e", HELLO], 1, r'Invalid output format "xml"\nValid formats: .text., .json.'),
    "-B of nothing known": (["-B", "some", "-e", HELLO], 1, r"-B"),
    "-d of nothing known": (["-d", "ast,nosuch", "-e", HELLO], 1, r"invalid option for -d: nosuch"),
    "--dump of nothing known": (["--dump", "nosuch", "-e", HELLO], 1, r"invalid option for --dump: nosuch"),
    "-o in no folder": (["-o", "/no/such/file", "-e", HELLO], 1,
                        r'Failed to open output file: "/no/such/file": No such file or directory'),
    "-o on a full disk": (["-o", "/dev/full", "-e", HELLO], 1, r"failed to write the output: No space left on device"),
    "-o of a picture on a full disk": (["-o", "/dev/full", "-f", "flamegraph", "-e", HELLO], 1, r"No space left on device"),
    "-o of a run that would go on": (["-o", "/dev/full", "-e", "interval:ms:1 { print(1); }"], 1, r"No space left on device"),
    "--mode of nothing known": (["--mode", "fast", "-e", HELLO], 1, r"--mode"),
    "--test with --bench": (["--test", "--bench", "-e", HELLO], 1, r"--test and --bench exclude each other"),
    "--mode with another": (["--mode", "test", "--mode", "bench", "-e", HELLO], 1, r"--test and --bench exclude each other"),
    "--fmt -o on a full disk": (["--fmt", "-o", "/dev/full", "-e", HELLO], 1, r"failed to write the output: No space left on device"),
    "--fmt -o in no folder": (["--fmt", "-o", "/no/such/file", "-e", HELLO], 1,
                              r'Failed to open output file: "/no/such/file": No such file or directory'),
    "--test with --fmt": (["--test", "--fmt", "-e", HELLO], 1, r"exclude each other"),
    "--test with --mode": (["--test", "--mode", "codegen", "-e", HELLO], 1, r"exclude each other"),
    "--no-feature of nothing known": (["--no-feature", "loops", "-e", HELLO], 1, r"--no-feature"),
    "--attach of nothing known": (["--attach", "glue", "-e", HELLO], 1, r"no probe is attached by 'glue'"),
    "--traceable-functions of no file": (["--traceable-functions", "/no/such/file", "-e", HELLO], 1, r"/no/such/file"),
    "--follow nobody": (["--follow", "-e", HELLO], 1, r"--follow goes with -c or -p"),
    "--timeout of nothing": (["--timeout", "0", "-e", HELLO], 1, r"--timeout takes a time"),
    "--timeout of parsecs": (["--timeout", "3parsecs", "-e", HELLO], 1, r"--timeout takes a time.*: 3parsecs"),
    "--timeout of ages": (["--timeout", "18446744073709551615", "-e", HELLO], 1, r"--timeout is too long"),
    "--probe-filter that is none": (["--probe-filter", "a(", "-e", HELLO], 255, r"'a\(' is no regular expression"),
    "--aot": (["--aot", "TMP/x", "-e", HELLO], 1, r"--aot is not supported"),
    "-c of no program": (["-c", "/no/such/program", "-e", "interval:s:1 { }"], 1,
                         r"Path '/no/such/program' does not exist or is not executable"),
    "-c of a file that is no program": (["-c", "/etc/passwd", "-e", "interval:s:1 { }"], 1,
                                        r"Path '/etc/passwd' does not exist or is not executable \(Permission denied\)"),
    "a map of four thousand million": (["-e", "let @ = hash(4294967295); begin { @[1] = 1; }"], 255,
                                       r"failed to create the map '@'.*\nHINT: it has room for 4294967295 elements"),
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
    "named parameter where none is asked for": (["-e", HELLO, "--", "--m"], 1, r"options: --m\nHINT: the script asks for none\n"),
    "help of the script": (["-e", 'begin { print(getopt("n", 1, "how many")); }', "--", "--help"], 1,
                           r"expected program options:\n +--n: how many"),
}

# key: a value, a script, arguments, exit status, what standard output and standard error must match.
# Each is set once in the script and once in the environment.
OPEN = ["-c", "LOAD -n NAME openat 1 /no/such/file/at/all"]
KEYS = {
    "max_strlen": ("8", CALL % "print(str(args.filename));", OPEN, 0, r"^/no/such\.\.$", r""),
    "str_trunc_trailer": ('"~"', "config = { max_strlen = 8 } " + CALL % "print(str(args.filename));", OPEN, 0,
                          r"^/no/such~$", r""),
    "max_map_keys": ("1", "begin { @[1] = 1; @[2] = 2; }", [], 0, r"^@\[1\]: 1\n\Z", r"Map full"),
    "max_probes": ("1", "begin { } end { }", [], 1, r"\A\Z", r"2 probes because it exceeds the current limit of 1"),
    "max_bpf_progs": ("1", "begin { } end { }", [], 1, r"\A\Z", r"2 BPF programs, which exceeds the current limit of 1"),
    "max_cat_bytes": ("4", 'begin { cat("/proc/version"); }', [], 0, r"^Linu$", r""),
    "perf_rb_pages": ("1", "begin { unroll (100) { print(buf(comm, 16)); } for $i : 0..300 { print((pid, tid, $i)); } }",
                      [], 0, r"", r"^Lost \d+ events$"),
    "log_size": ("100000", HELLO, [], 0, r"^hi$", r"\AAttached 1 probe\n\Z"),
    "on_stack_limit": ("8", 'begin { $s = "a longer text"; print($s); }', [], 0, r"^a longer text$", r""),
    "stack_mode": ("raw", "begin { print(kstack(1)); }", [], 0, r"\A\nf[0-9a-f]{15}\n", r""),
    "print_maps_on_exit": ("false", "begin { @ = 1; }", [], 0, r"\A\n\n\Z", r""),
    "missing_probes": ("warn", HELLO + " tracepoint:no:such { }", [], 0, r"^hi$", r"WARNING: No matches"),
    "cache_user_symbols": ("NONE", CALL.replace("openat", "getppid") % "@[ustack(1)] = count();", ["-c", "CHAIN"], 0,
                           r"^ {8}0x[0-9a-f]+$", r""),
    "cpp_demangle": ("false", CALL.replace("openat", "getppid") % "@[ustack(1)] = count();", ["-c", "CHAIN cxx"], 0,
                     r"^ {8}_ZN5shape6SquareIiE4growEiPKc\+\d+$", r""),
    "lazy_symbolication": ("false", HELLO, [], 0, r"^hi$", r""),
    "use_blazesym": ("true", HELLO, [], 0, r"^hi$", r""),
    "skip_endbr": ("false", HELLO, [], 0, r"^hi$", r""),
    "show_debug_info": ("true", CALL.replace("openat", "getppid") % "@[ustack(1)] = count();", ["-c", "CHAIN"], 0,
                        r"^ {8}inner\+\d+@/.*/chain\.c:\d+$", r""),
    "license": ('"Dual BSD/GPL"', HELLO, [], 0, r"^hi$", r""),
    "unstable_import_statement": ("enable", HELLO, [], 0, r"^hi$", r""),
    "unstable_typeinfo": ("true", HELLO, [], 0, r"^hi$", r""),
    "unstable_tseries": ("warn", HELLO, [], 0, r"^hi$", r""),
    "unstable_dw_ustack": ("0", HELLO, [], 0, r"^hi$", r""),
}

WRONG_VALUES = {
    "max_strlen": ("abc", "expecting a number, got abc"),
    "max_map_keys": ("0", "expecting a number from 1 to 4294967295, got 0"),
    "log_size": ("4294967296", "expecting a number from 0 to 1073741823, got 4294967296"),
    "print_maps_on_exit": ("perhaps", "expecting true, false, 1 or 0, got perhaps"),
    "missing_probes": ("panic", "expecting one of error, warn, ignore, got panic"),
    "stack_mode": ("pretty", "expecting one of bpftrace, perf, raw, build_id, got pretty"),
    "cache_user_symbols": ("ALL", "expecting one of PER_PID, PER_PROGRAM, NONE, 0, 1, got ALL"),
    "license": ("MIT", "expecting one of GPL, GPL v2, .*, got MIT"),
    "unstable_tseries": ("maybe", "expecting one of enable, warn, error, got maybe"),
}

# variable: its value, arguments, exit status, what standard output and standard error must match.
ENVIRONMENT = {
    "BPFTRACE_BTF": ("/no/such/file", ["-e", HELLO], 2, r"\A\Z", r"BPFTRACE_BTF: '/no/such/file': No such file"),
    "BPFTRACE_BTF of something else": ("/etc/passwd", ["-e", HELLO], 2, r"\A\Z", r"there is no BTF in it"),
    "BPFTRACE_KERNEL_SOURCE": ("TMP", ["-e", "#include <nine.h>\nbegin { print(NINE); }"], 0, r"^9$", r""),
    "BPFTRACE_KERNEL_BUILD": ("TMP", ["-e", "#include <nine.h>\nbegin { print(NINE); }"], 0, r"^9$", r""),
    "ARCH": ("riscv BPFTRACE_KERNEL_SOURCE=TMP", ["-e", "#include <asm/ten.h>\nbegin { print(TEN); }"], 0, r"^10$", r""),
    "BPFTRACE_COLOR": ("always", ["-e", "begin { nosuch(); }"], 1, r"\A\Z", r"\x1b\["),
    "BPFTRACE_COLOR never": ("never", ["-e", "begin { nosuch(); }"], 1, r"\A\Z", r"\A[^\x1b]*\Z"),
    "BPFTRACE_COLOR auto": ("auto", ["-e", "begin { nosuch(); }"], 1, r"\A\Z", r"\A[^\x1b]*\Z"),
    "BPFTRACE_COLOR of a colour": ("pink", ["-e", HELLO], 0, r"^hi$", r"BPFTRACE_COLOR: pink"),
    "__BPFTRACE_NOTIFY_PROBES_ATTACHED": ("1", ["-e", HELLO], 0, r"\A__BPFTRACE_NOTIFY_PROBES_ATTACHED\nhi\n", r""),
    # What they find: test_files_of_debuginfod.
    "DEBUGINFOD_CACHE_PATH": ("TMP", ["-e", "uprobe:/bin/bash:main { print(args); }"], 1, r"\A\Z", r"none was found"),
    "XDG_CACHE_HOME": ("TMP", ["-e", "uprobe:/bin/bash:main { print(args); }"], 1, r"\A\Z", r"none was found"),
    "HOME": ("TMP", ["-e", "uprobe:/bin/bash:main { print(args); }"], 1, r"\A\Z", r"none was found"),
    "PATH": ("TMP", ["-c", "program", "-e", "interval:s:100 { }"], 0, r"^I ran$", r""),
    "BPFTRACE_STRLEN": ("8", ["-c", OPEN[1], "-e", CALL % "print(str(args.filename));"], 0, r"^/no/such\.\.$",
                        r"BPFTRACE_STRLEN has been renamed, please use BPFTRACE_MAX_STRLEN"),
    "BPFTRACE_NOSUCH": ("x", ["-e", HELLO], 0, r"^hi$", r"\AAttached 1 probe\n\Z"),
}

# id: arguments that end so.
STATUSES = {
    "OK": ["-e", HELLO],
    "USAGE": ["-e", "begin { nosuch(); }"],
    "SETTING": ["-e", '#include "nosuch.h"\nbegin { print(NOSUCH); }'],
    "LOST": ["--strict", "-e", "config = { max_map_keys = 1 } begin { @[1] = 1; @[2] = 2; }"],
    "ASSERTION": ["-e", 'begin { assert(false, "no"); }'],
    "CUT": ["--timeout", "50ms", "-c", "sleep 60", "-e", "interval:s:100 { }"],
    "RUN": ["-e", "test:a { }"],
}

# signal: status of a process that gets it (negative: killed by it), what standard output must match.
SIGNALS = {
    "SIGINT": (0, r"\Aover\n\n\n@: 1\n\Z"),
    "SIGTERM": (0, r"\Aover\n\n\n@: 1\n\Z"),
    "SIGHUP": (-signal.SIGHUP, r"\A\Z"),
    "SIGQUIT": (-signal.SIGQUIT, r"\A\Z"),
    "SIGUSR2": (-signal.SIGUSR2, r"\A\Z"),
    "SIGUSR1": (None, r"\Asignal\n\Z"),
    "SIGPIPE": (None, r"\A\Z"),
}


@pytest.fixture
def files(tmp_path, bpfline, build):
    """TMP and its files, and the other words that stand for paths; gives a function that puts them in."""
    (tmp_path / "seven.h").write_text("#define SEVEN 7\n")
    (tmp_path / "script.bt").write_text("begin { } software:faults:1 { }\n")
    (tmp_path / "functions").write_text("vfs_read\n")
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\necho I ran\n")
    program.chmod(0o755)
    for name, text in {"include/nine.h": "#define NINE 9\n", "include/linux/kconfig.h": "",
                       "arch/riscv/include/asm/ten.h": "#define TEN 10\n"}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    chain = shutil.copy(os.path.join(build, "tests", "chain"), tmp_path / NAME)
    words = {"TMP": str(tmp_path), "CHAIN": str(chain), "LOAD": bpfline.load, "CANNED": bpfline.canned,
             "SELF": str(os.getpid()), "NAME": NAME}
    pattern = re.compile(r"\b(%s)\b" % "|".join(words))
    return lambda text: pattern.sub(lambda match: words[match.group(1)], text)


def check(result, status, stdout, stderr):
    assert result.status == status, result.stderr
    assert re.search(stdout, result.stdout, re.MULTILINE), result.stdout
    assert re.search(stderr, result.stderr, re.MULTILINE), result.stderr


@pytest.mark.parametrize("what", ACCEPTED)
def test_accepted(bpfline, live, files, what):
    args, status, stdout, stderr = ACCEPTED[what]
    check(bpfline.run(*map(files, args)), status, stdout, stderr)


@pytest.mark.parametrize("what", REFUSED)
def test_refused(bpfline, live, files, what):
    args, status, stderr = REFUSED[what]
    check(bpfline.run(*map(files, args), timeout=5), status, "", stderr)


@pytest.mark.parametrize("key", KEYS)
def test_key_in_the_script(bpfline, live, files, key):
    value, script, args, status, stdout, stderr = KEYS[key]
    setting = "%s = %s" % (key, value)
    script = script.replace("{", "{ %s;" % setting, 1) if script.startswith("config") \
        else "config = { %s } %s" % (setting, script)
    check(bpfline.script(files(script), *map(files, args)), status, stdout, stderr)


@pytest.mark.parametrize("key", KEYS)
def test_key_in_the_environment(bpfline, live, files, key):
    value, script, args, status, stdout, stderr = KEYS[key]
    result = bpfline.script(files(script), *map(files, args), env={"BPFTRACE_" + key.upper(): value.strip('"')})
    check(result, status, stdout, stderr)


@pytest.mark.parametrize("key", KEYS)
def test_key_by_its_other_names(bpfline, key):
    """With the prefix, in any case; it is known, whatever it does."""
    script = "config = { BPFTRACE_%s = %s } begin { }" % (key.upper(), KEYS[key][0])
    result = bpfline.dump("ast", "-e", script)
    assert result.status == 0, result.stderr


@pytest.mark.parametrize("key", WRONG_VALUES)
def test_wrong_value(bpfline, key):
    value, message = WRONG_VALUES[key]
    script = bpfline.dump("object", "-e", 'config = { %s = "%s" } begin { }' % (key, value))
    assert script.status == 1 and re.search("ERROR: %s: %s" % (key, message), script.stderr), script.stderr
    environment = bpfline.dump("object", "-e", "begin { }", env={"BPFTRACE_" + key.upper(): value})
    assert environment.status == 2 and re.search("%s: %s" % (key, message), environment.stderr), environment.stderr


@pytest.mark.parametrize("key", ["btf", "vmlinux", "kernel_source", "kernel_build", "color"])
def test_what_only_the_environment_says(bpfline, key):
    result = bpfline.dump("object", "-e", 'config = { %s = "x" } begin { }' % key)
    assert result.status == 1 and "%s: can only be set as an environment variable" % key in result.stderr


@pytest.mark.parametrize("what", ENVIRONMENT)
def test_environment(bpfline, live, files, what):
    value, args, status, stdout, stderr = ENVIRONMENT[what]
    setting = "%s=%s" % (what.split(" ")[0], files(value))  # several, where the value says so
    result = bpfline.run(*map(files, args), env=dict(word.split("=") for word in setting.split(" ")))
    check(result, status, stdout, stderr)


@pytest.mark.parametrize("name", STATUSES)
def test_status(bpfline, live, name):
    """As the source numbers it, and as --help tells."""
    number = int(re.search(r"X\(%s,\s*(\d+)," % name, EXIT_STATUSES).group(1))
    assert bpfline.run(*STATUSES[name]).status == number
    assert re.search(r"^ +%d\t" % number, bpfline.run("-h").stdout, re.MULTILINE)


@pytest.mark.parametrize("name", SIGNALS)
def test_signal(bpfline, live, name):
    status, stdout = SIGNALS[name]
    script = 'interval:s:100 { } self:signal:SIGUSR1 { print("signal"); } begin { @ = 1; } end { print("over"); }'
    with bpfline.start(script, "-B", "none") as tracer:
        tracer.process.send_signal(getattr(signal, name))
        if status is not None:
            result = tracer.stop(None)
            assert (result.status, re.search(stdout, result.stdout) is not None) == (status, True), result
            return
        if "signal" in stdout:
            assert tracer.process.stdout.readline() == b"signal\n"
        time.sleep(0.2)
        assert tracer.process.poll() is None, "it goes on"
        assert tracer.stop().stdout.endswith("over\n\n\n@: 1\n")


with open(os.path.join(SOURCE, "runtime/exit_status.h"), encoding="utf-8") as source:
    EXIT_STATUSES = source.read()


def test_formatted_in_place(bpfline, tmp_path):
    """The file keeps its rights, a link its name; what cannot be written whole leaves it as it was."""
    path, link = tmp_path / "script.bt", tmp_path / "link.bt"
    path.write_text("begin{print(1)}")
    path.chmod(0o640)
    link.symlink_to("script.bt")
    assert bpfline.run("--fmt", "-o", str(link), str(path)).status == 0
    assert link.is_symlink() and path.read_text() == "begin\n{\n  print(1)\n}\n"
    assert path.stat().st_mode & 0o777 == 0o640 and sorted(os.listdir(tmp_path)) == ["link.bt", "script.bt"]


def test_formatted_to_a_device(bpfline):
    """It is written to, not replaced."""
    for device in ("/dev/full", "/dev/null"):
        bpfline.run("--fmt", "-o", device, "-e", HELLO)
        assert stat.S_ISCHR(os.stat(device).st_mode), device


def test_warnings_of_the_environment_are_warnings(bpfline):
    result = bpfline.run("--no-warnings", "--target", bpfline.canned, "-e", HELLO,
                         env={"BPFTRACE_COLOR": "pink", "BPFTRACE_STRLEN": "100"})
    assert (result.status, result.stderr) == (0, "")


@pytest.mark.parametrize("value, name", {"1": r"_ZN5shape6Square", "true": r"_ZN5shape6Square",
                                         "0": r"shape::Square", "false": r"shape::Square"}.items())
def test_setting_that_was_turned_round(bpfline, live, files, value, name):
    script = "config = { no_cpp_demangle = %s } %s" % (value, CALL.replace("openat", "getppid") % "@[ustack(1)] = count();")
    result = bpfline.script(files(script), "-c", files("CHAIN cxx"))
    assert re.search("^ {8}" + name, result.stdout, re.MULTILINE), result.stdout


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


def test_lists_types(bpfline):
    """Structs, unions and enums of the kernel by their tags; with -v as C would define them."""
    def types(*args):
        return bpfline.run("--target", bpfline.canned, *args).stdout
    assert types("-l", "enum canned*") == "enum canned_state\n"
    assert types("-l", "struct bpf_iter_*") == "".join("struct %s\n" % n for n in ("bpf_iter__task", "bpf_iter_meta"))
    assert types("-l", "struct nosuch") == ""
    assert types("-lv", "struct shapes") == (
        "vmlinux: struct shapes {\n\tenum canned_state state;\n\tbool ready;\n\ts8 narrow;\n\tu16 words[4];\n"
        "\ts32 matrix[2][3];\n\tunion {\n\t\tu64 whole;\n\t\tstruct {\n\t\t\tu32 low;\n\t\t\tu32 high;\n\t\t} half;\n"
        "\t\tu8 bytes[8];\n\t} either;\n\tstruct {\n\t\ts16 inner;\n\t\tstruct {\n\t\t\tu32 deepest;\n\t\t};\n\t};\n"
        "\tchar name[12];\n\tconst char *text;\n\tint (*callback)(void *, int);\n\tstruct shapes *self;\n"
        "\tstruct {\n\t\tu32 x;\n\t} many[3];\n\tchar flexible[0];\n};\n\n")
    task = types("-lv", "struct task_struct")
    assert "\tu32 sched_migrated: 1;\n" in task and "\tconst struct cred *cred;\n" in task
    assert "\tCANNED_SLEEPING = 1,\n" in types("-lv", "enum canned_state")
