"""Scripts of any length, each long in a way of its own: what compiling costs must grow as they do."""

LINES_IN_PROBE = 100


def in_probes(line):
    """Lines in probes of a hundred; line(i) is the text of the i-th."""
    def make(count):
        parts = []
        for start in range(0, count, LINES_IN_PROBE):
            lines = [line(i) for i in range(start, min(start + LINES_IN_PROBE, count))]
            parts.append("interval:s:1 {\n" + "".join(lines) + "}\n")
        return "".join(parts)
    return make


def in_one_probe(line):
    return lambda count: "begin {\n\t$a = pid;\n\t$b = nsecs;\n" + "".join(map(line, range(count))) + "\t@ = $a;\n}\n"


SHAPES = {
    "one long body": in_one_probe(lambda i: "\t$a = ($a * 3 + $b) ^ ($a >> %d);\n" % (i % 30)),
    "variables": in_one_probe(lambda i: "\t$v%d = $%s + %d;\n" % (i, "v%d" % (i - 1) if i else "a", i)),
    "branches": in_one_probe(lambda i: "\tif ($b == %d) { $a++; }\n" % i),
    "probes": in_probes(lambda i: "\t@[comm, %d] = count();\n" % i),
    "maps": in_probes(lambda i: "\t@m%d = count();\n" % (i // 2)),  # the kernel takes 64 in a probe
    "formats": in_probes(lambda i: '\tprintf("line %d of %%d\\n", pid);\n' % i),
    "comments": lambda count: "".join("// line %d\n" % i for i in range(count)) + "begin { }\n",
    "macros": lambda count: "".join("macro m%d(x) { x + %d }\n" % (i, i) for i in range(count // 2)) +
              in_probes(lambda i: "\t@ = m%d(pid);\n" % i)(count - count // 2),
}
