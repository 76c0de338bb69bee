"""The table of tests/README.md that maps the specification's sections to cases: all sections, and cases that exist."""
import glob
import os
import re

import sources
from support import TESTS

SECTIONS = ("1 1.1 1.2 2 2.1 3 4 5.1 5.2 5.3 5.4 5.5 5.6 6.1 6.2 6.3 6.4 6.5 6.6 7.1 7.2 7.3 7.4 7.5 8.1 8.2 9 10 11 12 13 "
            "14.1 14.2 14.3").split()


def rows():
    text = sources.read("tests/README.md")
    table = text[text.index("## Where the specification's sections are tested"):]
    return [line.strip("|").split("|") for line in table.splitlines() if line.startswith("| ") and line.count("|") == 3]


def test_no_section_of_the_language_is_missing():
    numbers = [match.group(1) for match in (re.match(r" (\d+(?:\.\d+)?) ", row[0]) for row in rows()) if match]
    assert numbers == SECTIONS


def test_every_case_that_is_named_exists():
    missing = []
    for title, cases in rows():
        names = [name for name in re.findall(r"`([^`]+)`", cases) if re.search(r"[/.]", name) and " " not in name]
        missing += ["%s: %s" % (title.strip(), name) for name in names
                    if name[0] != "." and not glob.glob(os.path.join(TESTS, name))]
    assert not missing, missing


def test_every_section_of_the_language_has_a_golden_case():
    empty = [row[0] for row in rows() if re.match(r" \d", row[0]) and "`golden/" not in row[1]]
    assert not empty
