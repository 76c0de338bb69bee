"""Loops over maps in random scripts.

Elements come in any order, so what a body does must not depend on it: it changes only variables of
its own, one that is added to, and aggregates, and it reads nothing that it changes.
"""

NUMBERS = ("count", "sum", "min", "max", "avg")  # aggregates that are numbers in an expression


class MapLoops:
    """The part of the generator that writes them; the rest knows `in_map_loop`."""

    def __init__(self):
        self.walked = []  # for each loop around: the map, the variable added to, its operator, its scopes
        self.elements = []  # integers of elements, of types that nobody names

    @property
    def in_map_loop(self):
        return bool(self.walked)

    def own_scopes(self):
        """Those whose variables may be assigned to."""
        return self.scopes[self.walked[-1][3]:] if self.walked else self.scopes

    def map_loop(self):
        found = [m for m in self.maps if m.keys] + [m for m in self.sums if m.keys and m.value[0] in NUMBERS]
        if not found or self.loops >= 2 + self.chance(20):
            self.gather()
            return
        its_map, element, total = self.random.choice(found), self.new_name(), self.new_name()
        self.put("%s = (int64)0;" % total)
        self.put("for (%s : %s) {" % (element, its_map.name))
        self.loops += 1
        self.walked.append((its_map, total, self.random.choice(["+=", "^="]), len(self.scopes)))
        known = len(self.elements)
        self.scopes.append(self.parts_of(element, its_map))
        self.indent += 1
        if self.chance(30):
            self.put("if (%s) { continue; }" % self.boolean(2))
        self.accumulate()
        self.indent -= 1
        self.block_of(self.random.randint(1, 3))
        self.scopes.pop()
        del self.elements[known:]
        self.walked.pop()
        self.loops -= 1
        self.put("}")
        self.scopes[-1].append((total, (64, True)))

    def parts_of(self, element, its_map):
        """Key and value as variables."""
        key = its_map.keys[0] if len(its_map.keys) == 1 else ("tuple", tuple(its_map.keys))
        parts = [(element + ".0", key)]
        if its_map in self.sums or isinstance(its_map.value[0], int):
            self.elements.append(element + ".1")
        else:
            parts.append((element + ".1", its_map.value))
        self.fixed.update(name for name, _ in parts)
        return parts

    def accumulate(self):
        _, total, operator, _ = self.random.choice(self.walked)
        self.put("%s %s %s;" % (total, operator, self.integer(2, False)))

    def walked_sums(self):
        """Aggregates that may be added to."""
        walked = [entry[0] for entry in self.walked]
        return [m for m in self.sums if m not in walked]
