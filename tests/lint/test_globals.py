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
    wrong, seen = [], 0
    for path in objects(build):
        seen += 1
        table = subprocess.run(["nm", "--format=sysv", path], capture_output=True, text=True,
                               check=True).stdout
        for line in table.splitlines():
            cells = [cell.strip() for cell in line.split("|")]
            if len(cells) != 7 or cells[3] not in ("OBJECT", "TLS"):
                continue
            section = cells[6]
            # .data.rel.ro holds constants with addresses in them: read-only once relocated.
            if section.startswith(WRITABLE) and not section.startswith(".data.rel.ro"):
                wrong.append("%s: %s in %s" % (os.path.relpath(path, build), cells[0], section))
    assert seen, "no objects in %s" % build
    assert not wrong, "\n".join(wrong)
