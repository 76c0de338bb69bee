"""No writable data outside functions' frames: what lasts is passed around (style.md, 14)."""
import os
import subprocess

import sources

WRITABLE = (".data", ".bss", "*COM*", ".tdata", ".tbss")


def objects(build):
    for folder in sources.LAYERS:
        for where, _, names in os.walk(os.path.join(build, folder)):
            for name in names:
                if name.endswith(".o"):
                    yield os.path.join(where, name)


def test_nothing_writable_outlives_a_call(build):
    paths = list(objects(build))
    assert paths, "no objects in %s" % build
    table = subprocess.run(["nm", "--format=sysv", *paths], capture_output=True, text=True, check=True).stdout
    wrong, file = [], ""
    for line in table.splitlines():
        if line.startswith("Symbols from "):
            file = os.path.relpath(line[len("Symbols from "):].rstrip(":"), build)
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) != 7 or cells[3] not in ("OBJECT", "TLS"):
            continue
        # .data.rel.ro holds constants with addresses in them: read-only once relocated.
        if cells[6].startswith(WRITABLE) and not cells[6].startswith(".data.rel.ro"):
            wrong.append("%s: %s in %s" % (file, cells[0], cells[6]))
    assert not wrong, "\n".join(wrong)
