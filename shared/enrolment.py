"""What a hospital and its coordinator say to each other when the hospital joins."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from shared.settings_file import StrictModel, load

HOSPITAL_NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"

HospitalName = Annotated[str, Field(pattern=HOSPITAL_NAME_PATTERN)]


def split_address(address: str) -> tuple[str, int]:
    """Split ``host:port``; an IPv6 host stands in brackets.

    Raises
    ------
    ValueError
        When it is not of that form.
    """
    host, colon, port = address.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    if not colon or not bare or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError("must be HOST:PORT, for example federation.example.org:9092")
    if (":" in bare) != host.startswith("[") or any(each in bare for each in "/@ "):
        raise ValueError("must be HOST:PORT without https://; an IPv6 host stands in brackets")
    return bare, int(port)


def _checked(address: str) -> str:
    split_address(address)
    return address


Address = Annotated[str, AfterValidator(_checked)]


class Kit(StrictModel):
    """What a hospital needs to join: where to go, whom to trust, and a token that works once.

    Attributes
    ----------
    federation : str
    address : str
        Where the coordinator's door listens.
    hospital : str
        The name the coordinator gave.
    token : str
        Works once.
    expires_at : str
        UTC, ISO 8601.
    authority_certificate : str
        PEM of the federation's certificate authority, the only one to be trusted for `address`.
    """

    federation: str
    address: Address
    hospital: HospitalName
    token: Annotated[str, Field(min_length=32, max_length=128)]
    expires_at: str
    authority_certificate: str


class JoinRequest(StrictModel):
    """``POST /v1/join``: a token, and a certificate signing request for a key made by the node."""

    token: Annotated[str, Field(max_length=128)]
    csr_pem: Annotated[str, Field(max_length=16_384)]


class JoinAnswer(StrictModel):
    """What a hospital gets for a good token."""

    hospital: HospitalName
    certificate_pem: str
    contract_toml: str
    contract_hash: str


class StatusAnswer(StrictModel):
    """``GET /v1/status``."""

    federation: str
    contract_hash: str
    time: str


def read_kit(path: Path) -> Kit:
    """Read a kit file.

    Raises
    ------
    SettingsError
        When it is no kit.
    """
    return load(Kit, path)


def write_private(path: Path, content: bytes) -> None:
    """Write a new file that only its owner can read, from its first byte on."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
