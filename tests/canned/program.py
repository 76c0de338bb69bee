"""The canned target's one program, /bin/program: small, and the same wherever the tests are built.

Loaded at 0x400000 as one executable segment.  Addresses below are offsets of the file.
"""
import struct

BASE = 0x400000
TEXT = 0x100
FUNCTIONS = {  # name: code
    "main": "55 48 89 e5 b8 00 00 00 00 5d c3",          # push, mov, mov $0, pop, ret
    "read_line": "f3 0f 1e fa 48 8d 04 37 c3",           # endbr64, lea, ret
    "read_word": "48 01 f7 48 89 f8 c3",                 # add, mov, ret
    "tick": "90 90 c3",                                  # two probes
    "_ZN2ns1fEPKc": "31 c0 c3",                          # ns::f(char const*)
    "readline": "31 c0 c3",                              # for the manual: /bin/bash is the same file
}
SEMAPHORE = 0xf0
NOTES = [  # name, offset into tick, semaphore, arguments
    ("step", 0, 0, "-4@%edi 8@16(%rsp) 1@%ah -2@$-7 4@8(%rax,%rcx,4)"),
    ("step", 1, 0, "-4@-20(%rbp) 8@%rsi 1@$9 -2@%dx 4@total(%rip)"),
    ("guarded", 0, SEMAPHORE, "8@%rdi"),
    ("strange", 0, 0, "8f@%xmm0"),
]


def padded(data, size=4):
    return data + b"\0" * (-len(data) % size)


def symbol(name_at, kind, section, address, size):
    return struct.pack("<IBBHQQ", name_at, 1 << 4 | kind, 0, section, address, size)


def text_and_symbols():
    """The code, the symbols, their names and the addresses of the functions."""
    code, symbols, names, places = b"", symbol(0, 0, 0, 0, 0), b"\0", {}
    for name, listing in FUNCTIONS.items():
        body = bytes.fromhex(listing)
        places[name] = BASE + TEXT + len(code)
        symbols += symbol(len(names), 2, 1, places[name], len(body))
        names += name.encode() + b"\0"
        code += padded(body, 16)
    symbols += symbol(len(names), 1, 1, BASE + 0xf8, 4)
    return code, symbols, names + b"total\0", places


def notes(tick):
    data = b""
    for name, offset, semaphore, args in NOTES:
        texts = b"program\0" + name.encode() + b"\0" + args.encode() + b"\0"
        body = struct.pack("<QQQ", tick + offset, 0, BASE + semaphore if semaphore else 0) + texts
        data += struct.pack("<III", 8, len(body), 3) + b"stapsdt\0" + padded(body)
    return data


def write_program(path):
    code, symbols, names, places = text_and_symbols()
    sections = [(".text", 1, code), (".symtab", 2, symbols), (".strtab", 3, names),
                (".note.stapsdt", 7, notes(places["tick"]))]
    section_names = b"\0" + b"".join(name.encode() + b"\0" for name, _, _ in sections) + b".shstrtab\0"
    sections.append((".shstrtab", 3, section_names))
    data, headers, name_at = b"", b"\0" * 64, 1
    for name, kind, content in sections:
        at = TEXT + len(data)
        headers += struct.pack("<IIQQQQIIQQ", name_at, kind, 0, BASE + at if kind == 1 else 0, at, len(content),
                               3 if kind == 2 else 0, 0, 4, 24 if kind == 2 else 0)
        name_at += len(name) + 1
        data += padded(content, 16)
    end = TEXT + len(data)
    header = b"\x7fELF\x02\x01\x01" + b"\0" * 9 + struct.pack(
        "<HHIQQQIHHHHHH", 2, 62, 1, places["main"], 64, end, 0, 64, 56, 1, 64, len(sections) + 1, len(sections))
    segment = struct.pack("<IIQQQQQQ", 1, 7, 0, BASE, BASE, end, end, 0x1000)
    with open(path, "wb") as f:
        f.write((header + segment).ljust(TEXT, b"\0") + data + headers)
