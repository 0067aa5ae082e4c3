"""Writing what an engine learned, and opening it where it answers; nothing of it is code.

What is published goes along as arrays, so that the engine knows exactly what the ranker was made
for, and opens without the ontology.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.numpy import load_file

from shared.errors import BundleError, JuntosError
from shared.knowledge import Matcher, Published
from shared.knowledge.compiled import FILE as KNOWLEDGE
from shared.knowledge.compiled import knowledge_file, open_knowledge
from shared.learned_engine.sums_arrays import sums_arrays, sums_of
from shared.models.base import Arrays
from shared.models.safetensors_file import arrays_to_file
from shared.ranking.disease_sums import DiseaseSums
from shared.ranking.engine import RankingEngine
from shared.ranking.learned_ranker import LearnedRanker
from shared.ranking.mixing import Mixing
from shared.ranking.summed_gradients import Scorer

KIND = "learned-1"
SUMS, RANKER, SAID = "disease_sums.safetensors", "ranker.safetensors", "learned.json"
NETWORKS = ("scorers", "gates")


def learned_files(
    published: Published,
    diseases: Sequence[str],
    sums: DiseaseSums,
    ranker: LearnedRanker,
    *,
    excluded: bool,
    names: Mapping[str, str] | None = None,
) -> dict[str, bytes]:
    """Return the engine's own files by name.

    Parameters
    ----------
    published : Published
    diseases : sequence of str
        The candidates, in the order of the rows of `sums`.
    sums : DiseaseSums
        Of all hospitals, as far as they let out.
    excluded : bool
        As of `RankingEngine`.
    names : mapping of str to str, optional
        Of candidates of which nothing is published.
    """
    said = {
        "diseases": list(diseases),
        "excluded": excluded,
        "mixing": asdict(ranker.mixing),
        "shape": list(sums.above.shape),
    }
    return {
        KNOWLEDGE: knowledge_file(published, names),
        SAID: json.dumps(said).encode(),
        **arrays_to_file(SUMS, sums_arrays(sums)),
        **arrays_to_file(RANKER, ranker_arrays(ranker)),
    }


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
        return RankingEngine(published, matcher, sums, ranker, excluded=bool(said["excluded"]))
    except JuntosError:
        raise
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError):
        raise BundleError("The learned engine's files do not fit each other.") from None


def ranker_arrays(ranker: LearnedRanker) -> Arrays:
    """Return the networks and their scales as arrays."""
    found: Arrays = {}
    scales = {"mean": ranker.mean, "spread": ranker.spread}
    for name, tensors in scales.items():
        found |= {f"{name}.{place}": each.numpy() for place, each in enumerate(tensors)}
    for kind in NETWORKS:
        for place, network in enumerate(getattr(ranker, kind)):
            state = network.state_dict().items()
            found |= {f"{kind}.{place}.{name}": each.numpy() for name, each in state}
    return found


def ranker_of(arrays: Mapping[str, np.ndarray], mixing: Mapping[str, Any]) -> LearnedRanker:
    """Return the ranker that arrays hold."""
    tensors = {name: torch.from_numpy(each.copy()) for name, each in arrays.items()}
    mean, spread = (
        tuple(tensors[f"{name}.{place}"] for place in range(3)) for name in ("mean", "spread")
    )
    ranker = LearnedRanker(mean, spread)
    for kind in NETWORKS:
        number = len({name.split(".")[1] for name in tensors if name.startswith(f"{kind}.")})
        for place in range(number):
            start = f"{kind}.{place}."
            state = {k.removeprefix(start): v for k, v in tensors.items() if k.startswith(start)}
            hidden, inputs = state["first.weight"].shape
            network = Scorer(inputs, hidden, state["second.weight"].shape[0], seed=0)
            network.load_state_dict(state)
            getattr(ranker, kind).append(network.eval())
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in mixing.items()
    }
    ranker.mixing = Mixing(**values)
    return ranker
