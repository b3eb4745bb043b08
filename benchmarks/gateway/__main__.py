"""Added latency and throughput of a governed turn, against a bare FastAPI echo with one durable write.

    python -m benchmarks.gateway [--rate 200] [--seconds 8] [--rounds 3]

Both servers run on this machine, one after the other in each round, over real HTTP with the same client. First at a
fixed arrival rate (latency is counted from when a message was due, so that a slow server cannot hide behind its own
queue), then as fast as 32 connections can. CPU is the server's alone, over both parts (Linux); other programs on the
machine disturb it less than the times.
"""

import argparse
import asyncio
import os
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import aiohttp

# No two messages are alike: the classifier remembers texts, and would be measured remembering.
MESSAGES = (
    "Where is my order {}?",
    "i want to return the lamp of order {}",
    "Please send me the invoice for order {}",
)


@dataclass(frozen=True)
class Figures:
    """One round of one server."""

    p50_ms: float
    p99_ms: float
    achieved_per_s: float
    most_per_s: float
    cpu_ms: float


@dataclass(frozen=True)
class Server:
    """Where a server answers, and its process."""

    base: str
    pid: int

    def cpu_ms(self) -> float:
        """CPU time it has used so far, all threads; NaN where the system does not tell."""
        try:
            user, system = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        except OSError:
            return float("nan")
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK") * 1000


@asynccontextmanager
async def server(kind: str) -> AsyncIterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.gateway.servers", kind, str(Path(folder) / "store.db"), str(port)]
        process = await asyncio.create_subprocess_exec(*command)
        base = f"http://127.0.0.1:{port}"
        try:
            await answering(base)
            yield Server(base, process.pid)
        finally:
            process.terminate()
            await process.wait()


async def answering(base: str) -> None:
    async with aiohttp.ClientSession() as session:
        for _ in range(600):
            try:
                async with session.get(f"{base}/healthz"):
                    return
            except aiohttp.ClientError:
                await asyncio.sleep(0.05)
    raise SystemExit(f"{base} did not start")


async def say(session: aiohttp.ClientSession, base: str, number: int) -> None:
    body = {"text": MESSAGES[number % len(MESSAGES)].format(10_000 + number)}
    async with session.post(f"{base}/v1/conversations/c{number}/messages", json=body) as response:
        response.raise_for_status()
        await response.read()


async def at_a_rate(base: str, rate: float, seconds: float, *, first: int = 0) -> tuple[list[float], float]:
    """Latencies in ms from the moment each message was due, and messages finished per second."""
    latencies: list[float] = []
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        began = time.perf_counter()

        async def one(number: int) -> None:
            due = began + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            await say(session, base, first + number)
            latencies.append((time.perf_counter() - due) * 1000)

        await asyncio.gather(*(one(number) for number in range(int(rate * seconds))))
        return latencies, len(latencies) / (time.perf_counter() - began)


async def flat_out(base: str, seconds: float, *, connections: int = 32) -> float:
    """Messages per second with so many connections busy all the time."""
    n_done = 0
    async with aiohttp.ClientSession() as session:
        until = time.perf_counter() + seconds

        async def worker(first: int) -> None:
            nonlocal n_done
            number = first
            while time.perf_counter() < until:
                await say(session, base, 1_000_000 + number)
                number += connections
                n_done += 1

        await asyncio.gather(*(worker(first) for first in range(connections)))
    return n_done / seconds


async def measure(kind: str, rate: float, seconds: float) -> Figures:
    async with server(kind) as under_test:
        base = under_test.base
        await at_a_rate(base, rate, 1.0, first=2_000_000)  # warms up, in conversations of its own
        before = under_test.cpu_ms()
        latencies, achieved = await at_a_rate(base, rate, seconds)
        most = await flat_out(base, seconds)
        cpu_ms = (under_test.cpu_ms() - before) / (len(latencies) + most * seconds)
    latencies.sort()
    return Figures(median(latencies), latencies[int(len(latencies) * 0.99)], achieved, most, cpu_ms)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=200.0)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    load = os.getloadavg()[0]
    rounds = [
        {kind: await measure(kind, given.rate, given.seconds) for kind in ("echo", "gateway")}
        for _ in range(given.rounds)
    ]
    print(
        f"{given.rounds} rounds, {given.rate:.0f} messages/s for {given.seconds:.0f} s, then flat out; "
        f"medians (least to most); load of the machine {load:.1f} before, {os.getloadavg()[0]:.1f} after"
    )
    for name in ("p50_ms", "p99_ms", "achieved_per_s", "most_per_s", "cpu_ms"):
        values = {kind: [getattr(one[kind], name) for one in rounds] for kind in ("echo", "gateway")}
        ratios = [gateway / echo for gateway, echo in zip(values["gateway"], values["echo"], strict=True)]
        cells = "  ".join(f"{kind} {spread(values[kind])}" for kind in values)
        print(f"{name:15} {cells}  ratio {spread(ratios)}")
    added = [one["gateway"].p50_ms - one["echo"].p50_ms for one in rounds]
    added_p99 = [one["gateway"].p99_ms - one["echo"].p99_ms for one in rounds]
    print(f"added latency   p50 {spread(added)} ms  p99 {spread(added_p99)} ms")


def spread(values: list[float]) -> str:
    return f"{median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


asyncio.run(main())
