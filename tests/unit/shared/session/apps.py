"""ClientApps that worker processes can import."""

from __future__ import annotations

import os
import threading
import time

import numpy as np
from flwr.app import Array, ArrayRecord, ConfigRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp


def counting_app(seed: int, seconds: float = 0.0) -> ClientApp:
    """Adds what it drew to the array it was sent; says how often it was asked, and by which run."""
    app = ClientApp()
    busy = threading.Lock()

    @app.train()
    def train(message: Message, context: Context) -> Message:
        if not busy.acquire(blocking=False):
            raise RuntimeError("asked while answering")
        with_state = context.state.metric_records.get("seen", MetricRecord({"count": 0}))
        count = int(str(with_state["count"])) + 1
        context.state["seen"] = MetricRecord({"count": count})
        time.sleep(seconds)
        array = message.content.array_records["arrays"]["a"].numpy()
        drawn = np.random.default_rng([seed, count]).normal(size=array.shape)
        answer = RecordDict(
            {
                "arrays": ArrayRecord({"a": Array(array + drawn), "n": Array(np.array([count]))}),
                "metrics": MetricRecord({"count": count, "node": context.node_id}),
                "config": ConfigRecord({"process": os.getpid()}),
            }
        )
        busy.release()
        return Message(answer, reply_to=message)

    return app


def raising_app() -> ClientApp:
    app = ClientApp()

    @app.train()
    def train(_message: Message, _context: Context) -> Message:
        raise ValueError("patient Bloggs")

    return app


def dying_app() -> ClientApp:
    app = ClientApp()

    @app.train()
    def train(_message: Message, _context: Context) -> Message:
        os._exit(3)

    return app
