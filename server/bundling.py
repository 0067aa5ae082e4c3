"""From a run's result to bundles on disk."""

from __future__ import annotations

import shutil
from pathlib import Path

from server.card import model_card
from server.federation_result import FederationResult
from shared.bundle import Bundle, read_bundle, write_bundle
from shared.run_settings import ModelName, RunSettings


def write_bundles(
    folder: Path, run: str, settings: RunSettings, result: FederationResult
) -> dict[ModelName, Path]:
    """Write one bundle per model into a folder of the run, and read each back to be sure of it."""
    written = {}
    for name, arrays in result.models.items():
        bundle = Bundle(
            name=name,
            run=run,
            contract=result.contract,
            settings=settings,
            preparation=result.preparation,
            summary=result.summary,
            arrays=arrays,
            card=model_card(run, name, result),
        )
        # Of a process of this run that was killed before it could say that it was done.
        shutil.rmtree(folder / name, ignore_errors=True)
        write_bundle(bundle, folder / name)
        read_bundle(folder / name)
        written[name] = folder / name
    return written
