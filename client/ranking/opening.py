"""Opening what ranks diseases at a hospital, from its node's folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from client.home import NodeHome
from client.ranking.engines import open_engine
from client.ranking.prevalence import read_prevalence
from client.ranking.ranking_store import RankingStore
from client.ranking.served_ranking import Ranker
from client.serving.settings import ServingSettings


def open_rankings(
    home: NodeHome,
    settings: ServingSettings,
    open_ranker: Callable[[str, Path], Ranker] = open_engine,
    *,
    answers: bool = True,
) -> RankingStore:
    """Open the engines of a node's folder.

    Parameters
    ----------
    open_ranker : callable
        Opens an engine by its name, on the files of a folder.
    answers : bool
        As of `ModelStore`.

    Raises
    ------
    SettingsError
        When the coordinator's key, the contract or ``ranking.toml`` is absent or damaged.
    """
    return RankingStore(
        home.rankings,
        home.coordinator_key(),
        home.contract(),
        settings,
        read_prevalence(home.path),
        open_ranker,
        answers=answers,
    )
