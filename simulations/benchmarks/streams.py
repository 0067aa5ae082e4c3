"""What many streams cost the coordinator's process: memory, time and bytes a round."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from flwr.app import Message, RecordDict
from rich.console import Console

from server.home import create_home
from server.listening import session_endpoint
from server.session.grid import SessionGrid
from shared.processes import free_port
from shared.questions import ARRAYS_KEY, array_record
from shared.session.settings import SessionSettings
from simulations.benchmarks.light_hospitals import InvitationsOnly

JOIN_SECONDS = 300.0


def run_streams(streams: int, rounds: int, values: int, console: Console) -> dict[str, Any]:
    """Open streams to light hospitals in another process, and ask them all, round by round.

    Parameters
    ----------
    values : int
        Length of the vector that goes there and back, in float32.
    """
    with tempfile.TemporaryDirectory(prefix="juntos-streams-") as root:
        address = f"127.0.0.1:{free_port()}"
        home = create_home(Path(root) / "coordinator", "streams", address, "rare_disease")
        grid = InvitationsOnly(streams, Path(root) / "invitations")
        before = resident_megabytes()
        with SessionGrid(grid, session_endpoint(home), SessionSettings(), JOIN_SECONDS) as session:
            session.gather()
            opened = resident_megabytes()
            sent, received = session.bytes_sent, session.bytes_received
            seconds, peak = time_rounds(session, rounds, values)
            result = {
                "streams": len(list(session.get_node_ids())),
                "values": values,
                "seconds_per_round": seconds,
                "megabytes_before": before,
                "megabytes_open": opened,
                "megabytes_peak": peak,
                "megabytes_per_stream": (peak - before) / streams,
                "bytes_sent_per_round": (session.bytes_sent - sent) / rounds,
                "bytes_received_per_round": (session.bytes_received - received) / rounds,
            }
        if grid.process is not None:
            grid.process.wait(30)
    console.print(
        f"{result['streams']} streams, {values:,} values: {seconds:.3f} s a round, "
        f"{before:.0f} MB before, {opened:.0f} MB with all streams open, {peak:.0f} MB at most"
    )
    return result


def time_rounds(session: SessionGrid, rounds: int, values: int) -> tuple[float, float]:
    """Return seconds a round and the most memory seen, after one round that is not counted."""
    weights = np.random.default_rng(0).normal(size=values).astype(np.float32)
    peak, begun = 0.0, 0.0
    for number in range(rounds + 1):
        if number == 1:
            begun = time.monotonic()
        content = RecordDict({ARRAYS_KEY: array_record({"values": weights})})
        messages = [Message(content, node, "train") for node in session.get_node_ids()]
        replies = list(session.send_and_receive(messages, timeout=600))
        failed = len(messages) - sum(not reply.has_error() for reply in replies)
        if failed:
            raise RuntimeError(f"{failed} of {len(messages)} hospitals did not answer")
        peak = max(peak, resident_megabytes())
    return (time.monotonic() - begun) / rounds, peak


def resident_megabytes() -> float:
    """Return this process's resident memory, in 10^6 bytes."""
    return float(psutil.Process().memory_info().rss / 1e6)
