"""Lines of `-f json` against docs/output.schema.json: every run of the tests that prints some is held to it.

Of JSON Schema it knows what that file uses, and refuses a file that uses more.
"""
import functools
import json
import os
import re

SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SCHEMA = os.path.join(SOURCE, "docs", "output.schema.json")
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
TELLING = {"title", "description", "$schema", "version", "$defs"}


class Invalid(AssertionError):
    """A line that the schema does not allow."""


@functools.lru_cache(maxsize=None)
def schema():
    with open(SCHEMA, encoding="utf-8") as f:
        return json.load(f)


def is_type(value, name):
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def any_of(value, branches):
    why = []
    for branch in branches:
        try:
            check(value, branch)
            return 1
        except Invalid as error:
            why.append(str(error))
    raise Invalid("%r is none of:\n  %s" % (value, "\n  ".join(why)))


def members(value, rule):
    """Those of an object."""
    properties, others = rule.get("properties", {}), rule.get("additionalProperties", True)
    missing = [name for name in rule.get("required", []) if name not in value]
    require(not missing, value, "has no %s" % missing)
    for name, item in value.items():
        if name in properties:
            check(item, properties[name])
        elif others is not True:
            require(others is not False, value, "may not have %r" % name)
            check(item, others)


def require(condition, value, what):
    if not condition:
        raise Invalid("%.200r %s" % (value, what))


RULES = {
    "type": lambda v, x, r: require(any(is_type(v, name) for name in ([x] if isinstance(x, str) else x)), v,
                                    "is no %s" % x),
    "const": lambda v, x, r: require(v == x, v, "is not %r" % x),
    "enum": lambda v, x, r: require(v in x, v, "is none of %r" % x),
    "minimum": lambda v, x, r: require(not is_type(v, "number") or v >= x, v, "is less than %r" % x),
    "maximum": lambda v, x, r: require(not is_type(v, "number") or v <= x, v, "is more than %r" % x),
    "minProperties": lambda v, x, r: require(not isinstance(v, dict) or len(v) >= x, v, "has too few members"),
    "maxProperties": lambda v, x, r: require(not isinstance(v, dict) or len(v) <= x, v, "has too many members"),
    "minItems": lambda v, x, r: require(not isinstance(v, list) or len(v) >= x, v, "has too few items"),
    "items": lambda v, x, r: [check(item, x) for item in v] if isinstance(v, list) else None,
    "pattern": lambda v, x, r: require(not isinstance(v, str) or re.search(x, v), v, "is not like %s" % x),
    "$ref": lambda v, x, r: check(v, schema()["$defs"][x[len("#/$defs/"):]]),
    "anyOf": lambda v, x, r: any_of(v, x),
    "oneOf": lambda v, x, r: any_of(v, x),
    "required": lambda v, x, r: None,  # these three: members()
    "properties": lambda v, x, r: None,
    "additionalProperties": lambda v, x, r: None,
}


def check(value, rule):
    """Raises Invalid unless the rule allows the value."""
    for word, argument in rule.items():
        if word not in TELLING:
            RULES[word](value, argument, rule)
    if isinstance(value, dict):
        members(value, rule)


@functools.lru_cache(maxsize=None)
def kinds():
    """The schema's branches by what their "type" is."""
    return {branch["properties"]["type"]["const"]: branch for branch in schema()["oneOf"]}


def unique_members(pairs):
    names = [name for name, _ in pairs]
    require(len(names) == len(set(names)), names, "twice in one object")
    return dict(pairs)


def check_lines(text):
    """Every line of the text is an object of a kind that the schema has; the last one ends, too."""
    require(not text or text.endswith("\n"), text[-200:], "has no end of line")
    for line in text.split("\n")[:-1]:
        try:
            value = json.loads(line, object_pairs_hook=unique_members)
        except ValueError as error:
            raise Invalid("no JSON, %s: %.300r" % (error, line)) from None
        require(isinstance(value, dict) and value.get("type") in kinds(), value, "is of no kind in the schema")
        check(value, kinds()[value["type"]])
