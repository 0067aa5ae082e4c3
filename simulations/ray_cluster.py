"""Starting Ray, or joining a cluster that runs: quiet, without a dashboard, reporting to nobody."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
import socket
import sys
from collections.abc import Iterator
from typing import Any

from shared.errors import SettingsError
from simulations.backend import BackendSettings

SECONDS_TO_CONNECT = 10

# One hospital at a time on each core.
FLOWER_SETTINGS: dict[str, Any] = {"client_resources": {"num_cpus": 1, "num_gpus": 0.0}}


@contextlib.contextmanager
def ray_running(backend: BackendSettings) -> Iterator[None]:
    """Start Ray or join the cluster at the backend's address; leave it at the end.

    Raises
    ------
    SettingsError
        When Ray is not installed, or no cluster answers.
    """
    require_ray()
    report_to_nobody()
    require_answer(backend.address)
    import ray

    where: dict[str, Any] = {"address": backend.address}
    if not backend.address:
        # A cluster of somebody else's must not be joined by chance: Ray looks for one unless told.
        where = {"address": "local", "num_cpus": backend.workers or None}
    try:
        ray.init(
            **where,
            include_dashboard=None if backend.address else False,
            log_to_driver=False,
            logging_level=logging.ERROR,
            runtime_env={"env_vars": {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}},
        )
    except (ConnectionError, ValueError) as error:
        raise no_cluster(backend.address or "this machine", error) from None
    try:
        yield
    finally:
        ray.shutdown()


def require_ray() -> None:
    """Refuse to go on where Ray is not installed."""
    if importlib.util.find_spec("ray") is None:
        raise SettingsError(
            "The backend ray needs Ray, which is not installed.",
            'Install it: pip install --constraint constraints.txt "juntos[ray]"',
        )


def require_answer(address: str) -> None:
    """Refuse an address where nobody listens; Ray itself would try for minutes."""
    host, separator, port = address.removeprefix("ray://").rpartition(":")
    if not separator or not port.isdigit():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), SECONDS_TO_CONNECT).close()
    except OSError as error:
        raise no_cluster(address, error) from None


def no_cluster(address: str, error: Exception) -> SettingsError:
    """Return what to tell a person whose cluster cannot be used."""
    return SettingsError(
        f"No Ray cluster can be used at {address} ({type(error).__name__}).",
        "Check the backend's address, and that `ray start` ran there.",
    )


def report_to_nobody() -> None:
    """Switch off the usage statistics of Ray and of Flower, and a warning."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["FLWR_TELEMETRY_ENABLED"] = "0"
    # What Ray warns of: it hides no accelerator from workers that ask for none.
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    from flwr.supercore import telemetry

    # Flower reads the variable while it is imported, which may be long past.
    telemetry.FLWR_TELEMETRY_ENABLED = "0"
