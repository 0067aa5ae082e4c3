"""The coordinator's settings."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from server.accounts.settings import AccountSettings
from server.api.settings import ApiSettings
from shared.enrolment import Address
from shared.settings_file import StrictModel


class CoordinatorSettings(StrictModel):
    """The content of ``coordinator.toml``.

    Attributes
    ----------
    name : str
        The federation's.
    address : str
        ``HOST:PORT`` under which hospitals reach the coordinator.
    listen : str
        ``HOST:PORT`` to listen on where that differs; empty for the address's port on every
        interface, or on loopback alone for a loopback address.
    session_address : str
        ``HOST:PORT`` under which hospitals open the stream of a run; by default the address's host
        and the port after its own.
    session_listen : str
        ``HOST:PORT`` to listen on where that differs; by default as for `listen`.
    superlink_port : int
        Of the SuperLink behind the door, on loopback; 0 takes a free one at every start.
    dashboard : str
        ``HOST:PORT`` that the dashboard and the API listen on, with the federation's certificate
        where that is not loopback; ``off`` for neither.
    database_url, mlflow_url : str
        Empty for a SQLite file in the coordinator's folder.
    dashboard_address : str
        Where people open the dashboard, such as ``https://federation.example.org``: links in
        messages begin so. Empty for this machine alone.
    joins : {"automatic", "approved"}
        Whether a hospital with a good kit is in at once, or a person has to let it in.
    accounts : AccountSettings
        How people sign in.
    api : ApiSettings
        How much programs may ask.
    """

    name: Annotated[str, Field(min_length=1, max_length=100)]
    address: Address
    listen: Address | None = None
    session_address: Address | None = None
    session_listen: Address | None = None
    superlink_port: int = Field(default=0, ge=0, le=65535)
    dashboard: Address | Literal["off"] = "127.0.0.1:8470"
    database_url: str = ""
    mlflow_url: str = ""
    dashboard_address: Annotated[str, Field(pattern=r"^(https?://[^\s/?#]+)?$")] = ""
    joins: Literal["automatic", "approved"] = "automatic"
    accounts: AccountSettings = AccountSettings()
    api: ApiSettings = ApiSettings()
