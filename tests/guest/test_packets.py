"""skboutput() by functions of the kernel, which the machine that builds may lack: in guests."""
import json
import os
import shutil
import subprocess
import sys

import pytest

from support import environment

HERE = os.path.dirname(os.path.abspath(__file__))
KERNELS = ["5.10", "6.1", "6.12", "7.2"]
NO_GUEST = 125  # vmrun could not fetch or boot
# Where a packet of the loopback device passes once, and is still there.
PROBES = ["fentry:ip_rcv", "fexit:eth_type_trans", "rawtracepoint:netif_receive_skb"]


@pytest.fixture(scope="module", params=KERNELS)
def outcomes(request, bpfline):
    """{probe: why not, or None} on a kernel."""
    if not shutil.which("qemu-system-x86_64"):
        pytest.skip("no qemu-system-x86_64")
    done = subprocess.run(
        [sys.executable, os.path.join(HERE, "vmrun"), "--kernel", request.param, "--timeout", "400", "--",
         "/usr/bin/python3", os.path.join(HERE, "run_packets.py"), bpfline.path, *PROBES],
        capture_output=True, text=True, errors="replace", env=environment(), check=False)
    if done.returncode == NO_GUEST:
        pytest.skip("no guest with %s: %s" % (request.param, done.stderr.strip().splitlines()[-1:]))
    found = dict(json.loads(line) for line in done.stdout.splitlines() if line.startswith("["))
    assert done.returncode == 0, done.stdout + done.stderr
    return found


@pytest.mark.parametrize("probe", PROBES)
def test_what_is_sent_is_in_the_file(outcomes, probe):
    assert probe in outcomes, "did not run"
    assert outcomes[probe] is None, outcomes[probe]
