"""Stacks and symbols of processes and of the kernel, against a program whose calls are known."""
import json
import os
import re
import shutil
import signal
import subprocess
import time
import xml.dom.minidom

import pytest

from support import NAME, Load, Tracer, environment

# The program runs under a name that no other run of the tests on this machine has.
GETPPID = 'tracepoint:syscalls:sys_enter_getppid /comm == "%s"/' % NAME
CALLS = ["inner", "middle", "outer", "main"]
WITH_TRACEFS = ["unshare", "-m", "sh", "-c", """
    [ -d /sys/kernel/tracing/events ] || mount -t tracefs tracefs /sys/kernel/tracing
    exec "$@" """, "sh"]


@pytest.fixture(autouse=True)
def needs_bpf(live):
    """All tests here load programs."""


@pytest.fixture
def chain(build, tmp_path):
    return str(shutil.copy(os.path.join(build, "tests", "chain"), tmp_path / NAME))


@pytest.fixture(autouse=True)
def needs_symbols(build):
    if not os.access(os.path.join(build, "symbols", "bpfline-symbols"), os.X_OK):
        pytest.skip("bpfline-symbols is not built: no libbpfcc-dev or libiberty-dev")


def names(text):
    """The functions in the frames of a text."""
    return re.findall(r"^ {8}(.+?)\+\d+$", text, re.MULTILINE)


def run(bpfline, chain, body, *args, how="", config=""):
    return bpfline.script('%s%s { %s }' % (config, GETPPID, body), *args, "-c",
                          ("%s %s" % (chain, how)).strip())


def test_every_call_of_a_process_that_has_ended(bpfline, chain):
    result = run(bpfline, chain, "@[ustack] = count();")
    assert names(result.stdout)[:4] == CALLS
    assert result.stdout.startswith("\n\n@[\n        inner+") and result.stdout.endswith("\n]: 1\n")


def test_processes_that_are_not_the_child(bpfline, chain):
    """Two of them, ended long before the end: one text, but two entries."""
    with bpfline.start('%s { @[ustack(4)] = count(); }' % GETPPID) as tracer:
        for _ in range(2):
            subprocess.run([chain], check=True)
        result = tracer.stop()
    assert names(result.stdout) == CALLS * 2
    assert result.stdout.count("]: 1") == 2


def test_a_child_that_runs_no_program_of_its_own(bpfline, chain):
    with bpfline.start('%s { @[ustack(3)] = count(); }' % GETPPID) as tracer:
        subprocess.run([chain, "fork"], check=True)
        result = tracer.stop()
    assert names(result.stdout) == CALLS[:3]


def test_a_process_that_was_there_before(bpfline, chain):
    with subprocess.Popen([chain, "wait"], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        address = int(subprocess.run(["nm", chain], check=True, capture_output=True, text=True).stdout
                      .split(" T middle")[0].split()[-1], 16)
        with open("/proc/%d/maps" % process.pid, encoding="ascii") as f:
            base = int(f.readline().split("-")[0], 16)
        with bpfline.start("tracepoint:signal:signal_deliver /pid == %d/ { @[usym(%d)] = 1; }"
                           % (process.pid, base + address + 3)) as tracer:
            process.send_signal(signal.SIGTERM)
            process.wait()
            result = tracer.stop()
    assert "@[middle]: 1" in result.stdout


@pytest.mark.parametrize("demangle, expected", [
    ("true", ["shape::Square<int>::grow(int, char const*)", "crate::module::call", "mycrate::module::call"]),
    ("false", ["_ZN5shape6SquareIiE4growEiPKc", "_ZN5crate6module4call17h0123456789abcdefE",
               "_RNvNtCs1234_7mycrate6module4call"]),
])
def test_names_of_other_languages(bpfline, chain, demangle, expected):
    result = bpfline.script('config = { cpp_demangle = %s } %s { @[ustack(3)] = count(); }'
                            % (demangle, GETPPID), "-c", chain + " cxx")
    assert names(result.stdout) == expected


def test_code_made_at_run_time(bpfline, chain):
    result = run(bpfline, chain, "@[ustack(3)] = count(); print(pid);", how="jit")
    os.unlink("/tmp/perf-%d.map" % int(result.stdout.split()[0]))
    assert names(result.stdout) == ["made method", "run_made_code", "main"]


def test_modes(bpfline, chain):
    result = run(bpfline, chain, "@p = ustack(perf, 2); @r = ustack(raw, 2); @b = ustack(build_id, 2);")
    path = re.escape(os.path.realpath(chain))
    perf = re.search(r"@p: \n\t([0-9a-f]+) inner\+\d+ \(%s\)\n\t([0-9a-f]+) middle\+\d+ \(%s\)\n\n" % (path, path),
                     result.stdout)
    assert perf, result.stdout
    assert "@r: \n%s\n%s\n\n" % perf.groups() in result.stdout
    notes = subprocess.run(["readelf", "-n", chain], capture_output=True, text=True, check=True).stdout
    build_id = re.search(r"Build ID: ([0-9a-f]+)", notes).group(1)
    assert re.search(r"@b: \n%s 0x[0-9a-f]+\n%s 0x[0-9a-f]+\n\n" % (build_id, build_id), result.stdout)


def test_values_of_every_kind_of_use(bpfline, chain):
    result = run(bpfline, chain, '$s = ustack(1); printf("[%s]", ustack(1)); print(ustack(1)); print((1, $s)); '
                 '@t[pid, ustack(1)] = 1; @t2 = @same; @same = $s; print($s == ustack(1));')
    frame = r"\n {8}inner\+\d+\n"
    assert re.match(r"\[%s\]%s\n\(1, %s\)\ntrue\n" % (frame, frame, frame), result.stdout), result.stdout
    assert re.search(r"@same: %s\n" % frame, result.stdout)
    assert re.search(r"@t\[\d+, %s\]: 1\n" % frame, result.stdout)


def test_limit_of_zero_is_an_empty_stack(bpfline, chain):
    assert run(bpfline, chain, "@[ustack(0), kstack(0)] = count();").stdout == "\n\n@[\n, \n]: 1\n"


def test_kernel_functions(bpfline, chain):
    result = run(bpfline, chain, "@[kstack] = count(); @p = kstack(perf, 4);")
    assert "do_syscall_64" in names(result.stdout)
    assert not any(name.startswith("bpf_prog_") for name in names(result.stdout)), "our own program"
    assert re.search(r"@p: \n(\tffffffff[0-9a-f]{8} \w+\+\d+\n){4}", result.stdout)


def test_kernel_symbols(bpfline):
    result = bpfline.script('begin { print(ksym(kaddr("vfs_read") + 5)); print(ksym(1)); print(usym(1)); '
                            'print(ksym(0)); @[ksym(kaddr("vfs_read"))] = 1; }')
    assert result.stdout == "vfs_read\n0x1\n0x1\n0\n\n\n@[vfs_read]: 1\n"


def test_programs_that_come_and_go(bpfline):
    """Their names as they are printed, though others were loaded when the first one was."""
    later = 'begin { debugf("%s"); } interval:ms:500 { exit(); }' % NAME
    with bpfline.start('tracepoint:bpf_trace:bpf_trace_printk /str(args.bpf_string) == "%s"/ '
                       '{ printf("%%s", kstack(4)); }' % NAME) as tracer:
        for _ in range(3):
            assert bpfline.script(later).status == 0
        result = tracer.stop()
    assert re.findall(r" {8}bpf_prog_[0-9a-f]{16}_(\w+)\+\d+\n", result.stdout) == ["begin_1"] * 3, result.stdout


def test_json(bpfline, chain):
    result = run(bpfline, chain, "@[ustack(2)] = count(); print(ustack(1));", "-f", "json")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert re.fullmatch(r"\n {8}inner\+\d+\n", next(l["data"] for l in lines if l["type"] == "value"))
    (key, count), = next(l["data"]["@"] for l in lines if l["type"] == "map").items()
    assert re.fullmatch(r"\ninner\+\d+\nmiddle\+\d+\n", key) and count == 1


def test_folded(bpfline, chain):
    """Everything that is no stack goes to standard error: the lines are for other programs."""
    result = run(bpfline, chain, '@[kstack(2), comm, ustack(3)] = sum(7); @other = 5; printf("text\\n");', "-f", "folded")
    assert re.fullmatch(NAME + r";outer;middle;inner;\w+;\w+ 7\n", result.stdout)
    assert "text\n" in result.stderr and "@other: 5\n" in result.stderr


def test_flame_graph(bpfline, chain, tmp_path):
    path = tmp_path / "graph.svg"
    run(bpfline, chain, "@[ustack(4), kstack(2)] = count();", "-f", "flamegraph", "-o", str(path))
    picture = xml.dom.minidom.parse(str(path))
    titles = [node.firstChild.data for node in picture.getElementsByTagName("title")]
    assert titles[:5] == [name + " (1, 100.00%)" for name in ["all", "main", "outer", "middle", "inner"]]
    assert len(titles) == 7
    assert "href" not in path.read_text(), "it needs nothing from elsewhere"


def test_flame_graph_of_any_bytes(bpfline, chain):
    """Markup, control characters and what is no UTF-8, also where a label is cut."""
    keys = ['<a & \\"b\\">', "x\\x01y", "cut \\xe4\\xb8", "\\xef\\xbf\\xbf", "\\xc3\\xa4" * 300]
    result = run(bpfline, chain, "".join('@["%s", ustack(1)] = count();' % key for key in keys), "-f", "flamegraph")
    picture = xml.dom.minidom.parseString(result.stdout.encode("utf-8", "surrogateescape"))
    titles = {node.firstChild.data.split(" (")[0] for node in picture.getElementsByTagName("title")}
    assert titles == {"all", "inner", '<a & "b">', "x y", "cut \ufffd\ufffd", "\ufffd", "\u00e4" * 300}
    labels = [node.firstChild.data for node in picture.getElementsByTagName("text") if node.firstChild]
    assert any(re.fullmatch("\u00e4{10,299}[.][.]", label) for label in labels)


def test_flame_graph_of_nothing(bpfline):
    result = bpfline.script("begin { exit(); }", "-f", "flamegraph")
    xml.dom.minidom.parseString(result.stdout)


def test_without_the_program_that_reads_symbols(bpfline, chain, tmp_path):
    """A copy has no libexec beside it: addresses, and one warning that says why."""
    copy = tmp_path / "bpfline"
    shutil.copy(bpfline.path, copy)
    done = subprocess.run([copy, "-c", chain, "-e", GETPPID + " { @[ustack(perf, 2)] = count(); @b = ustack(1); }"],
                          capture_output=True, text=True, check=True, env=environment())
    path = re.escape(os.path.realpath(chain))
    assert re.search(r"\t([0-9a-f]+) 0x\1 \(%s\)\n" % path, done.stdout)
    assert done.stderr.count("bpfline-symbols was not found") == 1


def test_a_file_that_is_gone(bpfline, chain, tmp_path):
    copy = tmp_path / "gone" / NAME
    copy.parent.mkdir()
    shutil.copy(chain, copy)
    with bpfline.start('%s { @[ustack(1)] = count(); }' % GETPPID) as tracer:
        subprocess.run([copy], check=True)
        copy.unlink()
        result = tracer.stop()
    assert re.search(r"@\[\n {8}0x[0-9a-f]+\n\]: 1", result.stdout)
    assert "can not be opened any more" in result.stderr


@pytest.mark.skipif(not shutil.which("bpftrace"), reason="no bpftrace")
def test_the_same_as_bpftrace(bpfline, chain):
    """While the process lives, which is when bpftrace can name its functions."""
    script = '%s { @[ustack] = count(); @p[ustack(perf)] = count(); }' % GETPPID
    with subprocess.Popen([*WITH_TRACEFS, "bpftrace", "-e", script], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True) as peer, bpfline.start(script) as tracer:
        peer.stdout.readline()
        time.sleep(1)  # bpftrace says that it attaches before it has
        with subprocess.Popen([chain, "wait"], stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            ours = tracer.stop().stdout
            peer.send_signal(signal.SIGINT)
            theirs = peer.communicate(timeout=30)[0]
            process.kill()
    # bpftrace 0.17 indents by 4 and says less of where the libraries are.
    def lines(text):
        return [line.strip() for line in text.splitlines() if line.strip()]
    if NAME not in theirs:
        pytest.skip("bpftrace did not see the call")
    assert lines(ours) == lines(theirs)


def test_the_program_that_reads_symbols_is_killed(bpfline, chain):
    """A broken file may end it: it is started again, and what it was told of meanwhile goes without names."""
    with bpfline.start('%s { printf("%%s", ustack(2)); }' % GETPPID) as tracer:
        for _ in range(2):
            with subprocess.Popen([chain, "wait"], stdout=subprocess.PIPE) as process:
                process.stdout.readline()
                time.sleep(0.3)
                for pid in children(tracer.pid):
                    os.kill(pid, signal.SIGKILL)
                process.kill()
        subprocess.run([chain, "cxx"], check=True)
        result = tracer.stop()
    assert names(result.stdout) == CALLS[:2] * 2 + ["shape::Square<int>::grow(int, char const*)",
                                                    "crate::module::call"]


def children(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as f:
        return [int(word) for word in f.read().split()]


def test_a_file_system_of_its_own(bpfline, chain, tmp_path):
    """The process sees its program at a path that leads nowhere outside."""
    (tmp_path / "own").mkdir()
    mount = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs none "$1" && cp "$2" "$1/$3" && exec "$1/$3" wait',
             "sh", str(tmp_path / "own"), chain, NAME]
    with bpfline.start('%s { @[ustack(4)] = count(); }' % GETPPID) as tracer, \
            subprocess.Popen(mount, stdout=subprocess.PIPE) as process:
        if not process.stdout.readline():
            pytest.skip("no mount namespaces here")
        result = tracer.stop()
        process.kill()
    assert names(result.stdout) == CALLS


def test_of_the_process_of_p_alone(bpfline, load):
    with Load(load, "getppid", 50) as process:
        with bpfline.start("tracepoint:syscalls:sys_enter_getppid { @[ustack(raw, 1), usym(1)] = count(); @pid[pid] = count(); }",
                           "-p", str(process.pid)) as tracer:
            process.go()
            result = tracer.wait()
    assert result.maps["@pid[%d]" % process.pid] == "50"
    assert re.search(r"@\[\n[0-9a-f]+\n, 0x1\]: 50\n", result.stdout)


def test_the_largest_stacks(bpfline, chain):
    result = run(bpfline, chain, "@[kstack(1024), ustack(1024)] = count(); "
                 "@b = ustack(build_id, 300);")
    assert [name for name in names(result.stdout) if name in CALLS] == CALLS and result.status == 0


@pytest.mark.parametrize("attach", ["uprobe_multi", "perf"])
def test_addresses_of_symbols_of_a_program(bpfline, chain, attach):
    """By where the probe is, on the way in and out, of one point and of several."""
    result = bpfline.script(
        'uprobe:%s:inner,uprobe:%s:outer { printf("%%s %%d %%d %%d %%ld\\n", func, *uaddr("one_byte"), '
        '*uaddr("two_bytes"), *uaddr("four_bytes"), *uaddr("eight_bytes")); } '
        'uretprobe:%s:middle { printf("%%ld %%s\\n", *uaddr("eight_bytes"), usym(uaddr("main"))); }'
        % (chain, chain, chain), "--attach=" + attach, "-c", chain)
    assert result.stdout.splitlines()[:3] == ["outer 7 -300 70000 1234567890123", "inner 7 -300 70000 1234567890123",
                                              "1234567890123 main"]


FRAMES = os.path.join(os.path.dirname(__file__), "frames.cc")
KEEP = ["-fno-omit-frame-pointer"]
# How frames.cc is compiled; how it is run.
BUILDS = {
    "position-independent": (["-O0", "-pie"], "0 3"),
    "at a fixed address": (["-O1", "-no-pie", *KEEP], "0 3"),
    "optimised": (["-O2", "-pie", *KEEP], "0 3"),
    "static": (["-O1", "-static", *KEEP], "0 3"),
    "stripped, with its symbols elsewhere": (["-O1", "-g", *KEEP], "0 3"),
    "a thread": (["-O1", *KEEP], "1 3"),
    "deep": (["-O1", *KEEP], "0 100"),
    "through a library": (["-O1", "-DWITH_LIBRARY", *KEEP], "0 3"),
}


@pytest.fixture
def compiled(tmp_path):
    """Compiles frames.cc in one of these ways."""
    if not shutil.which("gdb") or not shutil.which("g++"):
        pytest.skip("gdb or g++ is not installed")

    def compile_as(flags, what):
        path, libraries = str(tmp_path / NAME), []
        if "-DWITH_LIBRARY" in flags:
            libraries = [str(tmp_path / "libframes.so")]
            subprocess.run(["g++", "-DLIBRARY", "-shared", "-fPIC", *flags[:1], *KEEP, "-o", *libraries, FRAMES], check=True)
        subprocess.run(["g++", *flags, "-pthread", "-o", path, FRAMES, *libraries], check=True)
        if what.startswith("stripped"):
            split_debug(path)
        return path
    return compile_as


def split_debug(path):
    """Symbols and debug information go to a file beside it, which it names."""
    debug = path + ".debug"
    subprocess.run(["objcopy", "--only-keep-debug", path, debug], check=True)
    subprocess.run(["strip", "--strip-all", path], check=True)
    subprocess.run(["objcopy", "--add-gnu-debuglink=" + debug, path], check=True, cwd=os.path.dirname(path))


def frames_of_gdb(path, how):
    """Names and offsets at the system call, up to main() or where the thread begins."""
    done = subprocess.run(
        ["gdb", "-batch", "-nx", "-ex", "set debuginfod enabled off", "-ex", "set print thread-events off",
         "-ex", "catch syscall getppid", "-ex", "run " + how, "-ex", "frame apply all -q -s info symbol $pc", path],
        capture_output=True, text=True, env=environment(), timeout=60, check=False)
    # What the compiler made of a function is a part of its name here and none to gdb, or the other way round.
    found = re.findall(r"^(.+?)(?: \[clone .*?\])? \+ (\d+) in section", done.stdout, re.MULTILINE)
    assert found and found[0][0] == "innermost", done.stdout + done.stderr
    return found


@pytest.mark.parametrize("what", BUILDS)
def test_every_frame_as_gdb_has_it(bpfline, compiled, what):
    """Of a program that has ended when its frames are named."""
    flags, how = BUILDS[what]
    path = compiled(flags, what)
    result = run(bpfline, path, "@[ustack] = count();", how=how)
    ours = [(re.sub(r" \[clone .*", "", name), offset)
            for name, offset in re.findall(r"^ {8}(.+)\+(\d+)$", result.stdout, re.MULTILINE)]
    theirs = frames_of_gdb(path, how)
    last = max(i for i, (name, _) in enumerate(theirs) if name in ("main", "work(void*)"))
    assert ours[:last + 1] == theirs[:last + 1] and last > int(how.split()[1])


INLINE = """#include <sys/syscall.h>
static inline __attribute__((always_inline)) void leaf(void)
{
	long result;
	__asm__ volatile("syscall" : "=a"(result) : "a"(SYS_getppid) : "rcx", "r11", "memory");
}
static inline __attribute__((always_inline)) void middle(void)
{
	leaf();
}
__attribute__((noinline)) void outer(void)
{
	__asm__ volatile("" : : "r"(__builtin_frame_address(0)));
	middle();
	__asm__ volatile("");
}
int main(void)
{
	outer();
	return 0;
}
"""
WITH_LINES = "config = { show_debug_info = true } "
COMPILERS = [*(["gcc", "-gdwarf-%d" % version] for version in (2, 3, 4, 5)), ["gcc", "-gdwarf-5", "-gdwarf64"],
             ["gcc", "-g", "-gz"], ["clang", "-gdwarf-4"], ["clang", "-gdwarf-5"],
             ["gcc", "-g", "-ffunction-sections", "-no-pie"], ["gcc", "-g", "SPLIT"]]


@pytest.mark.parametrize("compiler", COMPILERS, ids=" ".join)
def test_lines_and_inlined_functions(bpfline, tmp_path, compiler):
    if not shutil.which(compiler[0]):
        pytest.skip("no " + compiler[0])
    source, path = tmp_path / "inline.c", str(tmp_path / NAME)
    source.write_text(INLINE)
    words = [word for word in compiler if word != "SPLIT"]
    subprocess.run([*words, "-O1", *KEEP, "-o", path, source], check=True)
    if "SPLIT" in compiler:
        split_debug(path)
    result = bpfline.script(WITH_LINES + GETPPID + " { @[ustack(2)] = count(); @p = ustack(perf, 1); }", "-c", path)
    where = re.escape(str(source))
    assert re.search(r"@\[\n {8}\[inlined\] leaf@%s:5\n {8}\[inlined\] middle@%s:9\n {8}outer\+\d+@%s:14\n"
                     r" {8}main\+\d+@%s:19\n\]: 1\n" % (where, where, where, where), result.stdout), result.stdout
    assert re.search(r"@p: \n\t([0-9a-f]+) leaf \(inlined\)\n\t\1 middle \(inlined\)\n\t\1 outer\+\d+ \(",
                     result.stdout), result.stdout
    folded = bpfline.script(WITH_LINES + GETPPID + " { @[ustack(2)] = count(); }", "-f", "folded", "-c", path)
    assert folded.stdout == "main;outer;middle;leaf 1\n"


@pytest.mark.parametrize("level", ["-O0", "-O2", "-O3"])
def test_lines_as_gdb_has_them(bpfline, compiled, level):
    """Of the calls; the innermost frame stands behind its instruction for gdb."""
    path = compiled([level, "-g", *KEEP], "lines")
    result = run(bpfline, path, "@[ustack] = count();", how="0 3", config=WITH_LINES)
    ours = re.findall(r"^ {8}\S.*@/\S*/frames\.cc:(\d+)$", result.stdout, re.MULTILINE)
    done = subprocess.run(["gdb", "-batch", "-nx", "-ex", "set debuginfod enabled off", "-ex", "catch syscall getppid",
                           "-ex", "run 0 3", "-ex", "backtrace", path],
                          capture_output=True, text=True, env=environment(), timeout=60, check=False)
    theirs = re.findall(r"^#\d+ .* at \S*frames\.cc:(\d+)$", done.stdout, re.MULTILINE)
    assert len(theirs) > 5 and ours[1:len(theirs)] == theirs[1:], result.stdout + done.stdout


def test_files_without_debug_information_have_no_lines(bpfline, compiled):
    path = compiled(["-O1", *KEEP], "plain")
    result = run(bpfline, path, "@[ustack(3)] = count();", config=WITH_LINES)
    assert "@/" not in result.stdout and len(names(result.stdout)) == 3 and result.stderr.count("\n") == 1


def test_a_process_in_a_container_of_its_own(bpfline, chain):
    """It has another number there, by which the map of its code is named."""
    made = ["unshare", "-p", "-f", "-m", "sh", "-c", 'mount -t tmpfs none /tmp && exec "$@"', "sh"]
    inside = os.path.join("/var/tmp", NAME)
    shutil.copy(chain, inside)
    try:
        with bpfline.start('%s { @[ustack(3)] = count(); }' % GETPPID) as tracer:
            with subprocess.Popen([*made, inside, "jit", "wait"], stdout=subprocess.PIPE) as process:
                if not process.stdout.readline():
                    pytest.skip("no namespaces here")
                result = tracer.stop()
                for child in children(process.pid):
                    os.kill(child, signal.SIGKILL)
                process.kill()
    finally:
        os.unlink(inside)
    assert names(result.stdout) == ["made method", "run_made_code", "main"]


IN_A_CONTAINER = ["unshare", "-p", "-f", "--mount-proc", *WITH_TRACEFS[2:]]


def test_a_tracer_in_a_container_of_its_own(bpfline, chain):
    """Processes have other numbers there than the kernel gives them."""
    result = bpfline.script('%s { @[ustack(3)] = count(); @pid = pid; }' % GETPPID, "-c", chain, before=IN_A_CONTAINER)
    assert names(result.stdout) == CALLS[:3] and int(result.maps["@pid"]) < 100
    assert result.stderr == "Attached 1 probe\n"


def test_processes_outside_of_the_container_of_the_tracer(bpfline, chain):
    """They have none there: they are kept apart, and one warning says why they have no names."""
    script = '%s { @[ustack(raw, 3)] = count(); @s = usym(1); if (@n++) { exit(); } }' % GETPPID
    with Tracer(bpfline, [*IN_A_CONTAINER, bpfline.path, "-e", script], 60, {}) as tracer:
        for _ in range(2):
            subprocess.run([chain], check=True)
        result = tracer.wait()
    assert result.stdout.count("]: 1\n") == 2
    assert result.stderr.count("is not in the tracer's") == 1


# Runs what is in a folder in a file system of its own, with debug files in "debug" where packages have them.
# When it has ended a process stays there.
CONTAINER = """
    mount -t tmpfs none "$1" && cp -r "$2/." "$1" || exit
    [ -d "$2/debug" ] && { [ -d /usr/lib/debug ] && mount --bind "$1/debug" /usr/lib/debug || exit; }
    "$1/$3"; echo done; exec sleep 60"""


@pytest.mark.parametrize("config", ["", WITH_LINES], ids=["names", "lines"])
@pytest.mark.parametrize("where", ["beside", "by build id"])
def test_debug_files_in_a_container(bpfline, tmp_path, where, config):
    """Of a process that has ended there: others see the files that it was."""
    (tmp_path / "in").mkdir()
    (tmp_path / "at").mkdir()
    source, path = tmp_path / "inline.c", tmp_path / "in" / NAME
    source.write_text(INLINE)
    subprocess.run(["gcc", "-g", "-O1", *KEEP, "-o", path, source], check=True)
    split_debug(str(path))
    if where == "by build id":
        notes = subprocess.run(["readelf", "-n", path], capture_output=True, text=True, check=True).stdout
        build_id = re.search(r"Build ID: ([0-9a-f]+)", notes).group(1)
        folder = tmp_path / "in" / "debug" / ".build-id" / build_id[:2]
        folder.mkdir(parents=True)
        os.rename("%s.debug" % path, folder / (build_id[2:] + ".debug"))
    with bpfline.start('%s%s { @[ustack(2)] = count(); }' % (config, GETPPID)) as tracer, \
            subprocess.Popen(["unshare", "-m", "sh", "-c", CONTAINER, "sh", str(tmp_path / "at"), str(tmp_path / "in"), NAME],
                             stdout=subprocess.PIPE) as process:
        if not process.stdout.readline():
            pytest.skip("no mount namespaces, or no /usr/lib/debug, here")
        result = tracer.stop()
        process.kill()
    lines = ["@%s:%d" % (source, line) for line in (14, 19)] if config else ["", ""]
    assert re.search(r" {8}outer\+\d+%s\n {8}main\+\d+%s\n\]: 1\n" % tuple(map(re.escape, lines)), result.stdout), result.stdout


def test_folders_with_debug_files(bpfline, tmp_path):
    """--debuginfo serves stacks as it serves probes."""
    source, path, folder = tmp_path / "inline.c", str(tmp_path / NAME), tmp_path / "debug"
    source.write_text(INLINE)
    subprocess.run(["gcc", "-g", "-O1", *KEEP, "-o", path, source], check=True)
    split_debug(path)
    folder.mkdir()
    os.rename(path + ".debug", folder / (NAME + ".debug"))
    script = GETPPID + " { @[ustack(2)] = count(); }"
    assert names(bpfline.script(script, "-c", path).stdout) == []
    assert names(bpfline.script(script, "--debuginfo", "/nowhere:%s" % folder, "-c", path).stdout) == ["outer", "main"]
