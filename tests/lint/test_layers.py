"""Includes run leftwards only: base <- lexer <- parser <- sema <- codegen <- runtime <- stdlib <- cli."""
import re

import pytest

import sources

EXCEPTIONS = {
    # The scanner returns bison's tokens: the one include that runs rightwards.
    ("lexer", "parser/grammar.h"),
    # Generated beside the file that includes it.
    ("runtime", "syscalls.inc"),
    ("stdlib", "errnos.inc"),
    ("stdlib", "prelude.inc"),
}


@pytest.mark.parametrize("folder", sources.LAYERS)
def test_includes_run_leftwards(folder):
    allowed = sources.LAYERS[:sources.LAYERS.index(folder) + 1]
    wrong = []
    for path in sources.files(".c", ".h", ".l", ".y", folders=[folder]):
        for number, line in enumerate(sources.read(path).splitlines(), 1):
            match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if not match or (folder, match.group(1)) in EXCEPTIONS:
                continue
            if match.group(1).split("/")[0] not in allowed or "/" not in match.group(1):
                wrong.append("%s:%d includes %s" % (path, number, match.group(1)))
    assert not wrong, "\n".join(wrong)


def test_only_runtime_knows_the_kernels_library():
    """compile() is pure: libbpf, libelf and system calls begin at runtime/."""
    system = re.compile(r"#\s*include\s+<(bpf/|libelf|gelf|sys/(syscall|mman|epoll|ioctl|socket|wait)\.h)")
    wrong = []
    for path in sources.files(".c", ".h", folders=sources.LAYERS[:sources.LAYERS.index("runtime")]):
        # The arena takes its pages from the kernel.
        if path != "base/arena.c" and system.search(sources.read(path)):
            wrong.append(path)
    assert not wrong, wrong
