"""A hospital that adds one to the model: what is left of a round is the way there and back."""

from __future__ import annotations

import numpy as np
from flwr.app import Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp

from client.session.app import SessionClientApp
from shared.questions import ARRAYS_KEY, METRICS_KEY, array_record, read_arrays

adding = ClientApp()


@adding.train()
def add_one(message: Message, _context: Context) -> Message:
    """Answer ``train``."""
    arrays = {
        name: np.asarray(array + 1, dtype=array.dtype)
        for name, array in read_arrays(message.content[ARRAYS_KEY]).items()
    }
    metrics = MetricRecord({"num-examples": 1, "loss": 0.0})
    content = RecordDict({ARRAYS_KEY: array_record(arrays), METRICS_KEY: metrics})
    return Message(content, reply_to=message)


app = SessionClientApp(adding)
