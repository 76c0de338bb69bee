"""No event is lost without being told: small buffers, small maps, printing while counting."""
import json
import re

import pytest

from support import NAME

OURS = 'strncmp(comm, "%s", %d) == 0' % (NAME, len(NAME))
GETPPID = "tracepoint:syscalls:sys_enter_getppid /%s/ " % OURS


@pytest.fixture(autouse=True)
def needs_bpf(live):
    """All tests here load programs."""


def test_delivered_and_lost_make_all(bpfline, turn):
    """A ring buffer of one page, a map of 16 keys."""
    result = bpfline.count("config = { perf_rb_pages = 1; max_map_keys = 16 } " + GETPPID +
                           '{ printf("x\\n"); @n++; @[@n % 1000] = count(); }', "-t 2 getppid 20000")
    lost = re.search(r"Total lost event count: (\d+)", result.stderr)
    full = re.search(r"\((\d+) times, in @\)", result.stderr)
    kept = sum(int(n) for n in re.findall(r"^@\[\d+\]: (\d+)", result.stdout, re.MULTILINE))
    assert result.stdout.count("x\n") + (int(lost.group(1)) if lost else 0) == 40000
    assert kept + int(full.group(1)) == 40000


@pytest.mark.parametrize("update", ["count()", "stats(3)", "min(3)", "hist(7)", "1"])
def test_a_map_takes_all_elements_that_it_has_room_for(bpfline, update):
    """New ones as fast as they can come: the kernel has to have memory for them."""
    result = bpfline.count("config = { max_map_keys = 4000 } " + GETPPID + "{ @n++; @[@n] = %s; }" % update,
                           "getppid 4000")
    assert len(re.findall(r"^@\[\d+\]", result.stdout, re.MULTILINE)) == 4000
    assert result.stderr.count("WARNING") == 0


def test_losses_are_told_in_json_and_by_the_status(bpfline):
    result = bpfline.count("config = { perf_rb_pages = 1 } " + GETPPID + '{ printf("x\\n"); printf("y\\n"); }',
                           "-t 2 getppid 50000", "-f", "json", "--strict")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    told = [line for line in lines if line["type"] == "lost_events"]
    delivered = sum(line["type"] == "printf" for line in lines)
    lost = told[0]["count"] if told else 0
    assert delivered + lost == 200000
    assert result.status == (6 if lost else 0)


def test_exit_gets_through_a_full_buffer(bpfline, turn):
    result = bpfline.count("config = { perf_rb_pages = 1 } " + GETPPID +
                           '{ @n++; printf("x %d\\n", @n); if (@n >= 20000) { exit(7); } }',
                           "-t 2 -g getppid 1000", timeout=5)
    assert result.status == 7


COUNTED = {
    "a count": ("@ = count();", 1),
    "counts by key": ("@[cpu, tid % 7] = count();", 1),
    "sums by key": ("@[tid % 7] = sum(3);", 3),
    "an integer": ("@++;", 1),
    "integers by key": ("@[tid] += 2;", 2),
    "few of many keys at a time": ("@[nsecs / 1000000 % 3000] = count();", 1),
}


@pytest.mark.parametrize("how", ["clear", "zero"])
@pytest.mark.parametrize("what", COUNTED)
def test_prints_of_a_map_that_is_emptied_add_up(bpfline, what, how):
    """Four threads count while the map is printed and emptied 50 times a second."""
    update, each = COUNTED[what]
    result = bpfline.count(GETPPID + "{ %s } interval:ms:20 { print(@); %s(@); }" % (update, how),
                           "-t 4 getppid 200000")
    prints = [int(n) for n in re.findall(r"^@(?:\[.*\])?: (\d+)$", result.stdout, re.MULTILINE)]
    assert sum(prints) == 4 * 200000 * each, result.stderr
    assert len(prints) > 3


def test_buckets_of_a_histogram_that_is_cleared_add_up(bpfline):
    result = bpfline.count(GETPPID + "{ @ = hist(nsecs % 1000); } interval:ms:20 { print(@); clear(@); }",
                           "-t 4 getppid 200000")
    rows = re.findall(r"^[\[(].*?\s+(\d+) \|", result.stdout, re.MULTILINE)
    assert sum(int(n) for n in rows) == 4 * 200000


def test_a_map_that_programs_read_is_emptied_for_them(bpfline):
    """What has_key() and reads see is gone after clear()."""
    result = bpfline.script("begin { @a[1] = count(); @b[1] = 5; } interval:ms:50 { @n++; "
                            "if (@n == 1) { clear(@a); clear(@b); } "
                            'else { printf("%d %d %d\\n", has_key(@a, 1), @b[1], len(@a)); exit(); } }')
    assert result.stdout.startswith("0 0 0\n")
