"""args of uprobe, and types of the program that is probed, by debug information of all makes."""
import os
import re
import shutil
import subprocess

import pytest

from support import SOURCE



@pytest.fixture(autouse=True)
def needs_bpf(live):
    """All tests here load programs."""


# Compilers and options; what they make has to say the same.
C_BUILDS = {
    "gcc, DWARF 2": "gcc -O0 -gdwarf-2",
    "gcc, DWARF 4": "gcc -O2 -gdwarf-4",
    "gcc, DWARF 5": "gcc -O0 -gdwarf-5",
    "gcc, DWARF 5, optimised": "gcc -O2 -gdwarf-5",
    "gcc, compressed": "gcc -O2 -gdwarf-5 -gz",
    "gcc, units for types": "gcc -O0 -gdwarf-5 -fdebug-types-section",
    "clang, DWARF 4": "clang -O0 -gdwarf-4",
    "clang, DWARF 5": "clang -O0 -gdwarf-5",
    "clang, optimised": "clang -O1 -gdwarf-5",
}
CXX_BUILDS = {
    "g++, DWARF 4": "g++ -O0 -gdwarf-4",
    "g++, optimised": "g++ -O2 -gdwarf-5",
    "clang++, DWARF 5": "clang++ -O0 -gdwarf-5",
}


@pytest.fixture(scope="session")
def compiled(tmp_path_factory):
    """Gives a program for a command and a source, made once."""
    folder, made = tmp_path_factory.mktemp("records"), {}

    def make(command, source="records.c"):
        if not shutil.which(command.split()[0]):
            pytest.skip("no " + command.split()[0])
        if (command, source) not in made:
            path = str(folder / ("program%d" % len(made)))
            subprocess.run(command.split() + [os.path.join(SOURCE, "tests", "live", source), "-o", path], check=True)
            made[command, source] = path
        return made[command, source]
    return make


def trace(bpfline, program, script, *options):
    """What the script prints for one run of the program, which must not notice."""
    result = bpfline.script(script.replace("BIN", program), *options, "-c", program)
    assert result.status == 0, result.stderr
    undisturbed = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    assert undisturbed in result.stdout
    return [line for line in result.stdout.splitlines() if line and line + "\n" != undisturbed]


C_CASES = {
    "numbers": ("uprobe:BIN:numbers { print(args); print((args.a, args.c, args.f == 5)); }",
                ["{ .a = -3, .b = 65000, .c = -70000, .d = 1099511627776, .e = true, .f = GREEN }",
                 "(-3, -70000, true)"]),
    "on the stack": ("uprobe:BIN:on_stack { print((args.a, args.f, args.g)); print(args.h.x); }", ["(1, 6, -7)", "42"]),
    "between floats": ("uprobe:BIN:with_floats { print((args.a, args.c, args.f)); }", ["(5, 6, 7)"]),
    "structs by value": ('uprobe:BIN:by_value { print(args.s); printf("%d %s %d %d %s %d\\n", args.p.first, str(args.p.second), '
                         "args.b.values[4], args.b.in.x, args.b.in.name, args.last); }",
                         ["{ .a = -21, .b = 22 }", "23 second 15 16 big 25"]),
    "packed by value": ("uprobe:BIN:packed { print((args.p.c, args.p.n, args.last)); }", ["(26, 27, 28)"]),
    "results in memory": ("uprobe:BIN:hidden_result { print((args.a, args.n.in.x)); } uprobe:BIN:small_result { print(args.a); }",
                          ["(31, 42)", "32"]),
    "chains": ('uprobe:BIN:pointers { print(args.n->next->in); print((*args.pn)->in.x); print(str(args.text)); '
               'print((args.n.color, args.n.next.color, args.count)); print(args.n->table[1][0]); print(args.n->next->anonymous); }',
               ["{ .x = 99, .name = tail }", "42", "letters", "(GREEN, BLUE, 2)", "3", "77"]),
    "bitfields": ("uprobe:BIN:pointers { print(args.n.bits); print(args.n.next.bits.d); }",
                  ["{ .a = 5, .b = 101, .c = -9, .d = 12345678901 }", "549755813888"]),
    "casts": ('uprobe:BIN:pointers { let $n : struct node * = args.n; print($n->next->in.name); '
              'print(((node_t *)arg0)->in.x); print((enum color)5); print(sizeof(struct node)); print(offsetof(struct node, flag)); }',
              ["tail", "42", "GREEN", "88", "68"]),
    "members of enums": ("uprobe:BIN:pointers /args.n.color == GREEN && args.n.next.color == BLUE/ { print((BLUE < RED, GREEN)); }",
                         ["(true, GREEN)"]),
    "copies": ("uprobe:BIN:numbers { $all = args; @kept = args; print($all.b); } uprobe:BIN:packed { print(@kept.c); clear(@kept); }",
               ["65000", "-70000"]),
    "a struct as a key": ("uprobe:BIN:by_value { @[args.s] = count(); } end { print(@); clear(@); }", ["@[{ .a = -21, .b = 22 }]: 1"]),
}


@pytest.mark.parametrize("build_name", C_BUILDS)
def test_parameters_of_c(bpfline, compiled, build_name):
    program = compiled(C_BUILDS[build_name])
    for what, (script, expected) in C_CASES.items():
        assert trace(bpfline, program, script) == expected, what


def test_constants_are_those_of_the_program(bpfline, compiled, tmp_path):
    """The kernel has a BPF_EXIST, too, with another value; what the script defines comes first."""
    source = tmp_path / "enum.c"
    source.write_text("enum flag { BPF_EXIST = 77, OTHER = -5 };\n"
                      "__attribute__((noinline, used)) long f(enum flag f) { __asm__ volatile(\"\"); return f; }\n"
                      "int main(void) { return f(BPF_EXIST) != 77; }\n")
    program = str(tmp_path / "enum")
    subprocess.run(["gcc", "-g", "-O1", source, "-o", program], check=True)
    assert trace(bpfline, program, "uprobe:BIN:f { print((BPF_EXIST, (int32)BPF_EXIST, args.f == BPF_EXIST, (int64)OTHER)); }") == [
        "(BPF_EXIST, 77, true, -5)"]
    assert trace(bpfline, program, "enum mine { BPF_EXIST = 3 } uprobe:BIN:f { print((int32)BPF_EXIST); }") == ["3"]


@pytest.mark.parametrize("build_name", CXX_BUILDS)
def test_parameters_of_cxx(bpfline, compiled, build_name):
    program = compiled(CXX_BUILDS[build_name], "records.cc")
    script = ('uprobe:BIN:"shapes::owner::method" { print((args.factor, args.p->y)); } '
              "uprobe:BIN:cpp:owned { print((args.o->value, args.after)); } uprobe:BIN:cpp:made { print((args.a, args.b)); } "
              "uprobe:BIN:cpp:plain { print(args.p); print((args.k, args.d.id, args.d.weight, *args.r)); "
              "print(((struct point *)args.r)->x); }")
    assert trace(bpfline, program, script) == [
        "(33, 2)", "(5, 44)", "(55, 56)", "{ .x = 6, .y = 7 }", "(circle, 3, 4, 9)", "9"]


def separated(program, folder, compressed=False):
    """The program without its debug information, which it names by a link."""
    stripped, debug = str(folder / "stripped"), str(folder / "stripped.debug")
    subprocess.run(["objcopy", "--only-keep-debug"] + ["--compress-debug-sections"] * compressed + [program, debug], check=True)
    subprocess.run(["objcopy", "--strip-all", "--add-gnu-debuglink=" + debug, program, stripped], check=True)
    return stripped, debug


@pytest.mark.parametrize("compressed", [False, True])
def test_debug_files(bpfline, compiled, tmp_path, compressed):
    stripped, debug = separated(compiled("gcc -O2 -gdwarf-5"), tmp_path, compressed)
    script, expected = C_CASES["numbers"]
    assert trace(bpfline, stripped, script) == expected
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    shutil.move(debug, folder)
    assert trace(bpfline, stripped, script, "--debuginfo", str(folder)) == expected
    result = bpfline.script("uprobe:%s:0x1234 { print(args); }" % stripped)
    assert result.status == 1


def test_files_of_debuginfod(bpfline, compiled, tmp_path):
    """As its client keeps what it fetched: by build id, below a folder that the environment may name."""
    program = compiled("gcc -O2 -gdwarf-5 -Wl,--build-id=0x0123456789abcdef0123")
    stripped, debug = separated(program, tmp_path)
    subprocess.run(["objcopy", "--remove-section=.gnu_debuglink", stripped], check=True)
    folder = tmp_path / "cache" / "debuginfod_client" / "0123456789abcdef0123"
    folder.mkdir(parents=True)
    shutil.move(debug, folder / "debuginfo")
    script = C_CASES["numbers"][0].replace("BIN", stripped)
    for env in ({"DEBUGINFOD_CACHE_PATH": str(folder.parent)}, {"XDG_CACHE_HOME": str(tmp_path / "cache")}):
        assert bpfline.script(script, "--dry-run", env=env).status == 0
    assert bpfline.script(script, "--dry-run", "--debuginfo", str(folder.parent)).status == 0
    assert bpfline.script(script, "--dry-run", env={"XDG_CACHE_HOME": "/nowhere"}).status == 1


def test_one_program_for_functions_that_agree(bpfline, compiled):
    """Places that have a parameter of one type in one register share a program."""
    program = compiled("gcc -O2 -gdwarf-5")
    lines = trace(bpfline, program, "uprobe:BIN:hidden_result,uprobe:BIN:small_result { @[func] = sum(args.a); } "
                  "end { print(@); clear(@); }")
    assert lines == ["@[hidden_result]: 31", "@[small_result]: 32"]


def test_types_of_several_programs(bpfline, compiled):
    """A name means in each program what that one says."""
    c, cxx = compiled("gcc -O2 -gdwarf-5"), compiled("g++ -O2 -gdwarf-5", "records.cc")
    result = bpfline.script("uprobe:%s:on_stack, uprobe:%s:cpp:plain { @[sizeof(struct %s)] = count(); }"
                            % (c, cxx, "small"), "-c", c)
    assert result.status == 1 and 'unknown type "struct small"' in result.stderr
    result = bpfline.script("uprobe:%s:on_stack { print(((struct inner *)arg0)->y); }" % c, "-c", c)
    assert result.status == 1 and "its fields: x, name" in result.stderr


def test_lists_parameters(bpfline, compiled):
    program = compiled("gcc -O2 -gdwarf-5")
    lines = bpfline.run("-lv", "uprobe:%s:on_stack" % program).stdout.splitlines()
    assert lines == ["uprobe:%s:on_stack" % program] + ["    long int %s" % n for n in "abcdef"] + [
        "    int g", "    struct inner * h"]
    assert "    const struct node * n\n" in bpfline.run("-lv", "uprobe:%s:pointers" % program).stdout
    assert bpfline.run("-l", "uprobe:%s:pointers" % program).stdout == "uprobe:%s:pointers\n" % program


REFUSED = {
    "a float": ("uprobe:BIN:with_floats { print(args.b); }", r"the argument 'b' cannot be read(?s:.)*floating-point"),
    "half a float": ("uprobe:BIN:by_value { print(args.m); }", r"the argument 'm' cannot be read: part of it"),
    "no such parameter": ("uprobe:BIN:numbers { print(args.x); }", r"does not contain a field named 'x'(?s:.)*its fields: a, b, c, d, e, f"),
    "inside of a function": ("uprobe:BIN:numbers+4 { print(args); }", r"args are known where a function begins"),
    "a return": ("uretprobe:BIN:numbers { print(args.a); }", r"args"),
    "no such type": ("uprobe:BIN:numbers { print(((struct nosuch *)arg0)->x); }", r'Cannot resolve unknown type "struct nosuch"'),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused(bpfline, compiled, what):
    script, pattern = REFUSED[what]
    result = bpfline.script(script.replace("BIN", compiled("gcc -O0 -gdwarf-5")), "--unsafe", timeout=10)
    assert result.status == 1 and re.search(pattern, result.stderr), result.stderr


def test_without_debug_information(bpfline, compiled, tmp_path):
    bare = str(tmp_path / "bare")
    subprocess.run(["objcopy", "--strip-debug", compiled("gcc -O0 -gdwarf-5"), bare], check=True)
    result = bpfline.script("uprobe:%s:numbers { print(args.a); }" % bare)
    assert result.status == 1
    assert "args needs debug information on '%s'" % bare in result.stderr and "arg0" in result.stderr


def test_debug_information_in_other_files(bpfline, compiled, tmp_path):
    program = str(tmp_path / "split")
    subprocess.run(["gcc", "-g", "-gsplit-dwarf", os.path.join(SOURCE, "tests", "live", "records.c"), "-o", program],
                   check=True, cwd=tmp_path)
    result = bpfline.script("uprobe:%s:numbers { print(args.a); }" % program)
    assert result.status == 1 and "-gsplit-dwarf" in result.stderr


def test_damaged_debug_information(bpfline, compiled, tmp_path):
    """Whatever stands there: a message or a meaning, no crash and no hang."""
    program = compiled("gcc -O0 -gdwarf-5")
    data = bytearray(open(program, "rb").read())
    sections = subprocess.run(["readelf", "-SW", program], capture_output=True, text=True, check=True).stdout
    at, size = (int(n, 16) for n in re.search(r" \.debug_info +PROGBITS +\w+ (\w+) (\w+)", sections).groups())
    for step in range(1, 60):
        damaged = bytearray(data)
        for i in range(at, at + size, 7 * step):
            damaged[i] = (damaged[i] * 31 + step) & 255
        path = tmp_path / "damaged"
        path.write_bytes(damaged)
        path.chmod(0o755)
        result = bpfline.script("uprobe:%s:numbers { print(args); } uprobe:%s:pointers { print(*((struct node *)arg0)); }"
                                % (path, path), "--dry-run", timeout=10)
        assert result.status in (0, 1), (step, result.stderr)
