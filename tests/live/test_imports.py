"""Files that a script imports, and the C compiler that is asked for headers."""
import os

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
