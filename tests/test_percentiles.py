"""percentiles() against the values themselves: what it shows is within the bound that it states.

The interpreter runs the program on four CPUs with values of several distributions; Python keeps the values.
"""
import json
import math
import os
import random

import pytest

from support import Bpfline

RANKS = {"p50": 5000, "p90": 9000, "p99": 9900, "p999": 9990}
COUNT = 3000


def lognormal(rng):
    return int(rng.lognormvariate(10, 1.5))


DISTRIBUTIONS = {
    "uniform": lambda rng: rng.randrange(1_000_000),
    "exponential": lambda rng: int(rng.expovariate(1 / 250_000)),
    "lognormal": lognormal,
    "heavy tail": lambda rng: int(1000 * rng.paretovariate(0.7)),
    "two peaks": lambda rng: int(abs(rng.gauss(*rng.choice([(900, 30), (4_000_000, 90_000)])))),
    "small numbers": lambda rng: rng.randrange(64),
    "both signs": lambda rng: int(rng.gauss(0, 5_000_000)),
    "all of 64 bits": lambda rng: rng.getrandbits(64),
}


def ranked(values, rank):
    """The smallest value that is not below so many 10000ths of all."""
    return sorted(values)[-(-len(values) * rank // 10000) - 1]


def measured(bpfline, folder, expression, values):
    with open(folder / "case.bt", "w") as f:
        f.write("rawtracepoint:sys_enter { @ = percentiles(%s); }\n" % expression)
    with open(folder / "case.events", "w") as f:
        f.write("machine cpus=4\n")
        for i, value in enumerate(values):
            f.write("rawtracepoint:sys_enter cpu=%d id=%d\n" % (i % 4, value % 2**64))
    interp = os.path.join(os.path.dirname(bpfline.canned), "bpfline-interp")
    result = Bpfline(interp, bpfline.canned, None).run(
        "--target=" + bpfline.canned, "-q", "-f", "json", str(folder / "case.bt"))
    assert (result.status, result.stderr) == (0, "")
    return {k: int(v) for k, v in json.loads(result.stdout)["data"]["@"].items()}


@pytest.mark.parametrize("bits", [5, 2])
@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_within_the_bound(name, bits, bpfline, tmp_path):
    rng = random.Random(name)
    values = [DISTRIBUTIONS[name](rng) for _ in range(COUNT)]
    cast = "(int64)arg1" if name == "both signs" else "arg1"
    shown = measured(bpfline, tmp_path, "%s, %d" % (cast, bits), values)
    bound = 1 / 2 ** (bits + 1)

    assert shown["count"] == COUNT
    if sum(values) < 2**63: # what the kernel adds up
        assert shown["average"] == math.trunc(sum(values) / COUNT)
    for percentile, rank in RANKS.items():
        exact = ranked(values, rank)
        assert abs(shown[percentile] - exact) <= abs(exact) * bound
        if abs(exact) < 2 ** (bits + 1):
            assert shown[percentile] == exact
    mean = sum(values) / COUNT
    deviation = math.sqrt(sum((v - mean) ** 2 for v in values) / COUNT)
    mean_square = math.sqrt(sum(v * v for v in values) / COUNT)
    assert abs(shown["stddev"] - deviation) <= mean_square * bound + 1
