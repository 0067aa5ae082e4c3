"""What runs in a worker process: hospitals that are asked over a pipe."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Mapping
from multiprocessing.connection import Connection

from flwr.app import Message

from shared.session.messages import content_bytes, head_bytes, read_message
from shared.session.simulated_hospital import AppFactory, SimulatedHospital, identify, raised


def serve(connection: Connection, factories: Mapping[int, AppFactory], run: int) -> None:
    """Answer questions until the pipe is closed.

    Parameters
    ----------
    factories : mapping of int to AppFactory
        The hospitals of this worker by node.
    """
    threading.Thread(target=end_with_parent, daemon=True).start()
    # Ctrl-C goes to every process of the terminal; the one that started this one ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.getLogger("flwr").setLevel(logging.ERROR)
    identify(run)
    hospitals = {node: SimulatedHospital(factory) for node, factory in factories.items()}
    while True:
        try:
            data = connection.recv_bytes()
        except (EOFError, OSError):
            return
        question = read_message(data)
        answer = hospitals[question.metadata.dst_node_id].answer(question)
        connection.send_bytes(encoded(question, answer))


def encoded(question: Message, answer: Message) -> bytes:
    """Write an answer as bytes; one that cannot be written becomes an error."""
    try:
        return head_bytes(answer) + content_bytes(answer)
    except Exception as error:
        return head_bytes(raised(question, error))


def end_with_parent() -> None:
    """End this process when the one that started it is gone, also in the middle of an answer."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
