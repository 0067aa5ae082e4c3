"""From what a run learned to a signed engine, ready to deploy."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from server.home import CoordinatorHome
from server.ranking.found import FoundRanking
from server.ranking.golden import golden_cases
from server.ranking.making import KIND
from server.ranking.noised_run import NoisedRanking
from server.ranking.words import card_of
from shared.bundle.ranking_files import ranking_files
from shared.compiled_terms import compile_terms, read_obo
from shared.learned_engine import files as learned
from shared.learned_engine.writing import learned_files
from shared.noised_engine import files as noised
from shared.ontology import HumanPhenotypeOntology
from shared.run_settings import RunSettings

OPENERS = {learned.KIND: learned.open_learned, noised.KIND: noised.open_noised}


def write_engine(
    home: CoordinatorHome, run: str, settings: RunSettings, found: FoundRanking
) -> Path:
    """Write the engine into the run's folder, whole or not at all.

    Returns
    -------
    Path
        ``runs/run-0007/disease_ranking``.
    """
    kind, own = _own_files(settings, found)
    folder = home.runs / run
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".engine-", dir=folder) as temporary:
        partial = Path(temporary) / KIND
        partial.mkdir()
        for name, content in own.items():
            (partial / name).write_bytes(content)
        engine = OPENERS[kind](partial)
        obo = home.ontology_file if home.ontology_file.is_file() else None
        bundle = ranking_files(
            home.contract(),
            kind,
            own,
            compile_terms(HumanPhenotypeOntology(), read_obo(obo) if obo else None),
            golden_cases(engine, found.published.findings.codes),
            run,
            card_of(run, settings, found),
            home.signing_key(),
        )
        for name, content in bundle.items():
            (partial / name).write_bytes(content)
        # Of a process of this run that was killed before it could say that it was done.
        shutil.rmtree(folder / KIND, ignore_errors=True)
        partial.rename(folder / KIND)
    return folder / KIND


def _own_files(settings: RunSettings, found: FoundRanking) -> tuple[str, dict[str, bytes]]:
    """Return which engine a ranking is for, and its own files."""
    names = found.published.names
    if isinstance(found, NoisedRanking):
        probabilities = found.places.probabilities()
        content = noised.noised_files(
            found.published, found.diseases, found.centroids, probabilities, names
        )
        return noised.KIND, content
    return learned.KIND, learned_files(
        found.published,
        found.diseases,
        found.sums,
        found.ranker,
        excluded=settings.ranking.excluded,
        names=names,
    )
