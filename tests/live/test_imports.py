"""Files that a script imports, and the C compiler that is asked for headers."""
import os
import random
import shutil
import subprocess

import pytest

MAIN = 'import "%s"; begin { print(%s); }'


def write(folder, **files):
    for name, text in files.items():
        (folder / (name.replace("_dot_", "."))).write_text(text)


def test_relative_to_the_importing_file(bpfline, tmp_path):
    (tmp_path / "lib").mkdir()
    write(tmp_path, main_dot_bt='import "lib/one.bt"; begin { print(one()); }')
    write(tmp_path / "lib", one_dot_bt='import "two.bt"; macro one() { two() + 1 }',
          two_dot_bt='macro two() { 2 }')
    result = bpfline.run("-q", str(tmp_path / "main.bt"), cwd="/")
    assert (result.status, result.stdout.strip(), result.stderr) == (0, "3", "")


def test_from_the_command_line_relative_to_here(bpfline, tmp_path):
    write(tmp_path, one_dot_bt="macro one() { 1 }")
    result = bpfline.script(MAIN % ("one.bt", "one()"), "-q", cwd=str(tmp_path))
    assert (result.status, result.stdout.strip()) == (0, "1")


def test_folder_without_what_lies_deeper_or_is_no_script(bpfline, tmp_path):
    (tmp_path / "deeper").mkdir()
    write(tmp_path, b_dot_bt='begin { printf("b\\n"); }', a_dot_bt='begin { printf("a\\n"); }',
          notes_dot_txt="no script", none_dot_bt="// nothing in it")
    write(tmp_path / "deeper", c_dot_bt='begin { printf("c\\n"); }')
    result = bpfline.script(MAIN % (tmp_path, '"main"'), "-q")
    assert (result.status, result.stdout.split()) == (0, ["a", "b", "main"])


def test_each_file_once(bpfline, tmp_path):
    write(tmp_path, one_dot_bt='begin { printf("one\\n"); }',
          main_dot_bt='import "one.bt"; import "./one.bt"; import "two.bt"; begin { printf("main\\n"); }')
    (tmp_path / "same.bt").symlink_to("one.bt")
    write(tmp_path, two_dot_bt='import "same.bt"; import "main.bt"; import "two.bt";')
    result = bpfline.run("-q", str(tmp_path / "main.bt"))
    assert (result.status, result.stdout.split()) == (0, ["one", "main"])


def test_folder_that_others_write_to_is_refused(bpfline, tmp_path):
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    result = bpfline.script(MAIN % (folder, "1"))
    assert result.status == 1 and "every user may write" in result.stderr


def test_mistakes_name_the_imported_file(bpfline, tmp_path):
    write(tmp_path, bad_dot_bt="macro bad() { $x + }\n")
    result = bpfline.script(MAIN % (tmp_path / "bad.bt", "1"))
    assert result.status == 1 and "%s:1:" % (tmp_path / "bad.bt") in result.stderr


def test_unreadable(bpfline, tmp_path):
    result = bpfline.script(MAIN % ("/proc/self/mem", "1"))
    assert result.status == 1 and "/proc/self/mem" in result.stderr


def test_header_by_include_dir_and_option(bpfline, tmp_path):
    write(tmp_path, mine_dot_h="struct mine { long a; char b; };\n#define MINE 7\nenum { LATE = 3 };\n")
    script = "begin { print((sizeof(struct mine), MINE, LATE)); }"
    for args in (["--include", str(tmp_path / "mine.h")], ["-I", str(tmp_path), "--include", "mine.h"]):
        result = bpfline.script(script, "-q", *args)
        assert (result.status, result.stdout.strip(), result.stderr) == (0, "(16, 7, 3)", "")
    result = bpfline.script('#include "mine.h"\n' + script, "-q", "-I", str(tmp_path))
    assert (result.status, result.stdout.strip()) == (0, "(16, 7, 3)")


def test_header_in_the_way_of_nobody(bpfline, tmp_path):
    """A header that is not there does no harm when nothing is needed of it."""
    result = bpfline.script("#include <no/such.h>\nbegin { print(1); }", "-q", env={"PATH": "/nonexistent"})
    assert (result.status, result.stdout.strip(), result.stderr) == (0, "1", "")


def test_without_clang_the_package_is_named(bpfline):
    result = bpfline.script("#include <utmp.h>\nbegin { print(sizeof(struct utmp)); }",
                            env={"PATH": "/nonexistent"})
    assert result.status == 2 and "apt install clang" in result.stderr and "struct utmp" in result.stderr


def test_mistake_in_a_header(bpfline, tmp_path):
    write(tmp_path, bad_dot_h="struct bad { int a b; };\n")
    result = bpfline.script('#include "bad.h"\nbegin { print(sizeof(struct bad)); }', "-I", str(tmp_path))
    assert result.status == 2 and "bad.h:1:" in result.stderr


def test_nothing_is_left_behind(bpfline, tmp_path):
    before = set(os.listdir("/tmp"))
    bpfline.script("#include <stdio.h>\nbegin { print(sizeof(FILE)); }", "-q", cwd=str(tmp_path),
                   env={"TMPDIR": str(tmp_path)})
    assert not os.listdir(str(tmp_path)) and not [n for n in set(os.listdir("/tmp")) - before if "clang" in n]


def test_header_beside_the_script(bpfline, tmp_path):
    write(tmp_path, mine_dot_h="struct mine { long a; char b; };\n",
          main_dot_bt='#include "mine.h"\nbegin { print(sizeof(struct mine)); }')
    result = bpfline.run("-q", str(tmp_path / "main.bt"), cwd="/")
    assert (result.status, result.stdout.strip(), result.stderr) == (0, "16", "")


# --- functions in C

FUNCTIONS = """
#include <linux/types.h>
static __u64 calls;
static inline int twice(int a) { calls++; return a * 2; }
int more(int a) { return twice(a) + 1; }
long called(void) { return calls; }
"""


def compiled(folder, name="functions.o", text=FUNCTIONS):
    """An object file for BPF."""
    if not shutil.which("clang"):
        pytest.skip("no clang")
    path = folder / name
    subprocess.run(["clang", "-target", "bpf", "-O2", "-g", "-idirafter", "/usr/include/%s-linux-gnu" % os.uname().machine,
                    "-x", "c", "-c", "-o", str(path), "-"], input=text.encode(), check=True)
    return path


def test_functions_of_an_object_file_need_no_clang(bpfline, live, tmp_path):
    path = compiled(tmp_path)
    result = bpfline.script('import "%s"; begin { print((more(3), more(-5))); print(called()); }' % path, "-q",
                            env={"PATH": "/nowhere"})
    assert (result.status, result.stdout.split("\n")[:2], result.stderr) == (0, ["(7, -9)", "2"], "")


def test_functions_of_a_header(bpfline, live, tmp_path):
    if not shutil.which("clang"):
        pytest.skip("no clang")
    write(tmp_path, functions_dot_h=FUNCTIONS)
    result = bpfline.script('import "%s"; begin { print((twice(4), more(1), called())); }' % (tmp_path / "functions.h"), "-q")
    assert (result.status, result.stdout.strip(), result.stderr) == (0, "(8, 3, 2)", "")


def test_folder_with_functions(bpfline, live, tmp_path):
    compiled(tmp_path, "functions.bpf.o")
    write(tmp_path, broken_dot_h="this is no C", own_dot_bt="fn own($a : int32) : int32 { return more($a); }")
    result = bpfline.script(MAIN % (tmp_path, "own(4)"), "-q")
    assert (result.status, result.stdout.strip(), result.stderr) == (0, "9", "")


def test_functions_in_every_probe_that_calls_them(bpfline, live, tmp_path):
    path = compiled(tmp_path)
    result = bpfline.script(MAIN % (path, "more(1)") + """
        fn between($a : int32) : int64 { if ($a > 100) { return 0; } print($a); return more($a) + more($a); }
        interval:ms:1 { @n++; if (@n == 3) { print(between(5) + between(6)); exit(); } }
        end { print(called()); }""", "-q")
    assert (result.status, result.stdout.split("\n")[:5], result.stderr) == (0, ["3", "5", "6", "48", "5"], "")


def test_memory_goes_to_functions_by_address(bpfline, live, tmp_path):
    path = compiled(tmp_path, text="""
        struct pair { int a; char b; };
        int total(const struct pair *pair) { return pair->a + pair->b; }
        int second(const char *text) { return text[1]; }""")
    result = bpfline.script("""import "%s"; struct pair { int a; char b; };
        begin { $t = ((int32)1, (int8)2); @m[1] = $t; print((total($t), total(@m[1]), second("abc"), second(comm))); }""" % path, "-q")
    assert (result.status, result.stdout.split("\n")[0]) == (0, "(3, 3, 98, %d)" % ord("bpfline"[1])), result.stderr


def test_what_the_kernel_refuses_is_told_of_the_function(bpfline, live, tmp_path):
    path = compiled(tmp_path, text="int wild(const char *text, unsigned int i) { return text[i]; }")
    result = bpfline.script('import "%s"; begin { print(wild("abc", pid)); }' % path)
    assert result.status == 255
    assert "the kernel refuses the C function 'wild'" in result.stderr and "within the memory" in result.stderr


def test_without_clang(bpfline, tmp_path):
    write(tmp_path, functions_dot_bpf_dot_c=FUNCTIONS)
    result = bpfline.script(MAIN % (tmp_path / "functions.bpf.c", "more(1)"), env={"PATH": "/nowhere"})
    assert result.status == 2 and "there is no clang" in result.stderr and "install the package clang" in result.stderr


def test_nothing_is_compiled_that_nobody_calls(bpfline, tmp_path):
    write(tmp_path, broken_dot_h="this is no C")
    script = 'import "%s"; fn own($a : int64) : int64 { return $a; } begin { print(own(1)); }' % (tmp_path / "broken.h")
    result = bpfline.dump("object", "-e", script, env={"PATH": "/nowhere"})
    assert (result.status, result.stderr) == (0, "")


def test_other_files_are_no_objects(bpfline, tmp_path):
    write(tmp_path, text_dot_o="this is text", empty_dot_o="")
    for path in (tmp_path / "text.o", tmp_path / "empty.o", bpfline.path):
        copy = tmp_path / "copy.o"
        shutil.copy(path, copy)
        result = bpfline.script(MAIN % (copy, "more(1)"))
        assert result.status == 1 and "is no object file for BPF" in result.stderr, result.stderr


def test_damaged_object_files_do_no_harm(bpfline, tmp_path):
    whole = compiled(tmp_path, text=FUNCTIONS + """
        static const char words[3][4] = { "one", "two", "six" };
        __attribute__((noinline)) int letter(int i) { return words[i & 1][0]; }
        int both(int i) { return letter(i) + letter(i + 1) + more(i); }""").read_bytes()
    chance = random.Random(1)
    damaged = tmp_path / "damaged.o"
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(chance.choice([1, 1, 2, 5, 40])):
            at = chance.choice([chance.randrange(len(data)), chance.randrange(64), len(data) - 1 - chance.randrange(64 * 20)])
            data[at] = chance.choice([0, 1, 0x7f, 0x80, 0xff, chance.randrange(256)])
        damaged.write_bytes(data[:chance.choice([len(data), len(data), chance.randrange(len(data))])])
        result = bpfline.dump("bpf", "-e", 'import "%s"; begin { print((both(3), called(), more(1), letter(1))); }' % damaged)
        assert result.status in (0, 1), result.stderr


def test_what_functions_change_stays_their_own(bpfline, live, tmp_path):
    path = compiled(tmp_path, text="int change(char *text) { text[0] = 'X'; return 1; }")
    result = bpfline.script("""import "%s";
        fn f($s : string) : string { $t = change($s); if ($t == 5) { print("odd"); } return $s; }
        begin { $s = "abc"; print((f($s), f("def"), $s)); _ = change($s); print($s); }""" % path, "-q")
    assert (result.status, result.stdout.split("\n")[:2]) == (0, ["(Xbc, Xef, abc)", "Xbc"]), result.stderr
