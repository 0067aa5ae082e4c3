"""Flower's SuperNode without the connection to a SuperLink: what it receives, the test says."""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import uvicorn
from flwr.app import ConfigRecord, Error, Message, RecordDict
from flwr.app.message import make_message, remove_content_from_message
from flwr.app.metadata import Metadata
from flwr.supercore.constant import TaskType
from flwr.supercore.fab import Fab
from flwr.supercore.inflatable.inflatable_object import get_all_nested_objects, get_object_tree
from flwr.supercore.object_store import ObjectStoreFactory
from flwr.supercore.run import Run
from flwr.supernode.main import create_app
from flwr.supernode.nodestate import NodeState, NodeStateFactory
from flwr.supernode.start_client_internal import _pull_and_store_message

from shared.processes import free_port, wait_until

NODE = 7


@dataclass
class SuperNode:
    """Flower's SuperNode without the connection to a SuperLink."""

    state: NodeState
    address: str
    runs: int = 0
    confirmed: list[str] = field(default_factory=list)

    def receive(
        self,
        content: bytes,
        run_says: str = "",
        app_says: str = "",
        kind: TaskType = TaskType.SERVER_APP,
        seconds: float = 0.0,
    ) -> None:
        """Receive a run's first message as the SuperNode does.

        Parameters
        ----------
        run_says, app_says : str
            What a hostile SuperLink claims to be the hash of the run's app.
        seconds : float
            That each part of the message needs to arrive.
        """

        def pull(_run: int, key: str) -> bytes:
            time.sleep(seconds)
            return inflated[key]

        self.runs += 1
        run = replace(Run.create_empty(self.runs), fab_id="juntos/juntos", fab_version="0.1.0")
        run.fab_hash, run.series_id = run_says or hash_of(content), self.runs
        run.primary_task_type = kind
        message = question(self.runs)
        tree, objects = get_object_tree(message), get_all_nested_objects(message)
        inflated = {key: each.deflate() for key, each in objects.items()}
        _pull_and_store_message(
            state=self.state,
            object_store=self.state.object_store,
            node_config={},
            receive=lambda: (remove_content_from_message(message), tree),
            get_run=lambda _run: run,
            get_fab=lambda _hash, _run: Fab(app_says or hash_of(content), content, {}),
            pull_object=pull,
            confirm_message_received=lambda _run, key: self.confirmed.append(key),
            trusted_entities=None,
        )

    def answers(self) -> list[Message]:
        return list(self.state.get_messages_legacy(is_reply=True))

    def awaited(self) -> Message:
        found: list[Message] = []

        def arrived() -> bool:
            found.extend(self.answers())
            return bool(found)

        assert wait_until(arrived, 60)
        return found[0]

    def refusal(self) -> Error:
        (answer,) = self.answers()
        assert answer.has_error()
        return answer.error


def hash_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def question(run: int) -> Message:
    metadata = Metadata(
        run_id=run,
        message_id="",
        src_node_id=1,
        dst_node_id=NODE,
        reply_to_message_id="",
        group_id="",
        created_at=time.time(),
        ttl=600,
        message_type="query.echo",
    )
    message = make_message(metadata, RecordDict({"config": ConfigRecord({"word": "hello"})}))
    message.metadata.__dict__["_message_id"] = message.object_id
    return message


@contextlib.contextmanager
def serving(secret: bytes) -> Iterator[SuperNode]:
    """Give out tasks, as the SuperNode does to who has the secret, while the block runs."""
    factory = NodeStateFactory(ObjectStoreFactory())
    factory.state().set_node_id(NODE)
    port = free_port()
    app = create_app(factory, secret)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    assert wait_until(lambda: server.started, 20)
    yield SuperNode(factory.state(), f"127.0.0.1:{port}")
    server.should_exit = True
    thread.join()
