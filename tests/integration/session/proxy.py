"""A TCP proxy that is as bad a network as a test wants."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading

from shared.processes import free_port

RETRANSMISSION_SECONDS = 0.2
SEGMENT_BYTES = 1460


class Proxy:
    """Forwards to a port of this machine.

    Attributes
    ----------
    delay : float
        Seconds each way.
    loss : float
        Share of segments that are lost; TCP sends a lost one again, so that it comes late.
    refusing : bool
        New connections are closed at once.
    silent : bool
        Nothing passes, and nobody is told: a cut cable.
    """

    def __init__(self, target_port: int) -> None:
        self.port = free_port()
        self.target_port = target_port
        self.delay = 0.0
        self.loss = 0.0
        self.refusing = False
        self.silent = False
        self.connections = 0
        self._random = random.Random(1)
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._ready.wait(10)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def break_all(self) -> None:
        """End every connection; nothing passes any more when this returns."""
        asyncio.run_coroutine_threadsafe(self._break_now(), self._loop).result(10)

    async def _break_now(self) -> None:
        self._break()

    def _break(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._connect, "127.0.0.1", self.port)
        self._ready.set()
        async with server:
            await self._stop.wait()
            self._break()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self.refusing:
            writer.transport.abort()
            return
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self.target_port)
        self._writers |= {writer, there_writer}
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            await asyncio.gather(
                self._forward(reader, there_writer), self._forward(there_reader, writer)
            )
        self._writers -= {writer, there_writer}

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        sending = asyncio.create_task(self._send(queue, writer))
        try:
            while data := await reader.read(65_536):
                late = self.delay + self._retransmissions(len(data))
                queue.put_nowait((self._loop.time() + late, data))
        finally:
            queue.put_nowait((0.0, b""))
            await sending

    def _retransmissions(self, size: int) -> float:
        segments = -(-size // SEGMENT_BYTES)
        lost = any(self._random.random() < self.loss for _ in range(segments))
        return self.delay + RETRANSMISSION_SECONDS if lost else 0.0

    async def _send(
        self, queue: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter
    ) -> None:
        while True:
            when, data = await queue.get()
            await asyncio.sleep(max(0.0, when - self._loop.time()))
            while self.silent:
                await asyncio.sleep(0.05)
            if not data:
                writer.close()
                return
            with contextlib.suppress(ConnectionError):
                writer.write(data)
                await writer.drain()
