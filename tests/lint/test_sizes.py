"""Functions up to 60 lines, files up to 600; with a reason in the comment above up to 100 and 1000.

The reason begins with the words "Long because".
"""
import sources

FUNCTION, FUNCTION_WITH_REASON = 60, 100
FILE, FILE_WITH_REASON = 600, 1000
REASON = "Long because"


def functions(text):
    """(line of the opening brace, lines up to the closing one, comment above) of each function."""
    lines, found, start, comment = text.splitlines(), [], None, []
    pending = []
    for number, line in enumerate(lines, 1):
        if start is None and line.startswith("/*"):
            pending = []
        if start is None:
            pending.append(line)
        if line == "{" and start is None:
            start, comment = number, pending
        elif line == "}" and start is not None:
            found.append((start, number - start + 1, "\n".join(comment)))
            start, pending = None, []
    return found


def test_functions_are_short():
    wrong = []
    for path in sources.files(".c", ".h", ".l", ".y"):
        for line, length, comment in functions(sources.read(path)):
            limit = FUNCTION_WITH_REASON if REASON in comment else FUNCTION
            if length > limit:
                wrong.append("%s:%d: %d lines, %d are allowed" % (path, line, length, limit))
    assert not wrong, "\n".join(wrong)


def test_files_are_short():
    wrong = []
    for path in sources.files(".c", ".h", ".l", ".y"):
        text = sources.read(path)
        length = text.count("\n")
        limit = FILE_WITH_REASON if REASON in sources.head(text) else FILE
        if length > limit:
            wrong.append("%s: %d lines, %d are allowed" % (path, length, limit))
    assert not wrong, "\n".join(wrong)


def test_files_say_what_they_own():
    wrong = [path for path in sources.files(".c", ".h", ".l", ".y")
             if not sources.head(sources.read(path)).strip()]
    assert not wrong, "no comment at the head: %s" % wrong
