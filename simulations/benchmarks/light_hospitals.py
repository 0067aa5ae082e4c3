"""Many hospitals that do nothing but answer, in one process: what their coordinator costs."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path

from flwr.app import Context, Message, RecordDict
from flwr.serverapp import Grid
from flwr.supercore.run import Run
from flwr.supercore.task_identity import TaskIdentity

from shared.session.invitation import Invitation, read_invitation


class InvitationsOnly(Grid):
    """Stands for the SuperLink: collects the invitations and hands them to one process."""

    def __init__(self, count: int, file: Path) -> None:
        TaskIdentity.run_id, TaskIdentity.node_id, TaskIdentity.task_id = 1, 0, 0
        self._nodes = list(range(1, count + 1))
        self._file = file
        self._invitations: list[Invitation] = []
        self.process: subprocess.Popen[bytes] | None = None

    def get_node_ids(self) -> Iterable[int]:
        """Return all hospitals."""
        return self._nodes

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        """Collect invitations; the last one starts the hospitals."""
        self._invitations += [read_invitation(message) for message in messages]
        if len(self._invitations) == len(self._nodes) and self.process is None:
            lines = [each.model_dump_json() for each in self._invitations]
            self._file.write_text("\n".join(lines), encoding="utf-8")
            command = [sys.executable, "-m", __name__, str(self._file)]
            self.process = subprocess.Popen(command)
        return [f"invitation-{len(self._invitations)}"]

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        """Return nothing: the hospitals stay until the run says goodbye."""
        del message_ids
        return []

    def send_and_receive(
        self, messages: Iterable[Message], *, timeout: float | None = None
    ) -> Iterable[Message]:
        """Refuse: all messages go by stream."""
        raise NotImplementedError

    def set_run(self, run: Run) -> None:
        """Do nothing."""

    @property
    def run(self) -> Run:
        """Nothing to tell."""
        raise RuntimeError("no SuperLink knows of this run")

    def create_message(
        self,
        content: RecordDict,
        message_type: str,
        dst_node_id: int,
        group_id: str,
        ttl: float | None = None,
    ) -> Message:
        """Create a message."""
        return Message(content, dst_node_id, message_type, ttl=ttl, group_id=group_id)


def attend_all(file: Path) -> None:
    """Attend as every invited hospital, each in a thread."""
    from client.session.attending import attend
    from simulations.benchmarks.rounds_client import adding

    TaskIdentity.run_id, TaskIdentity.node_id, TaskIdentity.task_id = 1, 1, 0
    threads = []
    for line in file.read_text(encoding="utf-8").splitlines():
        invitation = Invitation.model_validate_json(line)
        context = Context(1, invitation.node, {}, RecordDict(), {})
        threads.append(threading.Thread(target=attend, args=(invitation, adding, context)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    attend_all(Path(sys.argv[1]))
