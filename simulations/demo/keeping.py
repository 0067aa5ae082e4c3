"""The demonstration's hospitals stay up with the trained model, to be tried by hand."""

from __future__ import annotations

import contextlib
import json
import shlex
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import tomli_w
from rich.console import Console

from shared.contract import Contract, FlagFeature, TermsFeature
from shared.errors import JuntosError
from shared.processes import StopRequestedError, stopping_on_terminate, wait_until
from shared.records import Records
from simulations.demo.commands import free_port, run_command
from simulations.demo.federation import DemoFolder

ROLES = ("predict", "confirm", "audit", "admin")
READY_SECONDS = 120.0


def deploy_everywhere(
    folder: DemoFolder, hospitals: Sequence[str], model: str, console: Console
) -> dict[str, str]:
    """Bring a trained model to all hospitals, and wait until they answer.

    Parameters
    ----------
    model : str
        ``RUN/KIND``.

    Returns
    -------
    dict of str to str
        Where each hospital's API answers.

    Raises
    ------
    JuntosError
        When a hospital does not take it, or does not answer.
    """
    addresses = {name: open_port(folder.node(name)) for name in hospitals}
    run_command("coordinator", "deploy", model, "--home", str(folder.coordinator))
    for name, address in addresses.items():
        if not wait_until(lambda where=address: ready(where), READY_SECONDS, 0.5):  # type: ignore[misc]
            raise JuntosError(
                f"{name} does not answer.", f"Its log is {folder.node(name) / 'logs' / 'api.log'}."
            )
        console.print(f"  ok        {name:<22} answers at {address}", soft_wrap=True)
    return addresses


def open_port(node: Path) -> str:
    """Choose a port for a node's API; return where it will answer."""
    port = free_port()
    (node / "api.toml").write_text(tomli_w.dumps({"port": port}), encoding="utf-8")
    return f"http://127.0.0.1:{port}"


def ready(address: str) -> bool:
    """Return whether an API could answer."""
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(f"{address}/readyz", timeout=5).status_code == httpx.codes.OK
    return False


def make_key(node: Path) -> str:
    """Make a key of a node's API that may do everything."""
    roles = [word for role in ROLES for word in ("--role", role)]
    said = run_command("node", "key", "add", "demo", *roles, "--home", str(node), "--json")
    key: str = json.loads(said)["key"]
    return key


def case_of(contract: Contract, patient: Records) -> dict[str, Any]:
    """Return a patient as the API takes cases; what is missing is left out."""
    row = patient.table.iloc[0]
    case: dict[str, Any] = {}
    for name, feature in contract.recorded.items():
        value = row[name]
        if isinstance(feature, TermsFeature):
            case |= {name: list(value)} if len(value) else {}
        elif not pd.isna(value):
            case[name] = bool(value) if isinstance(feature, FlagFeature) else plain(value)
    return case


def plain(value: Any) -> Any:  # noqa: ANN401
    """Return a number or text as JSON has it."""
    if isinstance(value, str):
        return value
    number = float(value)
    return int(number) if number.is_integer() else number


def curl(address: str, key: str, case: dict[str, Any]) -> str:
    """Return one command that asks an API about a case, to be pasted into a shell."""
    body = json.dumps({"case": case, "explain": True}, ensure_ascii=False)
    words = ["curl", "-s", f"{address}/v1/predictions"]
    words += ["-H", f"Authorization: Bearer {key}", "-H", "Content-Type: application/json"]
    return shlex.join([*words, "-d", body])


def sign_in_link(node: Path) -> str:
    """Return a link that signs somebody in to a node's page, once."""
    return run_command("node", "clinic", "invite", "demo", "--home", str(node)).splitlines()[0]


def wait_for_end(console: Console) -> None:
    """Wait for Ctrl-C or SIGTERM."""
    console.print("\nCtrl-C ends everything.")
    with contextlib.suppress(KeyboardInterrupt, StopRequestedError), stopping_on_terminate():
        while True:
            time.sleep(1)
