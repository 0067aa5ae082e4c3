"""A load generator in a process of its own: ``python -m simulations.benchmarks.http_load``.

It speaks plain HTTP/1.1 over kept connections and does little else, so that one core of it can
keep one core of a server busy. Standard input: an `Order` as JSON; standard output: a `Load`.
"""

from __future__ import annotations

import asyncio
import sys
import time
from itertools import cycle

import msgspec
import numpy as np


class Order(msgspec.Struct):
    """What to send.

    Attributes
    ----------
    port : int
        Of 127.0.0.1.
    path : str
    headers : dict of str to str
    bodies : list of str
        JSON; sent in turn.
    connections : int
        Each sends its next request when its last one is answered.
    seconds : float
    warm_up : float
        Seconds before, that do not count.
    """

    port: int
    path: str
    headers: dict[str, str]
    bodies: list[str]
    connections: int
    seconds: float
    warm_up: float


class Load(msgspec.Struct):
    """What came of it.

    Attributes
    ----------
    requests : int
        Answered with 200.
    failed : int
        Answered otherwise, or not at all; of the warm-up too.
    requests_per_second, p50_ms, p99_ms : float
    """

    requests: int
    failed: int
    requests_per_second: float
    p50_ms: float
    p99_ms: float


class Caller:
    """One connection after the other, one request at a time."""

    def __init__(self, order: Order, first: int) -> None:
        self._port = order.port
        self._requests = cycle(
            [_request(order, body) for body in order.bodies[first:] + order.bodies[:first]]
        )
        self.latencies: list[float] = []
        self.failed = 0

    async def run(self, counts_from: float, until: float) -> None:
        """Ask until the time is over."""
        while time.perf_counter() < until:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
                await self._use(reader, writer, counts_from, until)
                writer.close()
            except (OSError, EOFError, asyncio.IncompleteReadError):
                self.failed += 1
                await asyncio.sleep(0.01)

    async def _use(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        counts_from: float,
        until: float,
    ) -> None:
        while (begun := time.perf_counter()) < until:
            writer.write(next(self._requests))
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(_length(head))
            if not head.startswith(b"HTTP/1.1 200"):
                self.failed += 1
            elif begun >= counts_from:
                self.latencies.append(time.perf_counter() - begun)


async def load(order: Order) -> Load:
    """Send requests for as long as ordered."""
    callers = [Caller(order, first % len(order.bodies)) for first in range(order.connections)]
    counts_from = time.perf_counter() + order.warm_up
    until = counts_from + order.seconds
    await asyncio.gather(*(each.run(counts_from, until) for each in callers))
    latencies = [latency for each in callers for latency in each.latencies]
    p50, p99 = np.percentile(latencies, [50, 99]) if latencies else (float("nan"), float("nan"))
    return Load(
        requests=len(latencies),
        failed=sum(each.failed for each in callers),
        requests_per_second=len(latencies) / order.seconds,
        p50_ms=1000 * float(p50),
        p99_ms=1000 * float(p99),
    )


def _request(order: Order, body: str) -> bytes:
    content = body.encode()
    lines = [f"POST {order.path} HTTP/1.1", f"Host: 127.0.0.1:{order.port}"]
    lines += [f"{name}: {value}" for name, value in order.headers.items()]
    lines += ["Content-Type: application/json", f"Content-Length: {len(content)}", "", ""]
    return "\r\n".join(lines).encode() + content


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    raise EOFError


if __name__ == "__main__":
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    sys.stdout.write(msgspec.json.encode(asyncio.run(load(order))).decode() + "\n")
