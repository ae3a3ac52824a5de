"""Listening, and how a real process ends."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

import deepgin as package
from deepgin.errors import UsageError
from deepgin.service.server import PortTaken, address_at, listen

ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(package.__file__).parents[1])}
# A fill takes as long as the file is not there, but for the two that the service begins with.
SLOW = """
import sys, time
from pathlib import Path
from deepgin.commands import main
from deepgin.runtimes.torch import TorchRuntime

fill, warm, gate = TorchRuntime.fill, [], Path(sys.argv.pop(1))

def slow(self, *arguments):
    while len(warm) > 1 and not gate.exists():
        gate.with_suffix(".begun").touch()
        time.sleep(0.01)
    warm.append(1)
    return fill(self, *arguments)

TorchRuntime.fill = slow
sys.exit(main(["serve", "--port", "0", *sys.argv[1:]]))
"""


@pytest.fixture
def process(tmp_path, weights):
    """Starts `deepgin serve` with fills that wait; gives the process, its address, its gate."""
    gate, running = tmp_path / "gate", []

    def start(*arguments):
        command = [sys.executable, "-c", SLOW, gate, "--weights", weights, *arguments]
        one = subprocess.Popen(command, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)
        running.append(one)
        for line in one.stderr:
            if found := re.search(r"serving at (\S+)", line):
                return one, found[1], gate
        raise AssertionError(f"it ended with {one.wait()}")

    yield start
    for one in running:
        one.kill()
        one.communicate()


def begun(gate):
    end = time.monotonic() + 20
    while not gate.with_suffix(".begun").exists():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_what_was_taken_is_finished(process, upload, sentence, end):
    one, address, gate = process()
    with ThreadPoolExecutor(3) as pool, httpx.Client(base_url=address, timeout=30) as c:
        taken = [pool.submit(c.post, "/v1/inpaint", files=upload(seed=i)) for i in range(3)]
        begun(gate)
        while "deepgin_queue_length 3.0" not in c.get("/metrics").text:
            time.sleep(0.01)
        one.send_signal(end)
        while c.get("/readyz").status_code == 200:
            time.sleep(0.01)
        sentence(c.post("/v1/inpaint", files=upload()), 503)
        gate.touch()
        assert [answer.result().status_code for answer in taken] == [200] * 3
    _, rest = one.communicate(timeout=20)
    assert (one.returncode, rest.count("\n")) == (0, 1)  # one line, no traceback


def test_a_second_signal_ends_at_once(process, upload):
    one, address, gate = process()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(httpx.post, f"{address}/v1/inpaint", files=upload(), timeout=30)
        begun(gate)
        one.send_signal(signal.SIGTERM)
        while httpx.get(f"{address}/readyz").status_code == 200:
            time.sleep(0.01)
        one.send_signal(signal.SIGTERM)
        assert one.wait(10) == 128 + signal.SIGTERM
        with pytest.raises(httpx.RemoteProtocolError):
            asked.result()


def test_a_port_that_is_taken():
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(PortTaken, match=f"127.0.0.1:{port}") as raised:
            listen("127.0.0.1", port)
    assert raised.value.field == "port"


@pytest.mark.parametrize("host", ["203.0.113.7", "no.such.host.invalid"])
def test_an_address_of_another_machine(host):
    with pytest.raises(UsageError, match=f"{re.escape(host)}:8000") as raised:
        listen(host, 8000)
    assert raised.value.field == "host"


@pytest.mark.parametrize(
    ("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "localhost"), ("::1", "[::1]")]
)
def test_listening(host, shown):
    if ":" in host and not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    with listen(host, 0) as listening:
        assert address_at(listening) == f"http://{shown}:{listening.getsockname()[1]}"
        # Where asyncio does not see the protocol each answer waits for the client's 40 ms.
        assert listening.proto == socket.IPPROTO_TCP
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # who reads nothing is dropped
            with socket.create_connection(listening.getsockname()[:2]):
                taken, _ = listening.accept()
            with taken:
                assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000
