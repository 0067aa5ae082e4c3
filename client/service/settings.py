"""What a hospital chooses about its service: ``service.toml`` in the node's folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from shared.settings_file import StrictModel, load

SERVICE_FILE = "service.toml"
Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class ServiceSettings(StrictModel):
    """The content of ``service.toml``; the defaults are those of a node without the file.

    Where the API listens, and its TLS files, are in ``api.toml``.

    Attributes
    ----------
    api : {"with_a_model", "always", "never"}
        When the API is up: once a model is installed, also without one, not at all.
    workers : int
        Processes of the API. Each holds the model, and counts requests for the limits by itself.
    daily_at : str or None
        When the daily job starts, ``06:30`` by this machine's clock; without it, it does not.
    longest_wait_seconds : float
        Between two starts of a part that keeps ending.
    stop_seconds : float
        That requests which began have to end when the service stops.
    """

    api: Literal["with_a_model", "always", "never"] = "with_a_model"
    workers: int = Field(default=1, ge=1, le=64)
    daily_at: Clock | None = None
    longest_wait_seconds: float = Field(default=60.0, gt=0)
    stop_seconds: float = Field(default=25.0, gt=0)


def read_settings(home: Path) -> ServiceSettings:
    """Read ``service.toml`` of a node's folder; an absent file means the defaults.

    Raises
    ------
    SettingsError
        When it cannot be used.
    """
    path = home / SERVICE_FILE
    return load(ServiceSettings, path) if path.exists() else ServiceSettings()
