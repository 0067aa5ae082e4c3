"""The list of a bundle's files with their hashes."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

from pydantic import Field

from shared.compiled_terms import layout
from shared.run_settings import ModelName
from shared.settings_file import StrictModel

MANIFEST = "manifest.json"
CONTRACT = "contract.json"
PREPARATION = "preparation.json"
SUMMARY = "summary.json"
SETTINGS = "settings.json"
GOLDEN_CASES = "golden_cases.json"
CARD = "card.md"
# Added later: bundles of before have none.
CALIBRATOR = "calibrator.json"
ONNX = "model.onnx"
TERMS = layout.FILE
ADDED = (CALIBRATOR, ONNX, TERMS)
PARTS = (CONTRACT, PREPARATION, SUMMARY, SETTINGS, GOLDEN_CASES, CARD)

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Manifest(StrictModel):
    """What a bundle holds.

    Attributes
    ----------
    format : str
        Says that this is a bundle of Juntos.
    format_version : int
    model : str
        The kind of model.
    run : str
        The run it came from.
    created_at : str
        ISO 8601, UTC.
    contract_hash : str
        Of the contract the model reads records by.
    files : dict of str to str
        SHA-256 of every other file.
    """

    format: Literal["juntos-bundle"] = "juntos-bundle"
    format_version: Literal[1] = 1
    model: ModelName
    run: str
    created_at: str
    contract_hash: Digest
    files: dict[str, Digest]


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of a file's content."""
    return hashlib.sha256(content).hexdigest()
