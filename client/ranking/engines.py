"""Which engine reads the files of a bundle that ranks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from client.ranking.served_ranking import Ranker
from shared.annotation_engine import layout
from shared.annotation_engine.engine import open_engine as open_annotations
from shared.errors import BundleError

Opener = Callable[[Path], Ranker]
LEARNED, NOISED = "learned-1", "noised-1"


def _open_learned(folder: Path) -> Ranker:
    # Brings SciPy, which a node without such an engine never loads.
    from shared.learned_engine.files import open_learned

    return open_learned(folder)


def _open_noised(folder: Path) -> Ranker:
    from shared.noised_engine.files import open_noised

    return open_noised(folder)


# By what the manifest calls them.
ENGINES: Mapping[str, Opener] = {
    layout.KIND: open_annotations,
    LEARNED: _open_learned,
    NOISED: _open_noised,
}


def open_engine(kind: str, folder: Path, engines: Mapping[str, Opener] = ENGINES) -> Ranker:
    """Open an engine on the files of a folder that were verified.

    Raises
    ------
    BundleError
        When this release has no such engine.
    """
    opener = engines.get(kind)
    if opener is None:
        raise BundleError(
            f"The bundle is for the engine {kind}, which this release does not have.",
            "Update Juntos, or use a bundle that this release made.",
        )
    return opener(folder)
