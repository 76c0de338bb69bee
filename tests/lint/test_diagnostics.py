"""Every diagnostic has an id, a use in the source and a case in tests/golden/errors named for it."""
import os
import re

import sources
from support import TESTS

ERRORS = os.path.join(TESTS, "golden", "errors")


def ids():
    return re.findall(r"^\s*X\((\w+),\s*(?:ERROR|WARNING)\)", sources.read("base/diag_ids.h"),
                      re.MULTILINE)


def case_ids():
    return [name.split(".")[0] for name in os.listdir(ERRORS) if name.endswith(".bt")]


def test_list_is_read():
    assert len(ids()) > 30 and len(set(ids())) == len(ids())


def test_every_id_is_used():
    text = "".join(sources.read(path) for path in sources.files(".c", ".l", ".y")
                   if not path.startswith("base/"))
    unused = [name for name in ids() if not re.search(r"\bDIAG_%s\b" % name, text)]
    assert not unused, "ids that nothing reports: %s" % unused


def test_every_id_has_a_case():
    missing = sorted(set(ids()) - set(case_ids()))
    assert not missing, "no tests/golden/errors/ID.what.bt for: %s" % missing


def test_every_case_names_an_id():
    unknown = sorted(set(case_ids()) - set(ids()))
    assert not unknown, "cases named after no diagnostic: %s" % unknown


def test_the_manual_lists_every_id():
    """Warnings as rows of a table, errors in one list; and nothing else."""
    manual = sources.read("docs/manual.md")
    section = manual[manual.index("## Errors and warnings"):manual.index("## Looking inside")]
    levels = dict(re.findall(r"^\s*X\((\w+),\s*(ERROR|WARNING)\)", sources.read("base/diag_ids.h"), re.MULTILINE))
    rows = re.findall(r"^\| ([A-Z_]+) \|", section, re.MULTILINE)
    assert rows == [name for name in ids() if levels[name] == "WARNING"]
    listed = re.findall(r"[A-Z_]{2,}", section[section.index("The ids of errors:"):])
    assert listed == [name for name in ids() if levels[name] == "ERROR"]
