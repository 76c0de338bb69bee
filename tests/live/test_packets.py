"""skboutput(): what is in the files, what is lost, and what cannot be written."""
import errno
import json
import os
import socket
import time

import pytest

from packets import PAYLOADS, Receiver, check_probe, read_pcap

RECEIVED = "rawtracepoint:netif_receive_skb"
TOO_LONG, NO_ROOM = -14, -28  # EFAULT, ENOSPC


@pytest.fixture(autouse=True)
def needs_typed_tracepoints(live):
    """All tests here load programs that are for one tracepoint."""
    if not os.access("/sys/kernel/btf/vmlinux", os.R_OK):
        pytest.skip("the kernel has no BTF")


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "out.pcap")


def trace(bpfline, script, payloads, *options):
    """The result of a run during which these were sent, and who received them."""
    receiver = Receiver()
    with bpfline.start(script, *options) as tracer:
        receiver.send(payloads)
        return tracer.stop(), receiver


@pytest.mark.parametrize("probe, skipped", [(RECEIVED, 0), ("rawtracepoint:net_dev_queue", 14)])
def test_what_is_sent_is_in_the_file(bpfline, probe, skipped):
    check_probe(bpfline, probe, skipped)


def test_one_file_for_several_places_by_any_path(bpfline, tmp_path):
    """Three probes, two programs; two names of one file; and a file of its own for the third."""
    (tmp_path / "link.pcap").symlink_to("out.pcap")
    (tmp_path / "out.pcap").write_bytes(b"what was there before" * 100)
    script = """%s { skboutput("out.pcap", args.skb, args.skb->len, 0); }
                rawtracepoint:net_dev_queue { skboutput("link.pcap", args.skb, args.skb->len, 14); }
                %s { skboutput("./other.pcap", args.skb, args.skb->len, 0); }""" % (RECEIVED, RECEIVED)
    before = os.getcwd()
    os.chdir(tmp_path)
    try:
        result, receiver = trace(bpfline, script, [b"once"])
    finally:
        os.chdir(before)
    assert result.status == 0, result.stderr
    both, other = (receiver.mine(read_pcap(str(tmp_path / name))) for name in ("out.pcap", "other.pcap"))
    assert [packet.udp()[1] for packet in both] == [b"once", b"once"]
    assert [packet.udp()[1] for packet in other] == [b"once"]


def test_less_than_the_packet(bpfline, path):
    script = '%s { skboutput("%s", args.skb, 30, 10); print(skboutput("%s", args.skb, 5, 0)); }' % (
        RECEIVED, path, path)
    result, _ = trace(bpfline, script, [b"x" * 100])
    assert set(result.stdout.split()) == {"0"}
    sizes = {(len(packet.data), packet.whole) for packet in read_pcap(path)}
    assert {(20, 118), (5, 128)} <= sizes


def test_the_largest_packets_are_cut(bpfline, path):
    script = '%s { print((args.skb->len, skboutput("%s", args.skb, args.skb->len, 0))); }' % (RECEIVED, path)
    result, receiver = trace(bpfline, script, [b"y" * 65507])
    assert "(65535, 0)" in result.stdout.splitlines()
    large = [packet for packet in read_pcap(path) if packet.whole == 65535]
    assert [len(packet.data) for packet in large] == [65492]
    assert large[0].data[28:] == b"y" * (65492 - 28) and receiver.mine(large)


def test_more_than_the_packet_is_an_error(bpfline, path):
    script = '%s { @[skboutput("%s", args.skb, 65000, 0)] = count(); }' % (RECEIVED, path)
    result, _ = trace(bpfline, script, PAYLOADS[:2])
    assert list(result.maps) == ["@[%d]" % TOO_LONG]
    assert (result.status, result.stderr) == (0, "Attached 1 probe\n")
    assert read_pcap(path) == []
    result, _ = trace(bpfline, script, PAYLOADS[:2], "-k", "--strict")
    assert result.status == 0
    assert "not as much of it as was asked for: nothing was written (" in result.stderr


@pytest.mark.parametrize("pages", [1, 0])
def test_losses_are_counted_exactly(bpfline, path, pages):
    script = """config = { perf_rb_pages = %d }
                %s { for $i : 0..20000 { @[skboutput("%s", args.skb, args.skb->len, 0)] = count(); } }""" % (
                    pages, RECEIVED, path)
    result, _ = trace(bpfline, script, [b"%d" % i for i in range(3)], "--strict", "-f", "json")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    counts = [line["data"]["@"] for line in lines if line["type"] == "map"][0]
    lost = sum(line["data"]["events"] for line in lines if line["type"] == "lost_events")
    assert lost > 0 or pages == 0  # from a buffer of the usual size it may read as fast as they come
    assert lost == counts.get(str(NO_ROOM), 0)
    assert len(read_pcap(path)) == counts["0"] > 0
    assert result.status == (6 if lost else 0)
    told = "%d packets were lost here: the buffer of the CPU had no room" % lost
    assert (told in result.stdout + result.stderr) == (lost > 0)


def test_unbuffered_it_is_there_at_once(bpfline, path):
    receiver = Receiver()
    with bpfline.start('%s { skboutput("%s", args.skb, args.skb->len, 0); }' % (RECEIVED, path),
                       "-B", "none") as tracer:
        receiver.send([b"now"])
        limit = time.monotonic() + 10
        while not receiver.mine(read_pcap(path) if os.path.getsize(path) else []) and time.monotonic() < limit:
            time.sleep(0.01)
        assert [packet.udp()[1] for packet in receiver.mine(read_pcap(path))] == [b"now"]
        tracer.stop()


def test_without_a_packet_there_is_an_empty_file(bpfline, path):
    result = bpfline.script('%s /args.skb->len == 1/ { skboutput("%s", args.skb, args.skb->len, 0); } interval:ms:1 { exit(); }' % (
        RECEIVED, path))
    assert result.status == 0
    assert read_pcap(path) == []


def test_a_dry_run_leaves_the_file_alone(bpfline, path):
    with open(path, "w", encoding="utf-8") as file:
        file.write("precious")
    result = bpfline.script('%s { skboutput("%s", args.skb, args.skb->len, 0); }' % (RECEIVED, path), "--dry-run")
    assert result.status == 0
    with open(path, encoding="utf-8") as file:
        assert file.read() == "precious"


def unwritable(tmp_path, kind):
    if kind == "a pipe without a reader":
        os.mkfifo(tmp_path / "pipe")
        return tmp_path / "pipe", "nobody reads this pipe"
    if kind == "a folder":
        return tmp_path, "Is a directory"
    return tmp_path / "none" / "out.pcap", "No such file or directory"


@pytest.mark.parametrize("kind", ["a pipe without a reader", "a folder", "a missing folder"])
def test_a_file_that_cannot_be_made(bpfline, tmp_path, kind):
    path, why = unwritable(tmp_path, kind)
    call = 'skboutput("%s", args.skb, args.skb->len, 0)' % path
    script = "begin { print(1); } %s { %s; }" % (RECEIVED, call)
    result = bpfline.script(script)
    assert (result.status, result.stdout) == (1, "")
    column = script.index(call) + 1
    place = "stdin:1:%d-%d" % (column, column + len(call))
    lines = result.stderr.splitlines()
    assert lines[0] == '%s: ERROR: Failed to open the file for packets: "%s": %s' % (place, path, why)
    assert len(lines) == 3 and lines[2].strip() == "~" * len(call)


def test_a_full_disk(bpfline):
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full")
    result, _ = trace(bpfline, '%s { skboutput("/dev/full", args.skb, args.skb->len, 0); }' % RECEIVED, PAYLOADS)
    assert result.status == 1
    assert "ERROR: failed to write packets to '/dev/full': No space left on device" in result.stderr


def test_an_argument_that_may_be_missing(bpfline, path):
    """Since 6.13 the kernel says of some that they may be."""
    if "sk_buff * skb__nullable" not in bpfline.run("-lv", "rawtracepoint:tcp_send_reset").stdout:
        pytest.skip("no such argument here")
    call = 'skboutput("%s", args.skb__nullable, args.skb__nullable->len, 0);' % path
    result = bpfline.script("rawtracepoint:tcp_send_reset { %s }" % call)
    assert result.status == 255
    assert "HINT: this argument may be 0" in result.stderr and "mistake" not in result.stderr
    receiver = socket.socket()
    receiver.bind(("127.0.0.1", 0))  # and listens not
    with bpfline.start("rawtracepoint:tcp_send_reset /args.skb__nullable/ { %s }" % call) as tracer:
        with socket.socket() as sender:
            assert sender.connect_ex(receiver.getsockname()) == errno.ECONNREFUSED
        result = tracer.stop()
    receiver.close()
    assert (result.status, result.stderr) == (0, "Attached 1 probe\n")
    assert read_pcap(path)
