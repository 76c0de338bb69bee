"""Random structs: their sizes and offsets as the C compiler has them."""
import random
import re
import subprocess

import pytest

BASES = ["char", "signed char", "short", "unsigned int", "long", "unsigned long long", "void *", "enum color", "_Bool"]
BITS = {"unsigned char": 8, "short": 16, "int": 32, "unsigned int": 32, "unsigned long long": 64}
HEAD = "enum color { RED, GREEN };\n"
SEEDS = range(8)
STRUCTS = 12


class Maker:
    """Writes structs and remembers the members whose offsets can be asked for."""

    def __init__(self, seed):
        self.random, self.count = random.Random(seed), 0

    def name(self):
        self.count += 1
        return "m%d" % self.count

    def attributes(self):
        return self.random.choice([""] * 6 + [" __attribute__((packed))", " __attribute__((aligned(%d)))" %
                                              self.random.choice([2, 4, 8, 16, 32])])

    def member(self, depth, prefix, members):
        kind = self.random.randrange(10)
        if kind < 3:
            base = self.random.choice(list(BITS))
            width = self.random.randrange(0, BITS[base] + 1)
            if not width or self.random.random() < 0.1:
                return "%s : %d;" % (base, width)
            return "%s %s : %d;" % (base, self.name(), width)
        name = self.name()
        if kind < 5 and depth:
            inner = []
            if self.random.random() < 0.5:
                text = self.body(depth - 1, prefix, inner)
                members += inner
                return "%s %s%s;" % (self.random.choice(["struct", "union"]), text, self.attributes())
            text = self.body(depth - 1, prefix + name + ".", inner)
            members += [prefix + name, *inner]
            return "%s %s %s;" % (self.random.choice(["struct", "union"]), text, name)
        members.append(prefix + name)
        base = self.random.choice(BASES)
        if kind == 5:
            return "%s %s[%d];" % (base, name, self.random.randrange(1, 5))
        if kind == 6:
            return "%s (*%s[2])(int, %s);" % (base, name, base)
        if kind == 7:
            return "%s %s%s;" % (base, name, self.attributes())
        return "%s %s;" % (base, name)

    def body(self, depth, prefix, members):
        return "{ %s }" % " ".join(self.member(depth, prefix, members) for _ in range(self.random.randrange(1, 6)))

    def struct(self, tag):
        members = []
        text = "%s %s %s%s;" % (tag[0], tag[1], self.body(2, "", members), self.attributes())
        return text, members


@pytest.mark.parametrize("seed", SEEDS)
def test_layout(seed, bpfline, tmp_path):
    maker, texts, questions = Maker(seed), [], []
    for i in range(STRUCTS):
        tag = (maker.random.choice(["struct", "union"]), "s%d" % i)
        text, members = maker.struct(tag)
        texts.append(text)
        questions.append("sizeof(%s %s)" % tag)
        questions += ["offsetof(%s %s, %s)" % (*tag, m) for m in members]
    script = HEAD + "\n".join(texts) + "\nbegin {\n" + "".join("print(%s);\n" % q for q in questions) + "}\n"
    (tmp_path / "a.bt").write_text(script)
    (tmp_path / "a.c").write_text(
        "#include <stddef.h>\n#include <stdio.h>\n" + HEAD + "\n".join(texts) + "\nint main(void)\n{\n" +
        "".join('printf("%%zu\\n", %s);\n' % q for q in questions) + "}\n")
    subprocess.run(["cc", "-w", "-o", str(tmp_path / "a"), str(tmp_path / "a.c")], check=True)
    theirs = subprocess.run([str(tmp_path / "a")], capture_output=True, text=True, check=True).stdout.split()
    result = bpfline.dump("types", str(tmp_path / "a.bt"))
    assert result.status == 0, result.stderr
    ours = re.findall(r"NUMBER int64: (\d+)", result.stdout)
    wrong = [(q, "%s, not %s" % (o, t)) for q, o, t in zip(questions, ours, theirs) if o != t]
    assert len(ours) == len(theirs) and not wrong, "%s\n%s" % (wrong, "\n".join(texts))
