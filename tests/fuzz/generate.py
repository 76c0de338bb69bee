"""Random scripts that are well typed, end, and print the same on every machine.

    generate.py SEED [known]

One seed gives a script in two forms that must print the same: in the one the values
it starts from come out of maps, so that nothing is known before it runs; in the other
(`known`) they are constants, so that the compiler may work out what it can.
"""
import os
import random
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

# pylint: disable=wrong-import-position
from map_loops import MapLoops

INTS = [(bits, signed) for bits in (8, 16, 32, 64) for signed in (False, True)]
WORDS = ["", "a", "ab", "abc", "b", "bpf", "kernel", "a longer text", "0123456789abcdef", "with \\\"quotes\\\"",
         "x" * 40]
EDGES = [0, 1, -1, 2, 3, 5, 7, 8, 10, 100, 127, 128, -128, 255, 256, 1000, 32767, -32768, 65535, 2**31 - 1,
         -2**31, 2**32 - 1, 2**32, 2**53 + 1, 2**63 - 1, -2**63 + 1, 2**64 - 1]
BINARY = ["+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>"]
COMPARE = ["==", "!=", "<", ">", "<=", ">="]
FORMATS = ["%d", "%u", "%x", "%ld", "%lu", "%lx", "%hhd", "%hu", "%5d", "%-6ld", "%08x"]
MACROS = """macro m_add(a, b) { a + b }
macro m_twice(e) { let $t = e; $t + $t }
macro m_bump($v) { $v += 3; }
macro m_pick(c, a, b) { c ? a : b }
macro m_store(@m, k, v) { @m[k] = v; }
"""
DEPTH = 3  # of expressions
INPUTS = "@in_"  # maps of that name are not part of the output


def name_of(kind):
    return "%sint%d" % ("" if kind[1] else "u", kind[0])


def wrapped(value, kind):
    value &= 2**kind[0] - 1
    return value - 2**kind[0] if kind[1] and value >> (kind[0] - 1) else value


class Map:
    """A map of the script: types of its key parts (none: scalar), and what it holds."""

    def __init__(self, name, keys, value):
        self.name, self.keys, self.value = name, keys, value


class Generator(MapLoops):
    """Writes one script.  Types: (bits, signed), "bool", "string", ("tuple", types),
    or ("record", types, names)."""

    def __init__(self, seed, known):
        super().__init__()
        self.random = random.Random(seed)
        self.known = known
        self.lines, self.indent = [], 1
        self.scopes = [[]]
        self.fixed = set()  # variables that are not assigned to
        self.names = 0
        self.budget = self.random.randint(6, 20)
        self.loops = 0
        self.is_filling = False  # no map has a type yet
        self.shapes = [self.shape(), self.shape(), self.record()]
        self.maps = [self.new_map(i) for i in range(self.random.randint(2, 5))]
        self.sums = [self.new_sum(i) for i in range(self.random.randint(1, 4))]
        self.functions = []  # (name, types of the parameters, type of the result or None), callable from here
        self.result = None  # of the function that is being written

    # --- types and maps

    def chance(self, percent):
        return self.random.random() * 100 < percent

    def simple(self):
        return self.random.choice([*INTS, "bool", "string"])

    def shape(self):
        parts = [self.simple() for _ in range(self.random.randint(1, 4))]
        if self.chance(30):
            parts.append(("tuple", (self.simple(), self.simple())))
            if self.chance(30):
                parts.append(("tuple", (self.simple(), parts.pop(), self.simple())))
        return ("tuple", tuple(parts) if len(parts) > 1 else (*parts, "bool"))

    def record(self):
        parts = self.shape()[1]
        return ("record", parts, tuple("%s%d" % (self.random.choice(["a", "pid", "name"]), i)
                                       for i in range(len(parts))))

    def key_types(self):
        if self.chance(20):
            return []
        if self.chance(20):
            return [self.random.choice(self.shapes)]
        return [self.simple() for _ in range(self.random.randint(1, 4))]

    def new_map(self, i):
        value = self.random.choice([*INTS, (64, True), (64, False), "bool", "string", self.shapes[0], self.shapes[2]])
        return Map("@m%d" % i, self.key_types(), value)

    def new_sum(self, i):
        kind = self.random.choice(["count", "sum", "min", "max", "avg", "stats", "hist", "lhist"])
        return Map("@a%d" % i, self.key_types(), (kind, self.random.choice(["int64", "uint64"])))

    # --- values

    def new_name(self):
        self.names += 1
        return "$v%d" % self.names

    def variables(self, kind):
        return [name for scope in self.scopes for name, its in scope if its == kind]

    def any_int(self):
        return [name for scope in self.scopes for name, its in scope if its in INTS] + self.elements

    def compound(self, its, items):
        """A tuple or a record of these items."""
        names = its[2] if its[0] == "record" else None
        return "(%s)" % ", ".join("%s=%s" % (names[i], item) if names else item for i, item in enumerate(items))

    def literal(self):
        value = self.random.choice(EDGES) if self.chance(50) else self.random.randint(-200, 200)
        return str(value) if value >= 0 else "(%d)" % value

    def key(self, its):
        """Few values, so that keys meet again."""
        if its == "bool":
            return self.boolean(0)
        if its == "string":
            own = self.variables(its)
            return self.random.choice(own) if own and self.chance(50) else '"%s"' % self.random.choice(WORDS)
        if its in INTS:
            return "(%s)(%s & 3)" % (name_of(its), self.integer(1, False))
        return self.compound(its, [self.key(part) for part in its[1]])

    def element(self, its_map):
        if not its_map.keys:
            return its_map.name
        if len(its_map.keys) == 1 and its_map.keys[0][0] in ("tuple", "record") and self.chance(50):
            own = self.variables(its_map.keys[0])
            if own:
                return "%s[%s]" % (its_map.name, self.random.choice(own))
        return "%s[%s]" % (its_map.name, ", ".join(self.key(its) for its in its_map.keys))

    def value(self, its, depth):
        """An expression of exactly this type."""
        own = self.variables(its)
        if own and self.chance(30):
            return self.random.choice(own)
        found = [f for f in self.functions if f[2] == its]
        if found and depth > 0 and not self.is_filling and not self.in_map_loop and self.chance(25):
            return self.call(self.random.choice(found), depth)
        if its == "bool":
            return self.boolean(depth)
        if its == "string":
            return self.string(depth)
        if its in INTS:
            return "(%s)(%s)" % (name_of(its), self.integer(depth))
        return self.compound(its, [self.value(part, depth - 1) for part in its[1]])

    def integer(self, depth, may_be_literal=True):
        own = self.any_int()
        if own and (depth <= 0 or self.chance(25)):
            return self.random.choice(own)
        if depth <= 0 or (may_be_literal and self.chance(10)):
            return self.literal() if may_be_literal or not own else self.random.choice(own)
        choices = [self.binary] * 6 + [self.unary, self.cast, self.pick, self.read, self.length, self.part,
                                       self.block, self.conditional, self.macro, self.total]
        return self.random.choice(choices)(depth)

    def binary(self, depth):
        left, op = self.integer(depth - 1, False), self.random.choice(BINARY)
        if op in ("<<", ">>"):
            amount = self.random.choice(["%d" % self.random.randint(0, 63),
                                         "(%s & 31)" % self.integer(depth - 1, False)])
            return "(%s %s %s)" % (left, op, amount)
        right = self.integer(depth - 1)
        if op in ("/", "%") and right == "0":
            right = "7"
        if op in ("/", "%", "*") and self.chance(30):
            right = str(self.random.choice([1, 2, 3, 4, 8, 10, 64, 1000]))
        return "(%s %s %s)" % (left, op, right)

    def unary(self, depth):
        return "(%s%s)" % (self.random.choice("-~"), self.integer(depth - 1, False))

    def cast(self, depth):
        return self.value(self.random.choice(INTS), depth - 1)

    def pick(self, depth):
        return "(%s ? %s : %s)" % (self.boolean(depth - 1), self.integer(depth - 1, False),
                                   self.integer(depth - 1, False))

    def read(self, depth):
        found = [m for m in self.maps if m.value in INTS]
        return self.element(self.random.choice(found)) if found else self.integer(depth - 1, False)

    def total(self, depth):
        found = [m for m in self.sums if m.value[0] in ("count", "sum", "min", "max", "avg")]
        if not found or self.in_map_loop or not self.chance(30):
            return self.integer(depth - 1, False)
        return "(int64)%s" % self.element(self.random.choice(found))

    def length(self, depth):
        which = self.random.randrange(6)
        if which == 0:
            return "(int64)strstr(%s, %s)" % (self.string(depth - 1), self.string(0))
        if which == 1:
            return "(int64)strncmp(%s, %s, %d)" % (self.string(depth - 1), self.string(0), self.random.randint(1, 20))
        found = [m for m in self.maps if m.keys]
        if which == 2 and found:
            return "(int64)len(%s)" % self.random.choice(found).name
        return "(int64)strlen(%s)" % self.string(depth - 1)

    def part(self, depth):
        found = [path for scope in self.scopes for name, its in scope for path, part in self.paths(name, its)
                 if part in INTS]
        return self.random.choice(found) if found else self.integer(depth - 1, False)

    def paths(self, name, its):
        """The parts of a variable and their types."""
        if its[0] not in ("tuple", "record"):
            return
        for i, part in enumerate(its[1]):
            path = "%s.%s" % (name, its[2][i] if its[0] == "record" else i)
            yield path, part
            yield from self.paths(path, part)

    def block(self, depth):
        name = self.new_name()
        return "{ let %s = %s; %s %s 1 }" % (name, self.integer(depth - 1, False), name,
                                             self.random.choice("+-*^"))

    def conditional(self, depth):
        return "if (%s) { %s } else { %s }" % (self.boolean(depth - 1), self.integer(depth - 1, False),
                                               self.integer(depth - 1, False))

    def macro(self, depth):
        form = self.random.choice(["m_add(%s, %s)", "m_pick(%s > 3, %s, 5)", "m_twice(%s)"])
        return form % tuple(self.integer(depth - 1, False) for _ in range(form.count("%s")))

    def boolean(self, depth):
        own = self.variables("bool")
        if depth <= 0:
            return self.random.choice(own) if own and self.chance(50) else \
                "(%s > %s)" % (self.integer(0, False), self.literal())
        which = self.random.randrange(12)
        if which < 6:
            return "(%s %s %s)" % (self.integer(depth - 1, False), self.random.choice(COMPARE),
                                   self.integer(depth - 1))
        if which < 8:
            return "(%s %s %s)" % (self.boolean(depth - 1), self.random.choice(["&&", "||"]),
                                   self.random.choice([self.boolean, lambda d: self.integer(d, False)])(depth - 1))
        if which == 8:
            return "(!%s)" % self.random.choice([self.boolean, lambda d: self.integer(d, False)])(depth - 1)
        if which == 9:
            if self.chance(20):
                return 'strcontains(%s, "%s")' % (self.string(depth - 1), self.random.choice(WORDS[1:5]))
            return "(%s %s %s)" % (self.string(depth - 1), self.random.choice(["==", "!="]), self.string(0))
        if which == 10:
            pairs = [self.variables(shape) for shape in self.shapes]
            pairs = [names for names in pairs if names]
            if pairs:
                names = self.random.choice(pairs)
                return "(%s == %s)" % (self.random.choice(names), self.random.choice(names))
        found = [m for m in self.maps if m.keys]
        if not found:
            return self.boolean(depth - 1)
        its_map = self.random.choice(found)
        keys = [self.key(its) for its in its_map.keys]
        return "has_key(%s, %s)" % (its_map.name, keys[0] if len(keys) == 1 else "(%s)" % ", ".join(keys))

    def string(self, depth):
        own = self.variables("string")
        if own and self.chance(50):
            return self.random.choice(own)
        if depth > 0 and self.chance(30):
            return "(%s ? %s : %s)" % (self.boolean(depth - 1), self.string(depth - 1), self.string(depth - 1))
        found = [m for m in self.maps if m.value == "string"]
        if found and not self.is_filling and self.chance(40):
            return self.element(self.random.choice(found))
        return '"%s"' % self.random.choice(WORDS)

    # --- statements

    def put(self, text, *args):
        self.lines.append("\t" * self.indent + (text % args if args else text))

    def block_of(self, count):
        self.scopes.append([])
        self.indent += 1
        for _ in range(count):
            self.statement()
        self.indent -= 1
        self.scopes.pop()

    def statement(self):
        self.budget -= 1
        which = self.random.randrange(100)
        table = [(15, self.declare), (30, self.assign), (45, self.gather), (60, self.accumulate), (75, self.branch),
                 (85, self.loop), (92, self.map_loop), (100, self.bump)] if self.in_map_loop else [
                 (18, self.declare), (30, self.assign), (46, self.store), (60, self.gather), (68, self.show),
                 (74, self.show_formatted), (77, self.act), (86, self.branch), (92, self.loop), (95, self.map_loop), (97, self.forget),
                 (100, self.bump)]
        next(act for limit, act in table if which < limit)()

    def declare(self):
        its = self.random.choice([*INTS, *INTS, "bool", "string", *self.shapes, *self.shapes])
        text, name = self.value(its, DEPTH), self.new_name()
        if its in INTS and self.chance(50):
            self.put("let %s: %s = %s;" % (name, name_of(its), text))
        else:
            self.put("%s = %s;" % (name, text))
        self.scopes[-1].append((name, its))

    def assign(self):
        found = [pair for scope in self.own_scopes() for pair in scope if pair[0] not in self.fixed]
        if not found:
            self.declare()
            return
        name, its = self.random.choice(found)
        if its in INTS and its[0] == 64 and self.chance(50):
            self.put("%s %s= %s;" % (name, self.random.choice(["+", "-", "*", "&", "|", "^"]), self.integer(DEPTH)))
        else:
            self.put("%s = %s;" % (name, self.value(its, DEPTH)))

    def bump(self):
        found = [name for scope in self.own_scopes() for name, its in scope
                 if its in ((64, True), (64, False)) and name not in self.fixed]
        if found:
            self.put(self.random.choice(["%s++;", "++%s;", "%s--;", "m_bump(%s);"]) % self.random.choice(found))

    def store(self):
        its_map = self.random.choice(self.maps)
        if its_map.value == (64, True) and self.chance(40):
            self.put(self.random.choice(["%s++;", "%s += 5;", "%s -= 2;"]) % self.element(its_map))
        elif its_map.value in INTS and len(its_map.keys) == 1 and self.chance(20):
            self.put("m_store(%s, %s, %s);" % (its_map.name, self.key(its_map.keys[0]),
                                               self.value(its_map.value, 2)))
        else:
            self.put("%s = %s;" % (self.element(its_map), self.value(its_map.value, DEPTH)))

    def gather(self):
        sums = self.walked_sums()
        if not sums:
            self.accumulate()
            return
        its_map = self.random.choice(sums)
        kind, cast = its_map.value
        arguments = {"count": "", "hist": "(%s)(%s), 2", "lhist": "(%s)(%s), 0, 100, 9"}.get(kind, "(%s)(%s)")
        if arguments:
            arguments = arguments % (cast, self.integer(DEPTH))
        self.put("%s = %s(%s);" % (self.element(its_map), kind, arguments))

    def show(self):
        its = self.random.choice([*INTS, "bool", "string", *self.shapes, None])
        if its is None:
            self.put("print(%s);" % self.random.choice(self.maps + self.sums).name)
        else:
            self.put("print(%s);" % self.value(its, DEPTH))

    def show_formatted(self):
        formats, values = [], []
        for _ in range(self.random.randint(1, 5)):
            if self.chance(25):
                formats.append(self.random.choice(["%s", "%10s", "%-5s|"]))
                values.append(self.string(2))
            else:
                formats.append(self.random.choice(FORMATS))
                values.append(self.integer(DEPTH, False))
        self.put('printf("%s\\n", %s);', " ".join(formats), ", ".join(values))

    def branch(self):
        self.put("if (%s) {" % self.boolean(DEPTH))
        self.block_of(self.random.randint(1, 3))
        if self.chance(50):
            self.put("} else {")
            self.block_of(self.random.randint(1, 2))
        self.put("}")

    def loop(self):
        if self.loops == 2:
            (self.accumulate if self.in_map_loop else self.store)()
            return
        self.loops += 1
        which, count = self.random.randrange(3), self.random.randint(1, 4)
        name = self.new_name()
        if which == 0:
            self.put("unroll (%d) {" % count)
            self.block_of(self.random.randint(1, 2))
        elif which == 1:
            start = self.random.randint(-2, 2)
            if self.chance(50):
                self.put("for %s : (%d)..%d {" % (name, start, start + count))
            else:
                self.put("for %s : (%s & 3)..(%s & 7) {" % (name, self.integer(1, False), self.integer(1, False)))
            self.scopes.append([(name, (64, True))])
            self.fixed.add(name)
            self.leave_early()
            self.block_of(self.random.randint(1, 3))
            self.scopes.pop()
        else:
            self.put("%s = (int64)0;" % name)
            self.fixed.add(name)
            also = " && %s" % self.boolean(2) if self.chance(30) else ""
            self.put("while (%s < %d%s) {" % (name, count, also))
            self.indent += 1
            self.put("%s++;" % name)
            self.indent -= 1
            self.scopes[-1].append((name, (64, True)))
            self.leave_early()
            self.block_of(self.random.randint(1, 3))
        self.put("}")
        self.loops -= 1

    def leave_early(self):
        if self.chance(40):
            self.indent += 1
            self.put("if (%s) { %s; }" % (self.boolean(2), self.random.choice(["break", "continue"])))
            self.indent -= 1

    def forget(self):
        its_map = self.random.choice(self.maps + self.sums)
        if its_map.keys and self.chance(60):
            keys = [self.key(its) for its in its_map.keys]
            self.put("delete(%s, %s);" % (its_map.name, keys[0] if len(keys) == 1 else "(%s)" % ", ".join(keys)))
        else:
            self.put("%s(%s);" % (self.random.choice(["clear", "zero"]), its_map.name))

    # --- functions

    def call(self, function, depth):
        name, parameters, _ = function
        return "%s(%s)" % (name, ", ".join(self.value(its, depth - 1) for its in parameters))

    def act(self):
        """A call for its effects; in a function a way out of it."""
        found = [f for f in self.functions if f[2] is None]
        if self.result:
            self.put("if (%s) { return %s; }", self.boolean(2), self.value(self.result, 2))
        elif found:
            self.put("%s;" % self.call(self.random.choice(found), 2))
        else:
            self.show()

    def spelled(self, its):
        """A type as a parameter or result has it."""
        if its in INTS:
            return name_of(its)
        if its == "string":
            return self.random.choice(["string", "string[60]"])
        return its if its == "bool" else "typeof(%s)" % self.sample(its)

    def sample(self, its):
        """A value of the type, with strings as long as any."""
        if its in INTS:
            return "(%s)1" % name_of(its)
        if its in ("bool", "string"):
            return {"bool": "true", "string": '"%s"' % ("x" * 50)}[its]
        return self.compound(its, [self.sample(part) for part in its[1]])

    def function(self, name):
        """A function with parameters and a result of any types, which calls those written before it."""
        kinds = [*INTS, "bool", "string", *self.shapes]
        parameters = [self.random.choice(kinds) for _ in range(self.random.choice([0, 1, 1, 2, 2, 3, 4, 6, 8]))]
        parameters.insert(self.random.randint(0, len(parameters)), self.random.choice(INTS))  # to compute with
        result = self.random.choice([*kinds, "string", *self.shapes, None])
        names = [self.new_name() for _ in parameters]
        outer, self.lines, self.scopes, self.result = self.lines, [], [list(zip(names, parameters))], result
        self.block_of(self.random.randint(1, 3))
        if result:
            self.put("return %s;" % self.value(result, 2))
        head = "fn %s(%s) : %s {" % (name, ", ".join("%s : %s" % (n, self.spelled(its))
                                                      for n, its in zip(names, parameters)),
                                     self.spelled(result) if result else "void")
        self.lines, self.scopes, self.result = [*outer, head, *self.lines, "}"], [[]], None
        self.functions.append((name, parameters, result))

    # --- the script

    def inputs(self):
        """Variables to start from, whose values only the form decides about."""
        count = self.random.randint(3, 8)
        for i in range(count):
            if self.chance(20) and (i + 1 < count or self.any_int()):  # there is an integer to compute with
                its, text = "string", '"%s"' % self.random.choice(WORDS)
            else:
                its = self.random.choice(INTS)
                value = self.random.choice(EDGES) if self.chance(60) else self.random.randint(-1000, 1000)
                text = "(%s)(%d)" % (name_of(its), wrapped(value, its))
            name = self.new_name()
            if self.known:
                self.put("%s = %s;" % (name, text))
            else:
                self.put("%s%s = %s;" % (INPUTS, name[1:], text))
                self.put("%s = %s%s;" % (name, INPUTS, name[1:]))
            self.scopes[-1].append((name, its))

    def fill(self):
        """Each map gets its type, whatever the rest does with it."""
        self.is_filling = True
        for its_map in self.maps:
            self.put("%s = %s;" % (self.element(its_map), self.value(its_map.value, 1)))
        self.is_filling = False
        for its_map in self.sums:
            kind, cast = its_map.value
            extra = {"hist": ", 2", "lhist": ", 0, 100, 9"}.get(kind, "")
            self.put("%s = %s(%s);" % (self.element(its_map), kind,
                                       "" if kind == "count" else "(%s)(%s)%s" % (cast, self.integer(1, False), extra)))

    def script(self):
        budget = self.budget
        for i in range(self.random.choice([0, 0, 1, 2, 3, 5])):
            self.function("f%d" % i)
        functions, self.lines, self.budget = self.lines, [], budget
        self.inputs()
        self.fill()
        while self.budget > 0:
            self.statement()
        first, self.lines, self.scopes = self.lines, [], [[]]
        for its_map in self.maps + self.sums:
            self.put("print(%s);" % its_map.name)
        if self.chance(30):
            self.inputs()
            self.declare()
            self.show()
        return "%s%s\nbegin {\n%s\n}\nend {\n%s\n}\n" % (MACROS, "\n".join(functions), "\n".join(first),
                                                       "\n".join(self.lines))


def generate(seed, known=False):
    return Generator(seed, known).script()


if __name__ == "__main__":
    sys.stdout.write(generate(int(sys.argv[1]), sys.argv[2:] == ["known"]))
