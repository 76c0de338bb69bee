"""What all tests share: which build is tested, where the canned target and the load are, counts."""
import ctypes
import os
import signal

import pytest

import support

BPF_PROG_TYPE_RAW_TRACEPOINT = 17


def pytest_addoption(parser):
    parser.addoption("--build", default=os.path.join(support.SOURCE, "build"),
                     help="the build directory to test")
    parser.addoption("--update", action="store_true", help="rewrite the expected texts of tests/golden")
    parser.addoption("--turns", type=int, default=10,
                     help="how often what may go wrong by chance is tried")
    parser.addoption("--counts", help="file that gets 'passed failed skipped'")


def pytest_generate_tests(metafunc):
    if "turn" in metafunc.fixturenames:
        metafunc.parametrize("turn", range(metafunc.config.getoption("--turns")))


@pytest.fixture(scope="session", autouse=True)
def usual_signals():
    """Jobs in the background of a shell, or behind nohup, start with some ignored, and all that tests start would inherit it."""
    for number in (signal.SIGQUIT, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, lambda *_: None)  # still nothing to us, and the default to what is started


@pytest.fixture(scope="session")
def build(pytestconfig):
    return os.path.abspath(pytestconfig.getoption("--build"))


@pytest.fixture(scope="session")
def load(build):
    return os.path.join(build, "tests", "load")


@pytest.fixture(scope="session")
def bpfline(build, load):
    path = os.path.join(build, "cli", "bpfline")
    assert os.access(path, os.X_OK), "%s is not built" % path
    return support.Bpfline(path, os.path.join(build, "tests", "canned"), load)


def can_trace():
    """None when this process may load a tracing program, else why not."""
    if os.geteuid() != 0:
        return "not root"
    insns = bytes([0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0])  # r0 = 0; exit
    licence = b"GPL\0"
    code, text = ctypes.create_string_buffer(insns), ctypes.create_string_buffer(licence)
    attr = (ctypes.c_uint32 * 32)()
    attr[0], attr[1] = BPF_PROG_TYPE_RAW_TRACEPOINT, len(insns) // 8
    ctypes.cast(attr, ctypes.POINTER(ctypes.c_uint64))[1] = ctypes.addressof(code)
    ctypes.cast(attr, ctypes.POINTER(ctypes.c_uint64))[2] = ctypes.addressof(text)
    libc = ctypes.CDLL(None, use_errno=True)
    fd = libc.syscall(321, 5, attr, ctypes.sizeof(attr))  # bpf(BPF_PROG_LOAD)
    if fd < 0:
        return "the kernel refuses BPF programs: %s" % os.strerror(ctypes.get_errno())
    os.close(fd)
    return None


@pytest.fixture(scope="session")
def live():
    """Skips where no program can be loaded."""
    why = can_trace()
    if why:
        pytest.skip(why)


COUNTS = {"passed": 0, "failed": 0, "skipped": 0}


def pytest_runtest_logreport(report):
    if report.when == "call" or report.outcome != "passed":
        COUNTS[report.outcome] += 1


def pytest_collectreport(report):
    if report.failed:
        COUNTS["failed"] += 1


def pytest_sessionfinish(session):
    path = session.config.getoption("--counts")
    if path:
        with open(path, "w", encoding="ascii") as f:
            f.write("%(passed)d %(failed)d %(skipped)d\n" % COUNTS)
