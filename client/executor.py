"""What runs at a hospital: apps whose hash is approved here, and no other.

Flower sends the app of each run to every node, and an app is code. The SuperNode is started so that
it runs nothing itself; it keeps each app under the SHA-256 of its content, and the executor asks it
for the next task, which names that hash. Only for an approved one is Flower's own program started,
which unpacks the app and runs it. Any other is answered with an error, unopened.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from types import TracebackType

import httpx
from flwr.proto.runtime_pb2 import AcquireTaskRequest
from flwr.proto.task_pb2 import Task
from flwr.supercore.constant import TaskType
from flwr.supercore.inflatable.inflatable_utils import ObjectPushError
from flwr.supercore.interceptors import (
    RuntimeTokenHttpInterceptor,
    RuntimeVersionHttpInterceptor,
    SuperExecAuthHttpInterceptor,
)
from flwr.supercore.protobuf.client import ProtobufClientInterceptor
from flwr.supercore.runtime import RuntimeHttpClient

from client.home import NodeHome
from client.privacy.policy import Policy
from client.task_refusal import refuse
from shared.app_hash import RELEASE_APP_HASH
from shared.errors import SettingsError
from shared.processes import ChildProcess, flower_environment, program

log = logging.getLogger("juntos.node")

_NAME = "juntos-executor"
_ACQUIRE = "/flwr.proto.Runtime/AcquireTask"


class Executor:
    """Takes the tasks of this node's SuperNode; leaving the context ends what runs.

    Parameters
    ----------
    home : NodeHome
    address : str
        ``HOST:PORT`` on which the SuperNode gives out tasks.
    secret : bytes
        Without it the SuperNode gives them to nobody.
    policy : callable
        Returns the hospital's policy as it is now; raises SettingsError where it cannot be used.
    """

    def __init__(
        self, home: NodeHome, address: str, secret: bytes, policy: Callable[[], Policy]
    ) -> None:
        self._home = home
        self._address = address
        self._policy = policy
        self._running: list[ChildProcess] = []
        self._trouble = ""
        self._tasks = _client(
            address,
            SuperExecAuthHttpInterceptor(master_secret=secret, protected_methods=[_ACQUIRE]),
        )

    def __enter__(self) -> Executor:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for child in self._running:
            child.stop()
        self._tasks.close()

    def step(self) -> None:
        """Run or refuse the task that has waited longest, if there is one."""
        self._running = [child for child in self._running if child.running]
        try:
            acquired = self._tasks.AcquireTask(
                AcquireTaskRequest(supported_task_types=list(TaskType))
            )
            if acquired.HasField("task") and acquired.token:
                self._carry_out(acquired.task, acquired.token)
            self._trouble = ""
        except httpx.TransportError:
            # The SuperNode is starting or ending.
            return
        except httpx.HTTPError as error:
            self._report(f"The SuperNode does not hear the executor: {error}")

    def _carry_out(self, task: Task, token: str) -> None:
        if (reason := self._reason_to_refuse(task)) is None:
            self._run(token)
        else:
            log.warning("run %d refused: %s", task.run_id, reason)
            self._refuse(task, token, reason)

    def _refuse(self, task: Task, token: str, reason: str) -> None:
        try:
            refuse(_client(self._address, RuntimeTokenHttpInterceptor(token)), task, reason)
        except (ObjectPushError, LookupError, RuntimeError, TypeError, ValueError) as error:
            # A message made to be stumbled over must not end the node.
            log.error("run %d got no answer: %s", task.run_id, type(error).__name__)

    def _reason_to_refuse(self, task: Task) -> str | None:
        if task.type != TaskType.CLIENT_APP:
            return f"this hospital runs no task of kind {task.type}"
        if task.fab_hash == RELEASE_APP_HASH or task.fab_hash in self._approved():
            return None
        return f"the app with SHA-256 {task.fab_hash} is not approved at this hospital"

    def _approved(self) -> tuple[str, ...]:
        try:
            return self._policy().approved_code
        except SettingsError as error:
            self._report(f"Nothing beside the release's own app is approved: {error}")
            return ()

    def _run(self, token: str) -> None:
        command = [
            program("flwr-clientapp"),
            *("--runtime-api-address", self._address, "--insecure"),
            *("--token", token, "--parent-pid", str(os.getpid())),
        ]
        environment = flower_environment(self._home.flower)
        self._running.append(ChildProcess(command, environment, self._home.logs / "app.log"))

    def _report(self, trouble: str) -> None:
        # Asked twice a second, the same trouble would fill the log.
        if trouble != self._trouble:
            log.error("%s", trouble)
        self._trouble = trouble


def _client(address: str, interceptor: ProtobufClientInterceptor) -> RuntimeHttpClient:
    return RuntimeHttpClient.from_server_address(
        address,
        insecure=True,
        root_certificates=None,
        interceptors=[RuntimeVersionHttpInterceptor(component_name=_NAME), interceptor],
    )
