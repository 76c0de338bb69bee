"""Every name of the library in places where it does not belong: an answer, never a crash."""
import concurrent.futures
import glob
import os
import re

import pytest

from support import SOURCE

FORMS = ["$x = NAME;", "NAME;", "print(NAME);", "@ = NAME;", "@[NAME] = 1;", "NAME();", "NAME(1);", 'NAME("a");', "NAME(@m);",
         "NAME($x, 2);", "NAME(pid, comm, 3);", "@a[1] = NAME(@a);", "if (NAME) { }", "$z = NAME(NAME);",
         "NAME($1, (1, 2), curtask, int8);", "for $i : NAME..3 { }", "NAME.field;", "NAME[1];", "&NAME;", "NAME++;",
         "~NAME(1);", "NAME(1) + 2;", "NAME(1).x;", "NAME(1)[0];", "NAME(1).0;", "for $i : NAME(1)..2 { }", "return NAME(1);",
         "(int32)NAME(1);", "(NAME(1), 2);", "curtask[NAME(1)];", "$x = NAME(1) ? NAME(1) : 2;",
         'NAME("%s", struct task_struct);', "@h = hist(1); NAME(@h, @h);", "$s = comm; NAME($s, $s, 2);", 'NAME("abc");',
         "NAME((int8 *)5, (uint8[4])(uint32)1);", "NAME(args, ctx, retval);"]

PROBES = ["interval:s:1", "tracepoint:syscalls:sys_enter_read", "rawtracepoint:sched_switch", "uprobe:/bin/program:main",
          "uretprobe:/bin/program:main", "kprobe:vfs_read", "fentry:vfs_read", "fexit:vfs_read", "iter:task",
          "watchpoint:0x1000:8:w"]
IN_PROBES = ["print(NAME);", "@[NAME] = 1;", "$x = NAME(1);", 'NAME(args, "a");']


def names():
    rows = []
    for path in glob.glob(os.path.join(SOURCE, "stdlib", "*.c")):
        with open(path, encoding="utf-8") as f:
            rows += re.findall(r'^\s*\{ "([a-z_0-9]+)"', f.read(), re.MULTILINE)
    return sorted(set(rows))


def test_names_are_found():
    assert len(names()) > 100


def check(bpfline, form, probe):
    """run() fails on what ends by a signal or by a sanitizer."""
    def run(name):
        script = "%s { %s }" % (probe, form.replace("NAME", name))
        return script, bpfline.run("--target=" + bpfline.canned, "--mode", "codegen", "-e", script)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for script, result in pool.map(run, names()):
            assert result.status in (0, 1), script
            assert result.status == 0 or "ERROR: " in result.stderr, script


@pytest.mark.parametrize("form", FORMS)
def test_odd_call(bpfline, form):
    check(bpfline, form, "begin")


@pytest.mark.parametrize("probe", PROBES)
@pytest.mark.parametrize("form", IN_PROBES)
def test_odd_call_in_probes(bpfline, form, probe):
    check(bpfline, form, probe)
