"""A deployed engine in memory: one object that nothing changes once it is made."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from client.ranking.as_json import output_of
from client.ranking.case_findings import case_findings
from client.ranking.prevalence import PrevalenceSettings
from client.serving.answer import ModelIdentity
from client.serving.case import Case
from client.serving.self_test import SelfTest
from shared.bundle.manifest import CONTRACT, MANIFEST, TERMS, digest_of
from shared.bundle.ranking_files import GOLDEN, GoldenRankings, read_ranking_manifest
from shared.bundle.reading import parse, read_limited
from shared.compiled_terms import CompiledTerminology, read_terms
from shared.contract import Contract
from shared.errors import BundleError
from shared.ranking.answer import Ranking
from shared.ranking.case import CaseFindings


class Ranker(Protocol):
    """What the engine does."""

    @property
    def names(self) -> Mapping[str, str]:
        """Of every disease that is ranked, by code."""

    @property
    def weights(self) -> Mapping[str, float]:
        """How much each finding tells, by its code; findings without one tell 1."""

    def rank(self, case: CaseFindings, prevalence: Mapping[str, float] | None = None) -> Ranking:
        """Rank all diseases for a case.

        Parameters
        ----------
        prevalence : mapping of str to float, optional
            Share of patients with a disease, by code; the engine's own for all others.
        """


class ServedRanking:
    """Ranks diseases for patients of one hospital.

    Parameters
    ----------
    ranker : Ranker
    identity : ModelIdentity
    terms : CompiledTerminology
    golden : GoldenRankings
    contract : Contract
        The hospital's.
    prevalence : PrevalenceSettings
        What the hospital says of how frequent diseases are.
    """

    def __init__(
        self,
        ranker: Ranker,
        identity: ModelIdentity,
        terms: CompiledTerminology,
        golden: GoldenRankings,
        contract: Contract,
        prevalence: PrevalenceSettings,
    ) -> None:
        self.identity = identity
        self.terms = terms
        self.contract = contract
        self.prevalence = prevalence
        self._ranker = ranker
        self._golden = golden
        self._here = prevalence.here

    @property
    def diseases(self) -> Mapping[str, str]:
        """Names of all diseases that are ranked, by code."""
        return self._ranker.names

    @property
    def weights(self) -> Mapping[str, float]:
        """How much each finding tells, by its code."""
        return self._ranker.weights

    def rank(self, case: Case) -> Ranking:
        """Rank all diseases for a case of the contract."""
        return self._ranker.rank(case_findings(self.contract, case), self._here)

    def output(self, case: Case) -> dict[str, Any]:
        """Return a ranking as it is written down and given."""
        return output_of(self.rank(case), self.identity, self.prevalence)

    def try_out(self, limit: float) -> SelfTest:
        """Rank the golden cases; the engine is warm afterwards.

        Parameters
        ----------
        limit : float
            Seconds that a ranking may take.

        Raises
        ------
        BundleError
            When an answer differs from the promised one, or answers take too long.
        """
        times = []
        for each in self._golden.rankings:
            # The first is slower: its arrays come from the disk.
            each.check(self._ranker.rank(each.case))
            begun = time.perf_counter()
            self._ranker.rank(each.case)
            times.append(time.perf_counter() - begun)
        if not times:
            raise BundleError("The bundle has no golden cases, so that it cannot be tried out.")
        if max(times) > limit:
            raise BundleError(
                f"The engine takes {1000 * max(times):.0f} ms for a ranking; at most "
                f"{1000 * limit:.0f} ms are allowed.",
                "Raise latency_limit in serving.toml, or use a faster machine.",
            )
        return SelfTest(len(times), float(np.median(times)), max(times))


def read_served_ranking(
    folder: Path,
    key: Ed25519PublicKey,
    contract: Contract,
    prevalence: PrevalenceSettings,
    open_ranker: Callable[[str, Path], Ranker],
) -> ServedRanking:
    """Read and verify a bundle.

    Parameters
    ----------
    open_ranker : callable
        Opens an engine by its name, on the files of a folder.

    Raises
    ------
    BundleError
        When it is not signed, damaged, or of another contract.
    """
    manifest = read_ranking_manifest(folder, key)
    seen = parse(Contract, CONTRACT, read_limited(folder / CONTRACT))
    if {seen.hash, manifest.contract_hash} != {contract.hash}:
        raise BundleError(
            f"The engine learned by contract {seen.name} {seen.version}, and this hospital follows "
            f"{contract.name} {contract.version}.",
            "Accept the coordinator's contract, or use an engine of this one.",
        )
    identity = ModelIdentity(
        version=f"{manifest.run}/disease_ranking",
        digest=digest_of(read_limited(folder / MANIFEST)),
        contract_version=contract.version,
        contract_hash=contract.hash,
    )
    golden = parse(GoldenRankings, GOLDEN, read_limited(folder / GOLDEN))
    terms = read_terms(folder / TERMS)
    ranker = open_ranker(manifest.engine, folder)
    return ServedRanking(ranker, identity, terms, golden, contract, prevalence)
