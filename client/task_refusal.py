"""Answering a task of the SuperNode without running it."""

from __future__ import annotations

import contextlib
import time

from flwr.app import Context, Error, Message, RecordDict
from flwr.common.constant import SubStatus
from flwr.common.serde import message_from_proto
from flwr.proto.message_pb2 import ConfirmMessageReceivedRequest, ObjectTree
from flwr.proto.node_pb2 import Node
from flwr.proto.runtime_pb2 import PullAppMessagesRequest, PullAppMessagesResponse
from flwr.proto.task_pb2 import Task
from flwr.supercore.inflatable.inflatable_object import iterate_object_tree
from flwr.supercore.inflatable.inflatable_protobuf_utils import make_pull_object_fn_protobuf
from flwr.supercore.inflatable.inflatable_utils import ObjectPullError, pull_objects
from flwr.supercore.runtime import RuntimeHttpClient
from flwr.supernode.runtime.run_clientapp import push_message, push_task_output

from shared.questions import REFUSED

# A task that nobody begins within 30 s is given up by the SuperNode.
PATIENCE_SECONDS = 25.0
_POLL_SECONDS = 0.1


def refuse(client: RuntimeHttpClient, task: Task, reason: str) -> None:
    """Answer a task's message with an error; neither the message nor the app is opened.

    Parameters
    ----------
    client : RuntimeHttpClient
        With the task's token; closed afterwards.

    Raises
    ------
    httpx.HTTPError
        When the SuperNode cannot be reached, or has given the task up.
    """
    try:
        pulled = _pulled(client)
        for head, tree in zip(pulled.messages_list, pulled.message_object_trees, strict=True):
            question = message_from_proto(head)
            node = Node(node_id=question.metadata.dst_node_id)
            _drop_content(client, node, task.run_id, tree)
            context = Context(task.run_id, node.node_id, {}, RecordDict(), {})
            push_message(client, Message(Error(REFUSED, reason), reply_to=question), context)
        push_task_output(client, None, SubStatus.FAILED, reason)
    finally:
        client.close()


def _pulled(client: RuntimeHttpClient) -> PullAppMessagesResponse:
    # The SuperNode makes a task of a message a moment before it has the message.
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        pulled = client.PullMessages(PullAppMessagesRequest())
        if pulled.messages_list or time.monotonic() > deadline:
            return pulled
        time.sleep(_POLL_SECONDS)


def _drop_content(client: RuntimeHttpClient, node: Node, run: int, tree: ObjectTree) -> None:
    """Wait until all of a message has arrived, which the SuperNode must not notice is dropped."""
    pull = make_pull_object_fn_protobuf(client.PullObject, node, run)

    def arrived(identifier: str) -> bytes:
        pull(identifier)
        return b""

    identifiers = [each.object_id for each in iterate_object_tree(tree)]
    # Where the rest does not come, the message is forgotten by the SuperNode itself.
    with contextlib.suppress(ObjectPullError):
        pull_objects(identifiers, arrived, max_time=PATIENCE_SECONDS, max_tries_per_object=None)
    client.ConfirmMessageReceived(
        ConfirmMessageReceivedRequest(node=node, run_id=run, message_object_id=tree.object_id)
    )
