"""What a ranking under a formal guarantee consists of, as files; nothing of it is code."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load_file

from shared.errors import BundleError, JuntosError
from shared.knowledge import Matcher, Published
from shared.knowledge.compiled import FILE as KNOWLEDGE
from shared.knowledge.compiled import knowledge_file, open_knowledge
from shared.models.safetensors_file import arrays_to_file
from shared.ranking.engine import RankingEngine
from shared.ranking.noised_centroids import LISTED, NoisedCentroids
from shared.ranking.noised_ordering import noised_engine
from shared.ranking.noised_places import BANDS
from shared.ranking_learning.noised_arrays import centroid_arrays, centroids_of

KIND = "noised-1"
CENTROIDS, SAID = "centroids.safetensors", "noised.json"
PROBABILITIES = "probabilities"


def noised_files(
    published: Published,
    diseases: Sequence[str],
    centroids: NoisedCentroids,
    probabilities: npt.NDArray[np.float64],
    names: Mapping[str, str] | None = None,
) -> dict[str, bytes]:
    """Return the engine's own files by name.

    Parameters
    ----------
    diseases : sequence of str
        The candidates.
    probabilities : array of shape (bands, places)
    names : mapping of str to str, optional
        Of candidates of which nothing is published.
    """
    arrays = {**centroid_arrays(centroids), PROBABILITIES: probabilities}
    return {
        KNOWLEDGE: knowledge_file(published, names),
        SAID: json.dumps({"diseases": list(diseases)}).encode(),
        **arrays_to_file(CENTROIDS, arrays),
    }


def open_noised(folder: Path) -> RankingEngine:
    """Open an engine on files that were verified.

    Raises
    ------
    BundleError
        When they do not fit each other.
    """
    wrong = BundleError("The files of the engine with a guarantee do not fit each other.")
    try:
        said: dict[str, Any] = json.loads((folder / SAID).read_text(encoding="utf-8"))
        arrays = load_file(folder / CENTROIDS)
        probabilities = arrays.pop(PROBABILITIES)
        published = open_knowledge(folder / KNOWLEDGE)
        diseases = [str(each) for each in said["diseases"]]
        centroids = centroids_of(arrays, (len(diseases), len(published.findings.codes)))
        matcher = Matcher(published.knowledge(diseases))
    except BundleError:
        raise
    except (JuntosError, OSError, ValueError, KeyError, TypeError, SafetensorError):
        raise wrong from None
    are_shares = probabilities.shape == (BANDS, LISTED) and bool(
        ((probabilities >= 0) & (probabilities.sum(axis=-1, keepdims=True) <= 1 + 1e-6)).all()
    )
    if not are_shares:
        raise wrong
    return noised_engine(published, matcher, centroids, probabilities)
