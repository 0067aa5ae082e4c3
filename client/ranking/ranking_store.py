"""The engines of a hospital that rank diseases: folder ``rankings/`` of its node."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from client.ranking.prevalence import PrevalenceSettings
from client.ranking.served_ranking import Ranker, ServedRanking, read_served_ranking
from client.serving.model_store import ModelStore
from client.serving.self_test import SelfTest
from client.serving.settings import ServingSettings
from shared.contract import Contract


class RankingStore(ModelStore):
    """Engines that were verified, one of which is active; kept and swapped as models are.

    Parameters
    ----------
    folder : Path
    key : Ed25519PublicKey
    contract : Contract
    settings : ServingSettings
    prevalence : PrevalenceSettings
    open_ranker : callable
        Opens an engine by its name, on the files of a folder.
    answers : bool
        As of `ModelStore`.
    """

    def __init__(
        self,
        folder: Path,
        key: Ed25519PublicKey,
        contract: Contract,
        settings: ServingSettings,
        prevalence: PrevalenceSettings,
        open_ranker: Callable[[str, Path], Ranker],
        *,
        answers: bool = True,
    ) -> None:
        self._prevalence = prevalence
        self._open_ranker = open_ranker
        super().__init__(folder, key, contract, settings, answers=answers)

    @property
    def engine(self) -> ServedRanking | None:
        """The engine that ranks; None without one."""
        found: object = self.in_service.active
        return found if isinstance(found, ServedRanking) else None

    def _try_out(self, model: object) -> SelfTest:
        assert isinstance(model, ServedRanking)  # noqa: S101 - what `_read` returns
        return model.try_out(self._settings.latency_limit)

    def _read(self, folder: Path) -> ServedRanking:  # type: ignore[override]
        return read_served_ranking(
            folder, self._key, self._contract, self._prevalence, self._open_ranker
        )
