"""Flower's command line tool, asked from here."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from server.home import CoordinatorHome
from shared.errors import JuntosError
from shared.processes import flower_environment, program

CONNECTION = "juntos"
COMMAND_TIMEOUT = 120.0


class FlowerCommandError(JuntosError):
    """Flower's tool did not do what it was asked."""


def flower_command(home: CoordinatorHome, *arguments: str) -> dict[str, Any]:
    """Run ``flwr ARGUMENTS --format json`` against the federation's SuperLink.

    Raises
    ------
    FlowerCommandError
        With the tool's own reason when it fails.
    """
    command = [program("flwr"), *arguments, "--format", "json"]
    try:
        done = subprocess.run(
            command,
            env=flower_environment(home.flower),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise FlowerCommandError(
            f"`flwr {arguments[0]}` did not answer within {COMMAND_TIMEOUT:.0f} s.",
            "Check that `juntos coordinator serve` is running.",
        ) from None
    answer = last_json(done.stdout)
    if done.returncode == 0 and answer.get("success", False):
        return answer
    reason = str(answer.get("error-message") or (done.stderr or done.stdout).strip()[-500:])
    raise FlowerCommandError(
        f"`flwr {arguments[0]}` failed: {reason}",
        "Check that `juntos coordinator serve` is running.",
    )


def last_json(output: str) -> dict[str, Any]:
    """Return the JSON object at the end of a text; empty when there is none."""
    start = output.find("{")
    while start >= 0:
        try:
            found = json.loads(output[start:])
        except json.JSONDecodeError:
            start = output.find("{", start + 1)
            continue
        return found if isinstance(found, dict) else {}
    return {}
