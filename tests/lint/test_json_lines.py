"""The schema's reader sees what is wrong with a line."""
import pytest

import json_lines

VALUE = '{"type": "value", "data": 5}\n'
WRONG = {
    "no JSON": "hello\n",
    "half a line": VALUE[:-1],
    "an empty line": VALUE + "\n",
    "no object": "5\n",
    "no kind": '{"type": "nosuch", "data": 5}\n',
    "a member missing": '{"type": "value"}\n',
    "a member too many": '{"type": "value", "data": 5, "more": 1}\n',
    "a member twice": '{"type": "map", "data": {"@": {"a": 1, "a": 2}}}\n',
    "a value of another type": '{"type": "printf", "data": 5}\n',
    "a fraction": '{"type": "value", "data": 0.5}\n',
    "a count below zero": '{"type": "lost_events", "count": -1, "data": {"events": 1}}\n',
    "two maps": '{"type": "map", "data": {"@a": 1, "@b": 2}}\n',
    "no rows": '{"type": "hist", "data": {"@h": 5}}\n',
    "a row without its count": '{"type": "hist", "data": {"@h": [{"min": 1, "max": 2}]}}\n',
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong(what):
    with pytest.raises(json_lines.Invalid):
        json_lines.check_lines(WRONG[what])


def test_right():
    json_lines.check_lines(VALUE + '{"type": "hist", "data": {"@h": {"a b": [{"min": 1, "max": 2, "count": 3}]}}}\n')


def words(rule):
    for word, argument in rule.items():
        yield word
        inner = argument.values() if word in ("properties", "$defs") else \
            argument if isinstance(argument, list) else [argument]
        for item in inner:
            if isinstance(item, dict):
                yield from words(item)


def test_schema_uses_only_what_is_checked():
    unknown = set(words(json_lines.schema())) - set(json_lines.RULES) - json_lines.TELLING
    assert not unknown
