"""Calls that a folder may not make, each with the reason."""
import re

import pytest

import sources

COMPILER = ["base", "lexer", "parser", "sema", "codegen"]

RULES = {
    # The compiler returns diagnostics, the runtime error codes; whoever knows the user prints.
    "prints": (r"\b(?:printf|fprintf|vprintf|vfprintf|puts|fputs|putchar|perror|dprintf)\s*\(",
               sources.LAYERS, lambda path: path.startswith(("cli/", "runtime/output/", "symbols/main.c"))),
    "ends the process": (r"\b(?:exit|_exit|abort|quick_exit)\s*\(", sources.LAYERS,
                         lambda path: path.startswith("cli/") or path in (
                             "base/arena.c",      # out of memory ends the process
                             "runtime/child.c",   # the forked child, when exec fails
                             "runtime/links.c",   # the forked closer of descriptors
                             "runtime/symbol_server.c", # the forked child, when exec fails
                         )),
    # One arena for the compiler's memory.
    "allocates": (r"\b(?:malloc|calloc|realloc|reallocarray|free|strdup|strndup|asprintf)\s*\(",
                  COMPILER, lambda path: path == "base/arena.c"),
    # Easy to get wrong; each has a better one.
    "is unsafe": (r"\b(?:gets|strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|atoll|alloca|setjmp|"
                  r"longjmp|scanf|system|popen)\s*\(", sources.LAYERS, lambda path: False),
    # Names die in resolve: later passes compare pointers.
    "compares names": (r"\b(?:strcmp|strncmp|strcasecmp)\s*\(", ["codegen"], lambda path: False),
}


@pytest.mark.parametrize("rule", RULES)
def test_banned(rule):
    pattern, folders, allowed = RULES[rule]
    wrong = []
    for path in sources.files(".c", ".h", ".l", ".y", folders=folders):
        if allowed(path):
            continue
        text = sources.without_comments(sources.read(path))
        for number, line in enumerate(text.splitlines(), 1):
            match = re.search(r"(?<![.>])" + pattern, line)
            if match and not line.startswith("#define YY"):
                wrong.append("%s:%d: %s" % (path, number, line.strip()))
    assert not wrong, "%s:\n%s" % (rule, "\n".join(wrong))
