"""Bitfields of random structs laid over bytes that are known, read as the C compiler reads them."""
import random
import subprocess

import pytest

BITS = {"unsigned char": 8, "signed char": 8, "short": 16, "int": 32, "unsigned int": 32, "long": 64, "unsigned long": 64}
BYTES = "bpfline\\0"  # what the kernel keeps as our name


def struct(random_, tag):
    """A struct of at most eight bytes, and its fields."""
    text, fields, bits = "", [], 0
    while bits < 40 and len(fields) < 6:
        base = random_.choice(list(BITS))
        width = random_.randrange(1, min(BITS[base], 24) + 1)
        fields.append("f%d" % len(fields))
        text += "%s %s : %d; " % (base, fields[-1], width)
        bits += width
    packed = random_.random() < 0.5
    return "struct %s { %s}%s;\n" % (tag, text, " __attribute__((packed))" if packed else ""), fields


@pytest.mark.parametrize("seed", range(4))
def test_bitfields(seed, bpfline, live, tmp_path):
    random_, texts, script, program = random.Random(seed), "", "", ""
    for i in range(10):
        text, fields = struct(random_, "s%d" % i)
        texts += text
        script += "$p%d = (struct s%d *)$name;\n" % (i, i)
        program += "struct s%d p%d; memset(&p%d, 0, sizeof(p%d)); memcpy(&p%d, \"%s\", sizeof(p%d) < 8 ? sizeof(p%d) : 8);\n" % (
            i, i, i, i, i, BYTES, i, i)
        for field in fields:
            script += 'printf("%%d\\n", $p%d->%s);\n' % (i, field)
            program += 'printf("%%ld\\n", (long)p%d.%s);\n' % (i, field)
    (tmp_path / "a.c").write_text("#include <stdio.h>\n#include <string.h>\n%sint main(void)\n{\n%s}\n" % (texts, program))
    subprocess.run(["cc", "-w", "-o", str(tmp_path / "a"), str(tmp_path / "a.c")], check=True)
    theirs = subprocess.run([str(tmp_path / "a")], capture_output=True, text=True, check=True).stdout.split()
    script = "%sbegin {\n$name = (uint64)curtask + offsetof(struct task_struct, comm);\n%s}" % (texts, script)
    result = bpfline.script(script, "-q")
    assert result.status == 0, result.stderr
    assert result.stdout.split() == theirs, texts
