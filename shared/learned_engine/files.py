"""Opening what an engine learned where it answers: arrays alone, and no framework."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.numpy import load_file

from shared.errors import BundleError, JuntosError
from shared.knowledge import Matcher
from shared.knowledge.compiled import FILE as KNOWLEDGE
from shared.knowledge.compiled import open_knowledge
from shared.learned_engine.numpy_ranker import ranker_of
from shared.learned_engine.sums_arrays import sums_of
from shared.ranking.engine import RankingEngine
from shared.ranking.learned_ordering import learned_engine

KIND = "learned-1"
SUMS, RANKER, SAID = "disease_sums.safetensors", "ranker.safetensors", "learned.json"
NETWORKS = ("scorers", "gates")


def open_learned(folder: Path) -> RankingEngine:
    """Open an engine on files that were verified.

    Raises
    ------
    BundleError
        When they do not fit each other.
    """
    try:
        said: dict[str, Any] = json.loads((folder / SAID).read_text(encoding="utf-8"))
        sums = sums_of(load_file(folder / SUMS), (said["shape"][0], said["shape"][1]))
        ranker = ranker_of(load_file(folder / RANKER), said["mixing"])
        published = open_knowledge(folder / KNOWLEDGE)
        matcher = Matcher(published.knowledge(said["diseases"]))
        fits = sums.above.shape == (len(said["diseases"]), len(published.findings.codes))
        if not fits or len(ranker.scorers) != len(ranker.gates) or not ranker.scorers:
            raise ValueError("parts of different engines")
        return learned_engine(published, matcher, sums, ranker, excluded=bool(said["excluded"]))
    except JuntosError:
        raise
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError):
        raise BundleError("The learned engine's files do not fit each other.") from None
