"""uprobe, uretprobe and usdt on a program of ours that calls known functions a known number of times."""
import os
import re
import shutil
import subprocess
import time
import zipfile

import pytest

from support import SOURCE, Load

CALLS = 1000
# What the target prints for that many undisturbed calls: no probe may change it.
SUMS = {}


@pytest.fixture(autouse=True)
def needs_bpf(live):
    """All tests here load programs."""


@pytest.fixture(scope="session")
def target(build):
    return os.path.join(build, "tests", "target")


def undisturbed(target, *args):
    key = " ".join(map(str, [target, *args]))
    if key not in SUMS:
        SUMS[key] = subprocess.run([target, *map(str, args)], capture_output=True, text=True, check=True).stdout
    return SUMS[key]


def trace(bpfline, target, script, *args, options=()):
    """Runs the target under a script in which TARGET is its path; it has to end as without."""
    command = " ".join([target, *map(str, args)])
    result = bpfline.script(script.replace("TARGET", target), *options, "-c", command)
    assert result.status == 0, result.stderr
    assert undisturbed(target, *args) in result.stdout, "the traced program computes otherwise"
    return result


# --- functions ---------------------------------------------------------------------

@pytest.mark.parametrize("mechanism", [[], ["--attach=perf"]])
def test_every_call_with_its_arguments(bpfline, target, mechanism):
    result = trace(bpfline, target, "uprobe:TARGET:add { @n = count(); @sum = sum(arg0); "
                   "@[arg1, arg2, arg3, arg4, arg5] = count(); }", "calls", CALLS, options=mechanism)
    assert result.maps == {"@n": "1000", "@sum": "499500", "@[10, 20, 30, 40, 50]": "1000"}
    assert result.attached == 1


@pytest.mark.parametrize("mechanism", [[], ["--attach=perf"]])
def test_every_return_with_its_value(bpfline, target, mechanism):
    result = trace(bpfline, target, "uretprobe:TARGET:negate { @n = count(); @sum = sum((int64)retval); } "
                   "uretprobe:TARGET:add { @add = sum(retval); }", "calls", CALLS, options=mechanism)
    assert result.maps == {"@n": "1000", "@sum": "-499500", "@add": "649500"}
    assert result.attached == 2


def test_returns_of_nested_calls(bpfline, target):
    result = trace(bpfline, target, "uprobe:TARGET:depth { @in[arg0] = count(); } "
                   "uretprobe:TARGET:depth { @out[retval] = count(); }", "recurse", 100)
    sums = [0, 1, 3, 6, 10, 15]
    assert result.maps == {**{"@in[%d]" % n: "100" for n in range(6)},
                           **{"@out[%d]" % n: "100" for n in sums}}


def test_strings_and_registers(bpfline, target):
    result = trace(bpfline, target, 'uprobe:TARGET:text { @[str(arg0), reg("di") == arg0, reg("ip") != 0] = count(); }',
                   "calls", 10)
    assert result.maps == {"@[word, true, true]": "10"}


def test_functions_keep_what_is_below_the_stack(bpfline, target):
    """A breakpoint's handling must not touch the red zone of a leaf function, at any of its instructions."""
    listing = subprocess.run(["objdump", "-d", "--disassemble=leaf", target], capture_output=True, text=True,
                             check=True).stdout
    addresses = [int(a, 16) for a in re.findall(r"^ +([0-9a-f]+):\t", listing, re.MULTILINE)]
    offsets = [a - addresses[0] for a in addresses if a != addresses[0]]
    points = ",".join("uprobe:TARGET:leaf+%d" % o for o in offsets)
    result = trace(bpfline, target, "uprobe:TARGET:leaf,uretprobe:TARGET:leaf { @entry = count(); } %s { @all = count(); }" % points,
                   "calls", 200)
    assert result.maps["@entry"] == "400"
    assert int(result.maps["@all"]) >= 200 * len(offsets) // 2
    assert result.attached == len(offsets) + 2


def test_threads(bpfline, target):
    result = trace(bpfline, target, "uprobe:TARGET:add,uprobe:TARGET:leaf { @[func] = count(); } "
                   "uretprobe:TARGET:leaf { @returned = count(); }", "-t", 4, "calls", CALLS)
    assert result.maps == {"@[add]": "4000", "@[leaf]": "4000", "@returned": "4000"}


def test_fork(bpfline, target):
    """With -c the child's own children are not followed, but go on undisturbed."""
    result = trace(bpfline, target, "uprobe:TARGET:add { @ = count(); }", "fork", CALLS)
    assert result.maps == {"@": "1000"}


def test_all_processes(bpfline, target):
    with bpfline.start("uprobe:%s:add { @ = count(); }" % target) as tracer:
        subprocess.run([target, "fork", "500"], check=True, stdout=subprocess.DEVNULL)
        result = tracer.stop()
    assert result.maps == {"@": "1000"}


def test_exec(bpfline, target):
    result = trace(bpfline, target, "uprobe:TARGET:add { @ = count(); }", "exec", CALLS)
    assert result.maps == {"@": "1000"}


def test_library_opened_later(bpfline, target, build):
    library = os.path.join(build, "tests", "target_library.so")
    result = trace(bpfline, target, "uprobe:%s:library_call { @n = count(); @sum = sum(arg0); }" % library,
                   "-l", library, "dlopen", 100)
    assert result.maps == {"@n": "100", "@sum": "4950"}


@pytest.mark.parametrize("mechanism", [[], ["--attach=perf"]])
@pytest.mark.parametrize("point", ["uprobe:TARGET:add", "uprobe:add"])
def test_one_process(bpfline, target, point, mechanism):
    """All its threads, and no other process of the same program."""
    with Load(target, "-t", 3, "calls", 100) as one, Load(target, "calls", 700) as other:
        with bpfline.start("%s { @[pid] = count(); }" % point.replace("TARGET", target),
                           "-p", str(one.pid), *mechanism) as tracer:
            other.go()
            one.go()
            result = tracer.wait()
    assert result.maps == {"@[%d]" % one.pid: "300"}


def test_process_in_a_root_of_its_own(bpfline, target, tmp_path):
    """Paths are those of the process: /inside is not ours."""
    if not shutil.which("unshare"):
        pytest.skip("no unshare")
    inside = tmp_path / "inside"
    inside.mkdir()
    shutil.copy(target, inside / "program")
    command = "mount --bind %s /mnt && exec /mnt/program -w calls 50" % inside
    process = subprocess.Popen(["unshare", "-m", "sh", "-c", command], stdin=subprocess.PIPE,
                               stdout=subprocess.DEVNULL)
    try:
        for _ in range(100):
            if os.readlink("/proc/%d/exe" % process.pid).endswith("/program"):
                break
            time.sleep(0.02)
        with bpfline.start("uprobe:/mnt/program:add { @ = count(); }", "-p", str(process.pid)) as tracer:
            process.communicate(b"x")
            result = tracer.wait()
    finally:
        process.kill()
        process.wait()
    assert result.maps == {"@": "50"}


def test_process_in_a_changed_root(bpfline, tmp_path):
    """chroot, too, and libraries: what runs below another root is found and probed there."""
    if not shutil.which("busybox"):
        pytest.skip("no busybox")
    (tmp_path / "bin").mkdir()
    program = shutil.copy(shutil.which("busybox"), tmp_path / "bin" / "busybox")
    process = subprocess.Popen(["chroot", str(tmp_path), "/bin/busybox", "cat"], stdin=subprocess.PIPE,
                               stdout=subprocess.DEVNULL)
    try:
        for _ in range(100):
            if os.readlink("/proc/%d/exe" % process.pid) == str(program):
                break
            time.sleep(0.02)
        listed = bpfline.run("-l", "-p", str(process.pid), "uprobe:*").stdout
        found = bpfline.run("--dump=object", "-p", str(process.pid), "--unsafe", "-e", "uprobe:/bin/busybox:0x%x { }" % entry_of(program))
        missing = bpfline.run("--dump=object", "-p", str(process.pid), "-e", "uprobe:/bin/true:main { }")
    finally:
        process.kill()
        process.wait()
    assert "/proc/%d/" % process.pid in found.stdout, found.stderr + listed
    assert "does not exist" in missing.stderr


def entry_of(path):
    with open(path, "rb") as f:
        return int.from_bytes(f.read(32)[24:], "little")


def test_members_of_archives(bpfline, target, tmp_path):
    """A library in a zip archive, where the loader maps it from; mapped here by a program of its own."""
    archive, plain = tmp_path / "app.zip", "lib/inside"
    with open(target, "rb") as f:
        data = f.read()
    with zipfile.ZipFile(archive, "w") as z:
        z.writestr("first", b"x" * 100)
        info = zipfile.ZipInfo(plain)
        info.extra = b"\0\0" + (4096 - 4 - (100 + 30 + 5 + 30 + len(plain))).to_bytes(2, "little") + bytes(
            4096 - 4 - (100 + 30 + 5 + 30 + len(plain)))
        z.writestr(info, data)
        z.writestr("packed", data, zipfile.ZIP_DEFLATED)
    point = "uprobe:%s!/%s:add" % (archive, plain)
    listed = bpfline.run("-l", point[:-3] + "ad*").stdout
    assert listed == point + "\n"
    whole = bpfline.run("--dump=object", "-e", "uprobe:%s:add { }" % target).stdout
    inside = bpfline.run("--dump=object", "-e", "%s { }" % point).stdout
    places = [int(re.search(r"^  place .*: (0x[0-9a-f]+)", text, re.MULTILINE).group(1), 16) for text in (whole, inside)]
    assert places[1] - places[0] == 4096
    assert bpfline.script("%s { }" % point, "--dry-run").status == 0
    for member, message in (("packed", "it is compressed in its archive"), ("nosuch", "the archive has no such member"),
                            ("first", "neither a program nor a library")):
        result = bpfline.script("uprobe:%s!/%s:add { }" % (archive, member))
        assert result.status == 1 and message in result.stderr, result.stderr
    damaged = archive.read_bytes()
    for at in range(len(damaged) - 300, len(damaged), 3):
        (tmp_path / "damaged.zip").write_bytes(damaged[:at] + bytes([damaged[at] ^ 0x55]) + damaged[at + 1:])
        assert bpfline.run("-l", "uprobe:%s!/%s:add" % (tmp_path / "damaged.zip", plain)).status == 0


def test_attached_and_detached_while_it_runs(bpfline, target):
    """Breakpoints come and go under running threads, at entries, returns and inside: the sum stays."""
    args = ("-t", 2, "calls", 20000000)
    script = ("uprobe:%s:add,uprobe:%s:leaf,uprobe:%s:text { @ = count(); } "
              "uretprobe:%s:leaf,uretprobe:%s:negate { @r = count(); } interval:ms:40 { exit(); }" % ((target,) * 5))
    process = subprocess.Popen([target, *map(str, args)], stdout=subprocess.PIPE, text=True)
    seen = 0
    while process.poll() is None and seen < 30:
        result = bpfline.script(script)
        assert result.status == 0, result.stderr
        seen += 1
    assert process.communicate()[0] == undisturbed(target, *args)
    assert process.returncode == 0 and seen > 1


def test_forks_under_return_probes(bpfline, target):
    """A child has the parent's pending returns in its copy of the stack."""
    result = trace(bpfline, target, "uretprobe:TARGET:main { @main = count(); } uprobe:TARGET:* { @all = count(); } "
                   "uretprobe:TARGET:leaf { @leaf = count(); }", "fork", 200, options=("--follow",))
    assert result.maps["@leaf"] == "400" and int(result.maps["@all"]) >= 1600


@pytest.mark.parametrize("mechanism", [[], ["--attach=perf"]])
def test_order_of_the_script(bpfline, target, mechanism):
    """The kernel runs what was attached last first."""
    script = " ".join('%s:TARGET:add { printf("%s "); }' % (kind, kind + str(i))
                      for i in range(3) for kind in ("uprobe", "uretprobe"))
    result = trace(bpfline, target, script, "calls", 2, options=mechanism)
    once = "uprobe0 uprobe1 uprobe2 uretprobe0 uretprobe1 uretprobe2 "
    assert 2 * once in re.sub(r"sum \d+\n", "", result.stdout)


def test_wildcards_tell_the_function(bpfline, target):
    result = trace(bpfline, target, "uprobe:TARGET:*e*t* { @[func, probe] = count(); }", "calls", 50)
    for name in ("text", "negate"):
        assert result.maps["@[%s, uprobe:%s:%s]" % (name, target, name)] == "50"


def test_wildcard_in_the_path(bpfline, target):
    result = bpfline.script("uprobe:%s*:add { @ = count(); }" % target, "-c", "%s calls 20" % target)
    assert result.maps == {"@": "20"}


def test_every_function_of_the_library_at_once(bpfline):
    with bpfline.start("uprobe:libc:str* { @[func] = count(); }") as tracer:
        result = tracer.stop()
    assert result.status == 0 and result.attached > 50
    assert result.seconds < 2


def test_place_by_address(bpfline, target):
    symbols = subprocess.run(["nm", target], capture_output=True, text=True, check=True).stdout
    address = re.search(r"^0*([0-9a-f]+) T add$", symbols, re.MULTILINE).group(1)
    result = trace(bpfline, target, "uprobe:TARGET:0x%s { @[func] = count(); }" % address, "calls", 20)
    assert result.maps == {"@[add]": "20"}


ENTRIES = """
#include <stdio.h>
long inner(long), pushes(long), adds(long);
long __attribute__((noinline)) inner(long n) { __asm__ volatile("" ::: "memory"); return n * 2; }
long __attribute__((noinline)) pushes(long n) { __asm__ volatile("" ::: "rbx", "r12", "memory"); return inner(n) + n; }
int main(void) { long sum = 0; for (long i = 0; i < 1000; i++) sum += pushes(i); printf("sum %ld\\n", sum); return 0; }
"""


def test_entries_behind_endbr64(bpfline, tmp_path):
    """Where a push follows endbr64 the kernel emulates it; with an offset, or by the setting, the place is exact."""
    if not shutil.which("gcc"):
        pytest.skip("no gcc")
    program, source = str(tmp_path / "program"), tmp_path / "program.c"
    source.write_text(ENTRIES)
    subprocess.run(["gcc", "-O1", "-g", "-no-pie", "-fcf-protection=full", source, "-o", program], check=True)
    code = subprocess.run(["objdump", "-d", program], capture_output=True, text=True, check=True).stdout
    listing = {m[1]: (int(m[0], 16), m[2]) for m in re.findall(r"^(\w+) <(\w+)>:\n.*endbr64 *\n.*\t(\w+)", code, re.MULTILINE)}
    assert listing["pushes"][1] == "push" and listing["inner"][1] != "push"

    def place(script):
        text = bpfline.run("--dump=object", "-e", script.replace("BIN", program)).stdout
        return 0x400000 + int(re.search(r"^  place .*: (0x[0-9a-f]+)", text, re.MULTILINE).group(1), 16)
    assert place("uprobe:BIN:pushes { }") == place("uretprobe:BIN:pushes { }") == listing["pushes"][0] + 4
    assert place("uprobe:BIN:pushes+0 { }") == listing["pushes"][0]
    assert place("config = { skip_endbr = false } uprobe:BIN:pushes { }") == listing["pushes"][0]
    assert place("uprobe:BIN:inner { }") == listing["inner"][0]
    for offset in ("", "+0", "+4"):
        result = trace(bpfline, program, "uprobe:TARGET:pushes%s { @[func] = sum(args.n); @s = sum(arg0); } "
                       "uretprobe:TARGET:pushes { @r = sum(retval); }" % offset)
        assert result.maps == {"@[pushes]": "499500", "@s": "499500", "@r": "1498500"}


def line_of(text):
    with open(os.path.join(SOURCE, "tests", "live", "target.c"), encoding="utf-8") as f:
        return next(n for n, line in enumerate(f, 1) if text in line)


@pytest.mark.parametrize("file", ["target.c", "live/target.c"])
def test_line_of_the_source(bpfline, target, file):
    point = "uprobe:TARGET@%s:%d" % (file, line_of("return a + b + c"))
    result = trace(bpfline, target, "%s { @[func, probe] = count(); }" % point, "calls", 30)
    assert result.maps == {"@[add, %s]" % point.replace("TARGET", target): "30"}


@pytest.mark.parametrize("flags", ["-gdwarf-3", "-gdwarf-4", "-gdwarf-5", "-gdwarf-5 -gz", "-gdwarf-5 -O0"])
def test_lines_are_where_objdump_sees_them(bpfline, tmp_path, flags):
    if not shutil.which("gcc"):
        pytest.skip("no gcc")
    program = tmp_path / "program"
    subprocess.run(["gcc", "-O2", *flags.split(), "-pthread", "-o", program,
                    os.path.join(SOURCE, "tests", "live", "target.c")], check=True)
    table = subprocess.run(["objdump", "--dwarf=decodedline", program], capture_output=True, text=True, check=True)
    first = {}
    for line, address in re.findall(r"^target\.c +(\d+) +(0x[0-9a-f]+) .*\bx\b", table.stdout, re.MULTILINE):
        first[int(line)] = min(int(address, 16), first.get(int(line), 1 << 64))
    assert len(first) > 50
    for line in sorted(first)[::9]:
        object_text = bpfline.run("--dump=object", "-e", "uprobe:%s@target.c:%d { }" % (program, line)).stdout
        place = re.search(r"^  place .*: (0x[0-9a-f]+)", object_text, re.MULTILINE)
        assert place and int(place.group(1), 16) == first[line], "line %d" % line


def test_debug_file(bpfline, target, tmp_path):
    """Stripped, with its symbols in a file that a link names and whose checksum is checked."""
    program, debug = tmp_path / "program", tmp_path / "program.debug"
    shutil.copy(target, program)
    subprocess.run(["objcopy", "--only-keep-debug", program, debug], check=True)
    subprocess.run(["strip", program], check=True)
    subprocess.run(["objcopy", "--add-gnu-debuglink=%s" % debug, program], check=True, cwd=tmp_path)
    result = bpfline.script("uprobe:%s:add { @ = count(); }" % program, "-c", "%s calls 20" % program)
    assert result.maps == {"@": "20"}
    aside = tmp_path / "aside"
    aside.mkdir()
    debug.rename(aside / debug.name)
    result = bpfline.script("uprobe:%s:add { @ = count(); }" % program, "--debuginfo", "/nowhere:%s" % aside,
                            "-c", "%s calls 20" % program)
    assert result.maps == {"@": "20"}
    result = bpfline.script("uprobe:%s:add { @ = count(); }" % program)
    assert result.status == 1 and "No matches" in result.stderr and "stripped" in result.stderr


CPP = """
namespace ns {
__attribute__((noinline, used)) int f(int n) { asm volatile(""); return n + 1; }
__attribute__((noinline, used)) int f(const char *s) { asm volatile(""); return s[0]; }
struct box { __attribute__((noinline, used)) int get(long n) { asm volatile(""); return n; } };
}
int main() { ns::box b; for (int i = 0; i < 7; i++) { ns::f(i); b.get(i); } ns::f("x"); return 0; }
"""


def test_names_of_cpp(bpfline, tmp_path):
    if not shutil.which("g++"):
        pytest.skip("no g++")
    source, program = tmp_path / "program.cc", tmp_path / "program"
    source.write_text(CPP)
    subprocess.run(["g++", "-O1", "-o", program, source], check=True)
    listed = bpfline.run("-l", "uprobe:%s:cpp:\"ns::*\"" % program)
    if "ns::" not in listed.stdout:
        pytest.skip("built without a demangler")
    for point, maps in (('cpp:"ns::f"', {"@[ns::f(int)]": "7", "@[ns::f(char const*)]": "1"}),
                        ('"ns::f(int)"', {"@[ns::f(int)]": "7"}),
                        ('cpp:"ns::f(char const*)"', {"@[ns::f(char const*)]": "1"}),
                        ('cpp:"ns::*"', {"@[ns::f(int)]": "7", "@[ns::f(char const*)]": "1",
                                         "@[ns::box::get(long)]": "7"}),
                        ('cpp:"ns::box::get"', {"@[ns::box::get(long)]": "7"})):
        result = bpfline.script("uprobe:%s:%s { @[func] = count(); }" % (program, point), "-c", str(program))
        assert result.maps == maps, result.stderr


# --- USDT --------------------------------------------------------------------------------

@pytest.mark.parametrize("mechanism", [[], ["--attach=perf"]])
def test_arguments_of_all_forms(bpfline, target, mechanism):
    result = trace(bpfline, target, "usdt:TARGET:tester:arguments { @[arg0, arg1, arg2, arg3, arg4] = count(); "
                   "@rest[arg5, arg6, arg7, arg8] = count(); }", "usdt", 2, options=mechanism)
    assert result.maps == {"@[-5, -3, 65535, -1000000000000, 7]": "1", "@[-4, -3, 65535, -1000000000000, 7]": "1",
                           "@rest[-5, -200, -77, 0]": "2"}


def test_places_with_different_arguments(bpfline, target):
    result = trace(bpfline, target, "usdt:TARGET:tester:places { @[arg0] = count(); }", "usdt", 3)
    assert result.maps == {"@[0]": "1", "@[1]": "2", "@[2]": "2", "@[3]": "1"}
    assert result.attached == 1


def test_all_providers(bpfline, target):
    result = trace(bpfline, target, "usdt:TARGET:places { @[probe] = count(); }", "usdt", 10)
    assert result.maps == {"@[usdt:%s:tester:places]" % target: "20", "@[usdt:%s:other:places]" % target: "10"}
    assert result.attached == 2


@pytest.mark.parametrize("mechanism", [[], ["--attach=perf"]])
def test_semaphore_is_raised_and_lowered(bpfline, target, mechanism):
    script = "usdt:%s:guarded { @n = count(); @sum = sum(arg0); }" % target
    result = bpfline.script(script, *mechanism, "-c", "%s usdt 10" % target)
    assert result.maps == {"@n": "10", "@sum": "45"}
    with Load(target, "usdt", 10) as running:  # mapped before we attach, and running on after
        with bpfline.start(script, *mechanism) as tracer:
            running.go()
            result = tracer.stop()
    assert result.maps == {"@n": "10", "@sum": "45"}


def test_semaphore_of_processes_that_start_later(bpfline, target):
    """Whoever maps the file while the probe is attached has it raised, and nobody afterwards."""
    with bpfline.start("usdt:%s:guarded { @ = count(); }" % target) as tracer:
        during = subprocess.run([target, "usdt", "5"], capture_output=True, text=True, check=True).stdout
        result = tracer.stop()
    assert result.maps == {"@": "5"}
    assert during != undisturbed(target, "usdt", 5) == subprocess.run(
        [target, "usdt", "5"], capture_output=True, text=True, check=True).stdout


def test_usdt_of_a_process(bpfline, target):
    with Load(target, "usdt", 10) as one, Load(target, "usdt", 10) as other:
        with bpfline.start("usdt:guarded { @[pid] = count(); }", "-p", str(one.pid)) as tracer:
            other.go()
            one.go()
            result = tracer.wait()
    assert result.maps == {"@[%d]" % one.pid: "10"}


# --- listing --------------------------------------------------------------------------------

def test_lists(bpfline, target):
    functions = bpfline.run("-l", "uprobe:%s:*e*" % target).stdout.splitlines()
    assert "uprobe:%s:leaf" % target in functions and "uprobe:%s:add" % target not in functions
    assert functions == sorted(functions)
    assert bpfline.run("-l", "usdt:%s:*" % target).stdout.splitlines() == [
        "usdt:%s:%s" % (target, name) for name in
        ("other:places", "tester:arguments", "tester:guarded", "tester:places")]
    assert bpfline.run("-l", "uretprobe:%s:add" % target).stdout == "uretprobe:%s:add\n" % target
    assert "uprobe:" not in bpfline.run("-l").stdout


def test_lists_of_a_process(bpfline, target):
    with Load(target, "calls", 1) as one:
        lines = bpfline.run("-l", "-p", str(one.pid), "uprobe:add").stdout.splitlines()
        probes = bpfline.run("-l", "-p", str(one.pid), "usdt:*").stdout.splitlines()
    assert "uprobe:%s:add" % target in lines
    assert "usdt:%s:tester:guarded" % target in probes


def test_lists_of_a_script(bpfline, target):
    result = bpfline.run("-l", "-e", "uprobe:%s:l*f { } usdt:%s:places { }" % (target, target))
    assert result.stdout.splitlines()[0] == "uprobe:%s:leaf" % target


def test_first_in_the_path(bpfline, target, tmp_path):
    """Of several programs of one name the first is meant, and the others are told; one file twice is one."""
    folders = [tmp_path / name for name in ("one", "two", "three")]
    for folder in folders:
        folder.mkdir()
    shutil.copy(target, folders[0] / "same_name")
    os.link(folders[0] / "same_name", folders[1] / "same_name")
    path = os.environ["PATH"] + ":" + ":".join(map(str, folders))
    result = bpfline.script("uprobe:same_name:add { }", "--dry-run", env={"PATH": path})
    assert result.status == 0 and result.stderr == ""
    shutil.copy(target, folders[2] / "same_name")
    result = bpfline.script("uprobe:same_name:add { }", "--dry-run", env={"PATH": path})
    assert result.status == 0
    assert "'same_name' is %s/same_name: the first one in $PATH, where %s/same_name is another" % (
        folders[0], folders[2]) in result.stderr


# --- what cannot be probed -----------------------------------------------------------------

REFUSED = {
    "no such file": ("uprobe:/no/such/file:f { }", r"uprobe target file '/no/such/file' does not exist"),
    "no such library": ("uprobe:libnosuch:f { }", r"'libnosuch' does not exist(?s:.)*HINT"),
    "no such program": ("usdt:nosuchprogram:f { }", r"usdt target file 'nosuchprogram' does not exist"),
    "no such function": ("uprobe:TARGET:ad { }", r"No matches for uprobe TARGET:ad(?s:.)*did you mean uprobe:TARGET:add"),
    "no such pattern": ("uprobe:TARGET:zzz* { }", r"No matches"),
    "no such probe": ("usdt:TARGET:tester:plaices { }", r"No matches(?s:.)*places"),
    "no probes at all": ("usdt:/bin/true:x { }", r"No matches(?s:.)*built without"),
    "too few parts": ("uprobe:TARGET { }", r"uprobe probe type requires 2 or 3 arguments, found 1"),
    "nothing after the path": ("uprobe:TARGET: { }", r"needs a function"),
    "too many parts": ("usdt:TARGET:a:b:c { }", r"requires 2 or 3"),
    "inside an instruction": ("uprobe:TARGET:add+1 { }", r"inside an instruction(?s:.)*add\+0"),
    "outside of the function": ("uprobe:TARGET:add+100000 { }", r"Offset outside the function bounds \('add' size is \d+\)"),
    "offset of a return": ("uretprobe:TARGET:add+4 { }", r"Offset not allowed"),
    "address that is nowhere": ("uprobe:TARGET:0x7fffffffffff { }", r"Could not resolve address: TARGET:0x7fffffffffff"),
    "address 0": ("uprobe:TARGET:0 { }", r"address"),
    "language": ("uprobe:TARGET:rust:add { }", r"unsupported language type: rust"),
    "line without code": ("uprobe:TARGET@target.c:1 { }", r"no statement begins at line 1 of target\.c(?s:.)*the next line with one is \d+"),
    "line of no file": ("uprobe:TARGET@nosuch.c:1 { }", r"no source file of 'TARGET' is called nosuch\.c"),
    "file without a line": ("uprobe:TARGET@target.c { }", r"Invalid uprobe arguments, expected format"),
    "line of a return": ("uretprobe:TARGET@target.c:10 { }", r"Source code location not allowed"),
    "line without debug information": ("uprobe:/bin/true@true.c:10 { }", r"No DWARF debug info found for '/bin/true'"),
    "a script": ("uprobe:SCRIPT:f { }", r"neither a program nor a library"),
    "a folder": ("uprobe:/tmp:f { }", r"does not exist"),
    "retval at the entry": ("uprobe:TARGET:add { print(retval); }", r"retval"),
    "argument at the return": ("uretprobe:TARGET:add { print(arg0); }", r"arg0"),
    "argument on the stack": ("uprobe:TARGET:add { print(arg6); }", r"arg6 is not in a register(?s:.)*6"),
    "args": ("uprobe:TARGET:add { print(args.z); }", r"its fields: a, b, c, d, e, f"),
    "unknown register": ('uprobe:TARGET:add { print(reg("xx")); }', r"'xx' is not a valid register"),
    "retval of usdt": ("usdt:TARGET:guarded { print(retval); }", r"retval"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused(bpfline, target, what, tmp_path):
    script, pattern = REFUSED[what]
    file = tmp_path / "script"
    file.write_text("#!/bin/sh\necho this is long enough to look like something that might be a program\n")
    file.chmod(0o755)
    result = bpfline.script(script.replace("TARGET", target).replace("SCRIPT", str(file)), timeout=5)
    assert result.status == 1, result.stderr
    assert re.search(pattern.replace("TARGET", re.escape(target)), result.stderr), result.stderr


@pytest.mark.parametrize("policy", ["warn", "ignore"])
def test_missing_ones_may_be_passed_over(bpfline, target, policy):
    result = bpfline.script("config = { missing_probes = %s } uprobe:%s:nosuch, uprobe:%s:add { @ = count(); }"
                            % (policy, target, target), "-c", "%s calls 5" % target)
    assert result.maps == {"@": "5"}
    assert ("Skipping" in result.stderr) == (policy == "warn")


def test_unsafe_does_without_the_check(bpfline, target):
    result = bpfline.script("uprobe:%s:never+1 { }" % target, "--unsafe", "--dry-run")
    assert result.status == 0, result.stderr


GO = """
#include <stdio.h>
long choose(long), stacked(long), never_returns(long), strange(long);
__asm__(".globl choose, stacked, never_returns, strange\\n"
	".type choose, @function\\nchoose: mov %rdi, %rax\\ntest $1, %al\\njz 1f\\nadd $1, %rax\\nret\\n"
	"1: cmp $100, %rax\\njl 2f\\nxor %eax, %eax\\nrepz ret\\n2: add %rax, %rax\\nret\\n.size choose, . - choose\\n"
	".type stacked, @function\\nstacked: mov %rdi, %rax\\nret\\n.size stacked, . - stacked\\n"
	".type never_returns, @function\\nnever_returns: ud2\\n.size never_returns, . - never_returns\\n"
	".type strange, @function\\nstrange: .byte 0x06\\nret\\n.size strange, . - strange\\n"
	".pushsection .go.buildinfo, \\"aw\\"\\n.ascii \\"\\\\377 Go buildinf:\\"\\n.byte 8, VERSION_IN_PLACE\\n.zero 16\\n.popsection\\n");
int main(void) { long sum = 0; for (long i = 0; i < 1000; i++) sum += choose(i); printf("sum %ld\\n", sum); return 0; }
"""


@pytest.fixture(scope="session")
def go_program(tmp_path_factory):
    """What has the marks of a Go program: gives its path, of a release from 1.18 on or before."""
    folder = tmp_path_factory.mktemp("go")

    def make(flag):
        if not shutil.which("gcc"):
            pytest.skip("no gcc")
        path, source = str(folder / ("program%d" % flag)), folder / "program.c"
        source.write_text(GO.replace("VERSION_IN_PLACE", str(flag)))
        subprocess.run(["gcc", "-O1", "-o", path, source], check=True)
        return path
    return make


@pytest.mark.parametrize("mechanism", [[], ["--attach=perf"]])
def test_returns_of_go(bpfline, go_program, mechanism):
    """Each place that returns is probed, as one probe, and no return address is touched."""
    program = go_program(2)
    result = trace(bpfline, program, "uretprobe:TARGET:choose { @n = count(); @sum = sum(retval); @[func] = count(); }",
                   options=mechanism)
    expected = [i + 1 if i % 2 else 0 if i >= 100 else 2 * i for i in range(1000)]
    assert result.maps == {"@n": "1000", "@sum": str(sum(expected)), "@[choose]": "1000"} and result.attached == 1
    places = bpfline.run("--dump=object", "-e", "uretprobe:%s:choose { }" % program).stdout
    assert len(re.findall(r"^  place ", places, re.MULTILINE)) == 3


def test_results_of_go_on_the_stack(bpfline, go_program):
    program = go_program(0)
    assert trace(bpfline, program, "uretprobe:TARGET:choose { @ = count(); }").maps == {"@": "1000"}
    result = bpfline.script("uretprobe:%s:choose { print(retval); }" % program)
    assert result.status == 1 and re.search(r"no retval of .*on the stack", result.stderr)


def test_functions_of_go_without_known_returns(bpfline, go_program):
    program = go_program(2)
    assert "no instruction that returns" in bpfline.script("uretprobe:%s:never_returns { }" % program).stderr
    result = bpfline.script("uretprobe:%s:strange { }" % program)
    assert result.status == 1 and "would crash" in result.stderr and "not understood" in result.stderr
    assert bpfline.script("uretprobe:%s:s*ed { }" % program, "--dry-run").status == 0


def test_process_is_gone(bpfline, target):
    result = bpfline.script("uprobe:%s:add { }" % target, "-p", "4194303")
    assert result.status == 1


DAMAGED = {
    "cut within its headers": (lambda data: data[:100], r"it is damaged"),
    "cut before its sections": (lambda data: data[:len(data) // 2], r"it is damaged"),
    "of 32 bits": (lambda data: data[:4] + b"\x01" + data[5:], r"32 bits, which is not supported"),
    "of the other byte order": (lambda data: data[:5] + b"\x02" + data[6:], r"another machine"),
    "an object file": (lambda data: data[:16] + b"\x01\x00" + data[18:], r"neither a program nor a library"),
    "nothing but its first bytes": (lambda data: data[:4], r"neither a program nor a library"),
    "empty": (lambda data: b"", r"neither a program nor a library"),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_damaged_files_say_so(bpfline, target, tmp_path, what):
    change, pattern = DAMAGED[what]
    file = tmp_path / "program"
    with open(target, "rb") as f:
        file.write_bytes(change(f.read()))
    file.chmod(0o755)
    for probe in ("uprobe:%s:add", "usdt:%s:guarded"):
        result = bpfline.script("%s { }" % (probe % file))
        assert result.status == 1 and re.search(pattern, result.stderr), result.stderr
    assert bpfline.run("-l", "uprobe:%s:*" % file).stdout == ""
