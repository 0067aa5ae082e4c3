"""What an engine learned, as files of a bundle; nothing of it is code.

What is published goes along as arrays, so that the engine knows exactly what the ranker was made
for, and opens without the ontology.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from shared.knowledge import Published
from shared.knowledge.compiled import FILE as KNOWLEDGE
from shared.knowledge.compiled import knowledge_file
from shared.learned_engine.files import NETWORKS, RANKER, SAID, SUMS
from shared.learned_engine.sums_arrays import sums_arrays
from shared.models.base import Arrays
from shared.models.safetensors_file import arrays_to_file
from shared.ranking.disease_sums import DiseaseSums
from shared.ranking.learned_ranker import LearnedRanker


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
