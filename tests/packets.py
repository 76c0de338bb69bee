"""Packets over the loopback device, and the files that skboutput() writes them to."""
import os
import socket
import struct
import tempfile
import time

MAGIC_NS, LINK_RAW_IP = 0xA1B23C4D, 101
FILE_HEADER, PACKET_HEADER = struct.Struct("IHHIIII"), struct.Struct("IIII")
UDP = 17


class Packet:
    """One of a file; `whole`: bytes it had where it was seen."""

    def __init__(self, seconds, ns, whole, data):
        self.time = seconds + ns / 1e9
        self.ns = ns
        self.whole = whole
        self.data = data

    def udp(self):
        """(port it goes to, payload) of UDP over IPv4, else (0, b"")."""
        if len(self.data) < 28 or self.data[0] >> 4 != 4 or self.data[9] != UDP:
            return 0, b""
        start = (self.data[0] & 15) * 4
        length = struct.unpack_from(">H", self.data, 2)[0]
        return struct.unpack_from(">H", self.data, start + 2)[0], self.data[start + 8:length]


def read_pcap(path):
    with open(path, "rb") as file:
        data = file.read()
    magic, major, minor, zone, accuracy, most, link = FILE_HEADER.unpack_from(data)
    assert (magic, major, minor, zone, accuracy) == (MAGIC_NS, 2, 4, 0, 0)
    assert link == LINK_RAW_IP and most >= 65535
    at, packets = FILE_HEADER.size, []
    while at < len(data):
        seconds, ns, size, whole = PACKET_HEADER.unpack_from(data, at)
        at += PACKET_HEADER.size
        assert ns < 10 ** 9 and size <= min(whole, most) and at + size <= len(data)
        packets.append(Packet(seconds, ns, whole, data[at:at + size]))
        at += size
    return packets


class Receiver:
    """A UDP socket on the loopback device, so that what is sent there is answered by nothing."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]

    def send(self, payloads):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for payload in payloads:
                sender.sendto(payload, ("127.0.0.1", self.port))

    def mine(self, packets):
        return [packet for packet in packets if packet.udp()[0] == self.port]


PAYLOADS = [b"first", b"", b"x" * 1400, *(b"number %d" % i for i in range(20))]


def check_probe(bpfline, probe, skipped=0):
    """Exactly what was sent is in the file, in that order, with its times."""
    receiver = Receiver()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "out.pcap")
        script = '%s { skboutput("%s", args.skb, args.skb->len, %d); }' % (probe, path, skipped)
        with bpfline.start(script, "--strict") as tracer:
            start = time.time()
            receiver.send(PAYLOADS)
            end = time.time()
            result = tracer.stop()
        assert (result.status, result.stderr) == (0, "Attached 1 probe\n"), result.stderr
        packets = receiver.mine(read_pcap(path))
    assert [packet.udp()[1] for packet in packets] == PAYLOADS
    for packet in packets:
        assert packet.whole == len(packet.data) == 28 + len(packet.udp()[1])
        assert start - 0.1 <= packet.time <= end + 0.1, (start, packet.time, end)
    assert [packet.time for packet in packets] == sorted(packet.time for packet in packets)
