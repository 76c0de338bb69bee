"""The source files of the project, as the lints read them."""
import os
import re

from support import SOURCE

# Each folder may include itself and what stands before it.
LAYERS = ["base", "lexer", "parser", "sema", "codegen", "runtime", "stdlib", "cli", "symbols"]


def files(*extensions, folders=None):
    """Paths from the root, sorted."""
    found = []
    for folder in folders or LAYERS:
        for where, _, names in os.walk(os.path.join(SOURCE, folder)):
            found += [os.path.relpath(os.path.join(where, name), SOURCE) for name in names
                      if name.endswith(extensions)]
    return sorted(found)


def read(path):
    with open(os.path.join(SOURCE, path), encoding="utf-8") as f:
        return f.read()


def without_comments(text):
    """C text with comments and the insides of literals blanked; lines stay where they are."""
    def blank(match):
        token = match.group(0)
        if token.startswith(("/*", "//")):
            return re.sub(r"[^\n]", " ", token)
        return token[0] + " " * (len(token) - 2) + token[-1]

    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|' r"'(?:\\.|[^'\\\n])*'", blank, text,
                  flags=re.DOTALL)


def head(text):
    """The comment at the top of a file, "" if there is none."""
    match = re.match(r"(?:%\{\s*|%option[^\n]*\n|\s)*/\*(.*?)\*/", text, re.DOTALL)
    return match.group(1) if match else ""
