"""bench/run: its lists go together, and what it writes is well formed."""
import json
import os
import re
import sys
import xml.etree.ElementTree as ElementTree

from support import SOURCE

sys.path.insert(0, os.path.join(SOURCE, "bench"))
import plot  # noqa: E402 pylint: disable=wrong-import-position
import report  # noqa: E402 pylint: disable=wrong-import-position
import rows  # noqa: E402 pylint: disable=wrong-import-position
import scripts  # noqa: E402 pylint: disable=wrong-import-position
import tools  # noqa: E402 pylint: disable=wrong-import-position


def programs_by_hand():
    with open(os.path.join(SOURCE, "bench", "limit", "bodies.bpf.c"), encoding="utf-8") as f:
        return set(re.findall(r"^(?:int |BODY\()(\w+)\(?", f.read(), re.MULTILINE))


def test_each_body_is_written_by_hand():
    wanted = {*scripts.BODIES, *scripts.EMPTY, *tools.Limit.BODIES.values()}
    assert not wanted - programs_by_hand()


def test_each_load_is_known():
    assert {body.call for body in [*scripts.BODIES.values(), *scripts.EMPTY.values()]} <= set(rows.CALLS)


def test_report():
    figures = report.Report()
    for value in (1, 2, 3, 4, 5):
        figures.add("start", "ms", "bpfline", value)
        figures.add("start", "ms", "limit", 2 * value)
    figures.skip("flood", "bpftrace", "no such tool")
    table = figures.text(["bpfline", "bpftrace", "limit"]).splitlines()
    assert re.split(r"\s{2,}", table[1].strip()) == ["start", "ms", "3 (0.50x) ±50%", "-", "6 ±50%"]
    assert table[2] == "flood without bpftrace: no such tool"
    written = json.loads(json.dumps(figures.json()))
    assert written["figures"][0]["median"] == 3 and written["skipped"][0]["row"] == "flood"


def test_plots_are_well_formed():
    groups = [("a < b", {"bpfline": 0.5, "limit": 20}), ("nothing", {"bpfline": 0})]
    bars = ElementTree.fromstring(plot.bars(groups, ["bpfline", "limit"]))
    lengths = [float(bar.get("width")) for bar in bars.iter("{http://www.w3.org/2000/svg}rect")
               if bar.get("x") == str(plot.LABEL)]
    assert lengths[0] < lengths[1] <= plot.WIDTH
    lines = ElementTree.fromstring(plot.lines({"one": [(0, 0), (10, 2)]}, "lines", "seconds"))
    assert next(lines.iter("{http://www.w3.org/2000/svg}polyline")).get("points").startswith("60.0,")
