"""What a hospital and its coordinator say to each other when the hospital joins."""

from __future__ import annotations

import base64
import binascii
import json
import os
from pathlib import Path
from typing import Annotated

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import AfterValidator, Field

from shared.errors import SettingsError
from shared.settings_file import StrictModel, load
from shared.signatures import fingerprint, is_signed, public_key_text, read_public_key, sign

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

    The signature shows that nothing in it was changed, to whoever compares the fingerprint of the
    key with what the coordinator says it is: somebody who writes a whole kit signs it with a key of
    his own.

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
    signing_key : str
        Public half of the key that the coordinator signs kits and bundles with; OpenSSH format.
    signature : str
        Over all of the above, base64.
    """

    federation: str
    address: Address
    hospital: HospitalName
    token: Annotated[str, Field(min_length=32, max_length=128)]
    expires_at: str
    authority_certificate: str
    signing_key: str = ""
    signature: str = ""

    def signed_by(self, key: Ed25519PrivateKey) -> Kit:
        """Return the kit with the key's public half and its signature."""
        kit = self.model_copy(update={"signing_key": public_key_text(key.public_key())})
        signature = base64.b64encode(sign(key, "kit", kit.signed_content)).decode()
        return kit.model_copy(update={"signature": signature})

    @property
    def signed_content(self) -> bytes:
        """What the signature is over."""
        fields = self.model_dump(exclude={"signature"})
        return json.dumps(fields, sort_keys=True, ensure_ascii=False).encode()

    @property
    def fingerprint(self) -> str:
        """What to compare with the coordinator by phone."""
        return fingerprint(read_public_key(self.signing_key, "The kit"))


class JoinRequest(StrictModel):
    """``POST /v1/join``: a token, and a certificate signing request for a key made by the node."""

    token: Annotated[str, Field(max_length=128)]
    csr_pem: Annotated[str, Field(max_length=16_384)]


class JoinAnswer(StrictModel):
    """What a hospital gets for a good token.

    Attributes
    ----------
    waits_for_approval : bool
        Whether a person at the coordinator has to let it in before its node can connect.
    """

    hospital: HospitalName
    certificate_pem: str
    contract_toml: str
    contract_hash: str
    waits_for_approval: bool = False


class RenewAnswer(StrictModel):
    """``POST /v1/renew``, signed by the node's key: a new certificate for that key."""

    certificate_pem: str


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
        When it is no kit, or not as the holder of its key signed it.
    """
    kit = load(Kit, path)
    if not kit.signing_key or not kit.signature:
        raise SettingsError(f"{path} is not signed.", "Ask the coordinator for a new kit.")
    key = read_public_key(kit.signing_key, str(path))
    if not is_signed(key, "kit", kit.signed_content, _decoded(kit.signature)):
        raise SettingsError(
            f"{path} was changed after the coordinator signed it.",
            "Do not use it; ask the coordinator for a new kit, on another channel.",
        )
    return kit


def _decoded(signature: str) -> bytes:
    try:
        return base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return b""


def write_private(path: Path, content: bytes) -> None:
    """Write a new file that only its owner can read, from its first byte on."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
