"""Options that several commands have, and the JSON that they end with."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

from shared.errors import SettingsError
from shared.run_settings import MODEL_NAMES, ModelName

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on the last line.")]
Seed = Annotated[int, typer.Option(help="Of everything random.")]


def kinds_of(models: list[str] | None) -> list[ModelName]:
    """Return the kinds of model to run, all without a choice."""
    unknown = sorted(set(models or []) - set(MODEL_NAMES))
    if unknown:
        known = ", ".join(MODEL_NAMES)
        raise SettingsError(f"There is no kind of model {unknown[0]!r}.", f"Kinds: {known}.")
    return [each for each in MODEL_NAMES if not models or each in models]


def print_json(content: dict[str, Any], wanted: bool) -> None:
    """Print one JSON object as the last line, where it is asked for."""
    if wanted:
        sys.stdout.write(json.dumps(content) + "\n")
