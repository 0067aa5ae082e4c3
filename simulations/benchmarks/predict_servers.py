"""The servers that are compared, one at a time, each on the same core."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import run

import httpx
import tomli_w

from client.api.keys.key_book import KeyBook
from client.home import open_home
from client.service.api_part import ApiPart
from client.service.settings import ServiceSettings
from client.serving.services import open_services
from shared.errors import JuntosError
from shared.processes import ChildProcess, free_port, program, wait_until
from shared.supervision.backoff import Backoff
from simulations.benchmarks.predict_models import Subject, bodies_of

READY_SECONDS = 180.0
UNLIMITED = {"per_second": 1e6, "burst": 1_000_000}


@dataclass(frozen=True)
class Target:
    """A server that answers.

    Attributes
    ----------
    port : int
    path : str
    headers : dict of str to str
    bodies : list of str
    """

    port: int
    path: str
    headers: dict[str, str]
    bodies: list[str]


@contextlib.contextmanager
def on_core(number: int) -> Iterator[None]:
    """Have what starts within the block run on one core; on machines with one, on that."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    cores = sorted(before)
    os.sched_setaffinity(0, {cores[number % len(cores)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextlib.contextmanager
def juntos(subject: Subject) -> Iterator[Target]:
    """Run the node's own API, as the service does, with keys and audit."""
    port, services = free_port(), open_services(subject.home)
    key = KeyBook(services.audit.engine).add(f"load-{port}", ["predict"])
    services.close()
    settings = {"port": port, "rate": UNLIMITED}
    (subject.home / "api.toml").write_text(tomli_w.dumps(settings), encoding="utf-8")
    told: list[str] = []
    part = ApiPart(
        open_home(subject.home), ServiceSettings(), Backoff(60), told.append, told.append
    )

    def up() -> bool:
        with on_core(0):
            part.step()
        return part.state.state in ("up", "restarting")

    try:
        if not wait_until(up, READY_SECONDS) or part.state.state != "up":
            raise JuntosError(f"The API did not start: {part.state.reason}")
        headers = {"Authorization": f"Bearer {key}"}
        yield Target(port, "/v1/predictions", headers, bodies_of(subject))
    finally:
        part.stop()


@contextlib.contextmanager
def juntos_one_by_one(subject: Subject) -> Iterator[Target]:
    """Run the node's own API, where each answer is written down by itself."""
    file = subject.home / "serving.toml"
    before = file.read_text(encoding="utf-8")
    file.write_text(f"{before}answers_per_commit = 1\n", encoding="utf-8")
    try:
        with juntos(subject) as target:
            yield target
    finally:
        file.write_text(before, encoding="utf-8")


@contextlib.contextmanager
def bare(subject: Subject) -> Iterator[Target]:
    """Run FastAPI around the same model."""
    port = free_port()
    module = "simulations.benchmarks.bare_endpoint"
    command = [sys.executable, "-P", "-m", module, str(subject.home), str(port)]
    with running(command, port, "/openapi.json", subject.home.parent / "bare.log"):
        yield Target(port, "/predict", {}, bodies_of(subject))


@contextlib.contextmanager
def mlflow(subject: Subject) -> Iterator[Target]:
    """Run `mlflow models serve` with one worker over the same model."""
    folder, port = subject.home.parent / "mlflow", free_port()
    if not folder.exists():
        module = "simulations.benchmarks.mlflow_endpoint"
        write = [sys.executable, "-P", "-m", module, str(subject.home), str(folder)]
        run(write, check=True, capture_output=True)
    command = [
        *(program("mlflow"), "models", "serve", "-m", str(folder), "--host", "127.0.0.1"),
        *("--port", str(port), "--env-manager", "local", "--workers", "1"),
    ]
    bodies = [
        json.dumps({"dataframe_records": [{"case": json.dumps(case)}]}) for case in subject.cases
    ]
    with running(command, port, "/ping", subject.home.parent / "mlflow.log"):
        yield Target(port, "/invocations", {}, bodies)


@contextlib.contextmanager
def running(command: list[str], port: int, path: str, log_file: Path) -> Iterator[None]:
    """Run a server until the block ends; begin it once the server answers.

    Raises
    ------
    JuntosError
        When it does not.
    """
    programs = str(Path(sys.executable).parent)
    environment = {**os.environ, "PATH": os.pathsep.join([programs, os.environ.get("PATH", "")])}
    with on_core(0):
        child = ChildProcess(command, environment, log_file)
    with child:

        def answers() -> bool:
            with contextlib.suppress(httpx.HTTPError):
                return httpx.get(f"http://127.0.0.1:{port}{path}").status_code == httpx.codes.OK
            return not child.running

        if not wait_until(answers, READY_SECONDS, 0.3) or not child.running:
            raise JuntosError(f"A server did not start; its log is {log_file}.")
        yield
