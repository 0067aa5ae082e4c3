"""Signed models in the registry for the candidates of the sample federation."""

from __future__ import annotations

import datetime
import tempfile
from dataclasses import replace
from pathlib import Path

from sqlalchemy import update

from server.champion import ALIAS
from server.database import candidates
from server.home import CoordinatorHome
from server.promotion.candidate import NamedModel
from server.promotion.candidate_store import CandidateStore, row_of
from server.promotion.evidence import Evidence
from server.promotion.gathering import EVIDENCE_FILE
from server.tracking import Tracker
from shared.bundle.manifest import MANIFEST, digest_of
from tests.sample_federation import BEFORE, IN_USE, MODEL, WAITING
from tests.unit.client.serving.bundles import write_signed
from tests.unit.client.serving.conftest import bundle_of


def register_models(home: CoordinatorHome) -> None:
    """Register what is, was and may be in use, and say so in the candidates."""
    tracker = Tracker(home.mlflow_url, home.artifacts, home.settings.name)
    tracker.client.create_registered_model(MODEL)
    named = {run: _register(home, tracker, run) for run in (BEFORE, IN_USE, WAITING)}
    version = named[IN_USE].label.rpartition(" ")[2]
    tracker.client.set_registered_model_alias(MODEL, ALIAS, version)
    store = CandidateStore(home.engine())
    for run, former in ((BEFORE, None), (IN_USE, BEFORE), (WAITING, IN_USE)):
        seen = store.read(run)
        at = dict.fromkeys(seen.hospitals, named[run].digest)
        changes = {
            "model": named[run],
            "former": named[former] if former else None,
            "hospitals": at,
            "settled": run != WAITING,
        }
        row = row_of(seen.model_copy(update=changes))
        with home.engine().begin() as connection:
            connection.execute(update(candidates).where(candidates.c.id == run).values(**row))


def _register(home: CoordinatorHome, tracker: Tracker, run: str) -> NamedModel:
    """Register a signed model of a run, and keep evidence that is not enough for the gate."""
    client = tracker.client
    with tempfile.TemporaryDirectory() as base:
        folder = Path(base) / "bundle"
        write_signed(replace(bundle_of("boosted_trees"), run=run), folder, home.signing_key())
        tracked = client.create_run(tracker.experiment, run_name=run)
        client.log_artifacts(tracked.info.run_id, str(folder), "bundle")
        digest = digest_of((folder / MANIFEST).read_bytes())
    source = f"{tracked.info.artifact_uri}/bundle"
    version = client.create_model_version(MODEL, source, run_id=tracked.info.run_id).version
    evidence = Evidence(run=run, champion=MODEL, date=datetime.date(2026, 11, 1))
    kept = home.runs / run
    kept.mkdir(parents=True, exist_ok=True)
    (kept / EVIDENCE_FILE).write_text(evidence.model_dump_json(), encoding="utf-8")
    return NamedModel(label=f"{MODEL} version {version}", digest=digest)
