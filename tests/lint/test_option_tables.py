"""Nothing of the command line without a row: options, settings, variables, signals and exit statuses."""
import importlib.util
import os
import re
import signal

import pytest

import sources
from support import TESTS


@pytest.fixture(scope="module")
def tables():
    spec = importlib.util.spec_from_file_location("option_tables", os.path.join(TESTS, "live", "test_options.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def options():
    """Every way to write every option, from the list in the source."""
    found = []
    text = sources.read("cli/option_list.h")
    for key, name in re.findall(r"^\tX\(('\w'|OPTION_\w+), (NULL|\"[\w-]+\"),", text, re.MULTILINE):
        found += ["-" + key[1]] if key.startswith("'") else []
        found += ["--" + name.strip('"')] if name != "NULL" else []
    return found


def test_list_of_options_is_read():
    assert len(options()) > 40 and {"-e", "-l", "--list", "--timeout", "--aot"} <= set(options())


def test_every_option_has_a_row(tables):
    used = {word for args, *_ in [*tables.ACCEPTED.values(), *tables.REFUSED.values()] for word in args}
    assert not set(options()) - used, "options that no row of tests/live/test_options.py gives"


def test_every_setting_has_a_row(tables):
    keys = re.findall(r"^\tX\((\w+),\s+(?:NUMBER|BOOL|TEXT),", sources.read("sema/config.h"), re.MULTILINE)
    assert len(keys) > 20 and set(keys) == set(tables.KEYS)


def test_settings_are_in_the_manual():
    """With their defaults."""
    keys = re.findall(r"^\tX\((\w+),\s+(?:NUMBER|BOOL|TEXT),\s*(\S+)\)", sources.read("sema/config.h"), re.MULTILINE)
    rows = re.findall(r"^\| `(\w+)` \| (\S*) *\|", sources.read("docs/manual.md"), re.MULTILINE)
    defaults = {key: value.strip('"') for key, value in keys}
    assert len(defaults) > 20 and {key: value.strip("`") for key, value in rows if key in defaults} == defaults


def test_every_variable_has_a_row(tables):
    read = set()
    for path in sources.files(".c", folders=["cli", "runtime"]):
        for prefix, name in re.findall(r'getenv\((PREFIX )?"(\w+)"\)', sources.read(path)):
            read.add(("BPFTRACE_" if prefix else "") + name)
    rows = {what.split(" ")[0] for what in tables.ENVIRONMENT}
    assert len(read) >= 6 and not read - rows


def test_every_exit_status_has_a_row(tables):
    statuses = re.findall(r"^\tX\((\w+),\s+\d+,", sources.read("runtime/exit_status.h"), re.MULTILINE)
    assert len(statuses) >= 6 and set(statuses) == set(tables.STATUSES)


def test_every_signal_has_a_row(tables):
    handled = set()
    for path in ("runtime/loop.c", "runtime/session.c"):
        words = re.findall(r"\bSIG(?!_)\w+", sources.without_comments(sources.read(path)))
        handled |= {word for word in words if hasattr(signal, word)}
    assert {"SIGINT", "SIGTERM", "SIGUSR1"} <= handled and not handled - set(tables.SIGNALS)


def test_options_are_in_the_manual_page():
    """Those that --help shows."""
    shown = re.findall(r"^\tX\(('\w'|OPTION_\w+), (NULL|\"[\w-]+\"), [^,]+, (NULL)?",
                       sources.read("cli/option_list.h"), re.MULTILINE)
    page = sources.read("docs/bpfline.8").replace("\\-", "-").replace("\\", "")
    missing = [key if name == "NULL" else name for key, name, hidden in shown if not hidden
               and ("-" + key[1] if key.startswith("'") else "--" + name.strip('"')) not in page]
    assert not missing


def test_words_of_options_are_in_the_manual_page():
    """What an option takes, as --help lists it behind a colon."""
    page = sources.read("docs/bpfline.8").replace("\\", "")
    text = re.sub(r'" \\\n\t +"', "", sources.read("cli/option_list.h")).replace("\\n", " ")
    lists = re.findall(r"^\tX\(.*: (\w+(?:, \w+)+)[\";]", text, re.MULTILINE)
    words = {word for one in lists for word in one.split(", ")}
    assert {"optimised", "kprobe_session", "flamegraph", "500ms", "codegen"} <= words
    assert not {word for word in words if not re.search(r"\b%s\b" % word, page)}
