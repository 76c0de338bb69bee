"""Where instructions begin, as binutils' disassembler sees it in the C library and others."""
import glob
import os
import platform
import re
import shutil
import subprocess

import pytest

FILES = [*glob.glob("/lib/x86_64-linux-gnu/libc.so.6"), *glob.glob("/lib/x86_64-linux-gnu/libm.so.6"),
         "/bin/bash"]
# objdump takes these prefixes for instructions where what follows is none.
PREFIX_ALONE = re.compile(r"\t(rex\S*|data16|addr32|[cdefgs]s|lock|repn?z|\(bad\)|rep|\.byte.*)\s*$")


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the instructions of x86-64")
@pytest.mark.skipif(not shutil.which("objdump"), reason="no objdump (package binutils)")
@pytest.mark.parametrize("path", FILES)
def test_as_objdump(path, build):
    listing = subprocess.run(["objdump", "-d", "--insn-width=16", path], capture_output=True, text=True,
                             check=True).stdout
    lines = []
    for line in listing.splitlines():
        parts = line.split("\t")
        if len(parts) < 3 or PREFIX_ALONE.search(line):
            continue
        code = parts[1].replace(" ", "")
        if code.startswith("9b"):  # fwait, which it shows as part of the next one
            continue
        lines.append("%s %d" % (code, len(code) // 2))
    assert len(lines) > 10000
    done = subprocess.run([os.path.join(build, "tests", "x86_lengths")], input="\n".join(lines) + "\n",
                          capture_output=True, text=True, check=True)
    assert done.stdout == "%d\n" % len(lines), done.stdout[:2000]
