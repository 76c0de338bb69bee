"""Probes that need a process of their own beside the tracer: watchpoints, signals."""
import os
import re
import signal
import subprocess
import time

import pytest

SOURCE = r"""
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static volatile long watched;

static void *add(void *count)
{
	for (long i = 0; i < (long)count; i++)
		watched++;
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	char byte;

	printf("%p\n", (void *)&watched);
	fflush(stdout);
	if (argc > 2 && read(0, &byte, 1) != 1)
		return 1;
	add((void *)atol(argv[1]));
	pthread_create(&thread, NULL, add, (void *)atol(argv[1]));
	pthread_join(thread, NULL);
	return 0;
}
"""


@pytest.fixture(autouse=True)
def needs_bpf(live):
    """All tests here load programs."""


@pytest.fixture(scope="module")
def writer(tmp_path_factory):
    """A program that adds N times to a variable in each of two threads; its address is always the same."""
    folder = tmp_path_factory.mktemp("writer")
    source, program = os.path.join(folder, "writer.c"), os.path.join(folder, "writer")
    with open(source, "w", encoding="utf-8") as f:
        f.write(SOURCE)
    subprocess.run(["cc", "-no-pie", "-O1", "-pthread", "-o", program, source], check=True)
    address = subprocess.run([program, "0"], capture_output=True, text=True, check=True).stdout.strip()
    return program, address


def test_watchpoint_counts_every_write(bpfline, writer):
    program, address = writer
    script = "watchpoint:%s:8:w /reg(\"ip\") < 0x800000/ { @[comm] = count(); }" % address
    result = bpfline.script(script, "-c", "%s 500" % program)
    assert result.status == 0, result.stderr
    assert result.maps == {"@[writer]": "1000"}


def test_watchpoint_sees_all_threads_of_a_process(bpfline, writer):
    program, address = writer
    process = subprocess.Popen([program, "300", "wait"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    with bpfline.start("watchpoint:%s:8:rw { @ = count(); }" % address, "-p", str(process.pid)) as tracer:
        process.communicate(b"x")
        result = tracer.wait()
    assert result.maps == {"@": "1200"}  # each addition reads and writes


def test_execution_is_watched(bpfline, writer):
    program, _ = writer
    symbols = subprocess.run(["nm", program], capture_output=True, text=True, check=True).stdout
    address = re.search(r"^([0-9a-f]+) t add$", symbols, re.MULTILINE).group(1)
    result = bpfline.script("watchpoint:0x%s:8:x { @ = count(); }" % address, "-c", "%s 5" % program)
    assert result.maps == {"@": "2"}


def test_signal_runs_the_probe_and_ends_nothing(bpfline):
    with bpfline.start('self:signal:SIGUSR1 { @n++; printf("%d\\n", @n); }') as tracer:
        for _ in range(3):
            tracer.process.send_signal(signal.SIGUSR1)
            time.sleep(0.05)
        result = tracer.stop()
    assert result.status == 0
    assert result.stdout == "1\n2\n3\n\n\n@n: 3\n"


def test_signal_without_a_probe_does_nothing(bpfline):
    with bpfline.start("interval:s:60 { }") as tracer:
        tracer.process.send_signal(signal.SIGUSR1)
        time.sleep(0.05)
        result = tracer.stop()
    assert result.status == 0
    assert result.stderr == "Attached 1 probe\n"


def test_iterator_of_one_process(bpfline):
    with subprocess.Popen(["sleep", "60"]) as process:
        result = bpfline.script("iter:task_vma { @[ctx.task.comm] = count(); }", "-p", str(process.pid))
        process.kill()
    assert set(result.maps) == {"@[sleep]"}
