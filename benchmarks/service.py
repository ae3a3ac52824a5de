"""A load test of `deepgin serve` on loopback: throughput, latency at saturation, memory.

python benchmarks/service.py [--requests 200] [--clients 8] [--size 256] [--soak 10000]
    [--weights FILE] [--device auto]

Without --weights the network is a tiny one of random weights, so that what is measured is the
service; `--weights own` takes those of the package. The clients run on the same machine. "one by
one" is one client that waits for each answer; "full" has twice as many clients as the queue has
places, who ask again after a quarter of a second when they are refused. Latency is of what was filled.
"""

import argparse
import asyncio
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from io import BytesIO
from pathlib import Path

import httpx
import numpy as np
import torch
from measure import heading
from PIL import Image

from deepgin.network import build
from deepgin.weights import save

KIND = "multipart/form-data; boundary=x"


def body(size: int) -> bytes:
    """Return the body of a request: a picture of soft noise, and a mask."""
    draw = np.random.default_rng(0)
    small = Image.fromarray(draw.integers(0, 256, (16, 16, 3), dtype=np.uint8))
    mask = np.zeros((size, size), np.uint8)
    mask[size // 4 : size // 2, size // 4 : size // 2] = 255
    parts = b""
    for name, image in (
        ("picture", small.resize((size, size))),
        ("mask", Image.fromarray(mask)),
    ):
        file = BytesIO()
        image.save(file, "PNG")
        head = f'--x\r\nContent-Disposition: form-data; name="{name}"; filename="a.png"\r\n\r\n'
        parts += head.encode() + file.getvalue() + b"\r\n"
    # The service and the network are measured, not the search for texture.
    parts += b'--x\r\nContent-Disposition: form-data; name="texture"\r\n\r\noff\r\n'
    return parts + b"--x--\r\n"


class Load:
    """Requests to one service."""

    def __init__(self, address: str, content: bytes) -> None:
        self.address, self.content = address, content

    async def run(self, clients: int, requests: int) -> tuple[float, list[float], Counter[int]]:
        """Fill so many; return the seconds for all, those of each, and the codes."""
        codes: Counter[int] = Counter()
        seconds: list[float] = []
        left = requests
        began = time.perf_counter()

        async def client() -> None:
            nonlocal left
            async with httpx.AsyncClient(timeout=300) as c:
                while left > 0:
                    left -= 1
                    asked = time.perf_counter()
                    code = await self._ask(c)
                    codes[code] += 1
                    if code == 200:
                        seconds.append(time.perf_counter() - asked)
                    else:
                        left += 1
                        await asyncio.sleep(0.25)

        await asyncio.gather(*(client() for _ in range(clients)))
        return time.perf_counter() - began, seconds, codes

    async def _ask(self, c: httpx.AsyncClient) -> int:
        try:
            headers = {"Content-Type": KIND}
            url = f"{self.address}/v1/inpaint"
            return (await c.post(url, content=self.content, headers=headers)).status_code
        except httpx.HTTPError:
            return 0

    def memory(self) -> float:
        """Return the resident memory of the service in MB."""
        text = httpx.get(f"{self.address}/metrics").text
        found = re.search(r"^process_resident_memory_bytes (\S+)", text, re.MULTILINE)
        return float(found[1]) / 2**20 if found else float("nan")


def row(name: str, clients: int, found: tuple[float, list[float], Counter[int]]) -> None:
    """Print a row of the table."""
    took, seconds, codes = found
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    told = " | ".join(f"{cuts[i] * 1e3:.0f}" for i in (49, 94, 98))
    others = sum(count for code, count in codes.items() if code not in (200, 429))
    print(
        f"| {name} | {clients} | {codes[200]} | {codes[200] / took:.1f} | {told} | {codes[429]} | "
        f"{others} |",
        flush=True,
    )


def measure(load: Load, args: argparse.Namespace) -> None:
    """Run all loads and print the tables."""
    asyncio.run(load.run(1, 20))
    print("\n| load | clients | filled | a second | p50, ms | p95 | p99 | 429 | other errors |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    row("one by one", 1, asyncio.run(load.run(1, args.requests)))
    row("together", args.clients, asyncio.run(load.run(args.clients, args.requests)))
    many = 2 * args.queue
    row("full", many, asyncio.run(load.run(many, max(args.requests, 3 * many))))
    if args.soak:
        asyncio.run(load.run(args.clients, 500))
        before = load.memory()
        row("soak", args.clients, asyncio.run(load.run(args.clients, args.soak)))
        after = load.memory()
        print(f"\nMemory before and after {args.soak} requests: {before:.0f} and {after:.0f} MB.")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--queue", type=int, default=32)
    parser.add_argument("--soak", type=int, default=10000)
    parser.add_argument("--weights", default="", help="a file; 'own' takes the package's")
    parser.add_argument("--device", default="auto")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        weights = args.weights
        if not weights:
            torch.manual_seed(0)
            weights = str(Path(folder) / "tiny.safetensors")
            save(build("deepgin-prefill", 4), weights)
        command = [sys.executable, "-m", "deepgin", "serve", "--port", "0"]
        command += ["--queue", str(args.queue), "--device", args.device]
        command += [] if weights == "own" else ["--weights", weights]
        service = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        try:
            assert service.stderr
            address = next(
                found[1] for line in service.stderr if (found := re.search(r"at (http\S+)", line))
            )
            heading()
            measure(Load(address, body(args.size)), args)
        finally:
            service.terminate()
            service.wait()


if __name__ == "__main__":
    main()
