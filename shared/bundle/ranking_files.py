"""A signed bundle that ranks diseases: the engine's files, its terms, contract and promises.

It is written, signed and checked as bundles of models are (`shared.bundle.manifest`); what differs
is what it holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import Field

from shared.bundle.manifest import CARD, CONTRACT, MANIFEST, TERMS, Digest, digest_of
from shared.bundle.reading import parse, read_limited
from shared.bundle.signature import SIGNATURE, check_signature, sign_manifest
from shared.contract import Contract
from shared.errors import BundleError
from shared.ranking.answer import Ranking
from shared.ranking.case import CaseFindings, Sex
from shared.settings_file import StrictModel

GOLDEN = "golden_rankings.json"
OWN = frozenset({CONTRACT, TERMS, CARD, GOLDEN})
FORMAT: Literal["juntos-ranking"] = "juntos-ranking"
PROMISED, TOLERANCE = 10, 1e-5


class RankingManifest(StrictModel):
    """What a bundle that ranks holds.

    Attributes
    ----------
    engine : str
        Which engine reads its files, with the version of their form.
    run : str
        The run it came from.
    created_at : str
        ISO 8601, UTC.
    contract_hash : str
        Of the contract whose records it learned from.
    files : dict of str to str
        SHA-256 of every other file.
    """

    format: Literal["juntos-ranking"] = FORMAT
    format_version: Literal[1] = 1
    engine: str = Field(pattern=r"^[a-z][a-z0-9_\-]{0,60}$")
    run: str
    created_at: str
    contract_hash: Digest
    files: dict[str, Digest]


class GoldenRanking(StrictModel):
    """An invented case and the first diseases that the engine promises for it."""

    observed: list[str]
    excluded: list[str]
    age: float | None
    onset: float | None
    sex: Sex
    codes: list[str]
    probabilities: list[float]

    @property
    def case(self) -> CaseFindings:
        """The case."""
        observed, excluded = tuple(self.observed), tuple(self.excluded)
        return CaseFindings(observed, excluded, self.age, self.onset, self.sex)

    def check(self, ranking: Ranking) -> None:
        """Refuse an engine that gives another answer.

        Raises
        ------
        BundleError
        """
        first = ranking.diseases[: len(self.codes)]
        pairs = zip(first, self.probabilities, strict=False)
        near = all(abs(each.probability - promised) <= TOLERANCE for each, promised in pairs)
        if [each.code for each in first] != self.codes or not near:
            raise BundleError(
                "The engine does not give the ranking its bundle promises.",
                "Do not use it; fetch the bundle again.",
            )


class GoldenRankings(StrictModel):
    """All of them."""

    rankings: list[GoldenRanking]


def golden_ranking(case: CaseFindings, ranking: Ranking) -> GoldenRanking:
    """Write down what an engine says of a case."""
    first = ranking.diseases[:PROMISED]
    return GoldenRanking(
        observed=list(case.observed),
        excluded=list(case.excluded),
        age=case.age,
        onset=case.onset,
        sex=case.sex,
        codes=[each.code for each in first],
        probabilities=[each.probability for each in first],
    )


def ranking_files(
    contract: Contract,
    kind: str,
    engine: Mapping[str, bytes],
    terms: bytes,
    golden: Sequence[GoldenRanking],
    run: str,
    card: str,
    key: Ed25519PrivateKey | None = None,
) -> dict[str, bytes]:
    """Return every file of a bundle by name, signed where there is a key.

    Parameters
    ----------
    kind : str
        Which engine reads its files.
    engine : mapping of str to bytes
        The engine's own files.

    Raises
    ------
    BundleError
        When one of the engine's files has a name that is taken.
    """
    if taken := OWN & set(engine):
        raise BundleError(f"The engine's files have names that are taken: {', '.join(taken)}.")
    golden_json = GoldenRankings(rankings=list(golden)).model_dump_json()
    content = {
        CONTRACT: contract.model_dump_json(indent=1).encode(),
        TERMS: terms,
        CARD: card.encode(),
        GOLDEN: golden_json.encode(),
        **engine,
    }
    manifest = RankingManifest(
        engine=kind,
        run=run,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        contract_hash=contract.hash,
        files={name: digest_of(data) for name, data in content.items()},
    )
    content[MANIFEST] = manifest.model_dump_json(indent=1).encode()
    if key is not None:
        content[SIGNATURE] = sign_manifest(key, content[MANIFEST])
    return content


def read_ranking_manifest(folder: Path, key: Ed25519PublicKey) -> RankingManifest:
    """Read the list of files, and compare every file with its hash.

    The files stay on the disk, so that the engine can map them into memory.

    Raises
    ------
    BundleError
        When it is not signed, or not what was signed.
    """
    path, signature = folder / MANIFEST, folder / SIGNATURE
    if not path.is_file():
        raise BundleError(f"{folder} is no bundle: it has no {MANIFEST}.")
    content = read_limited(path)
    check_signature(key, content, read_limited(signature) if signature.exists() else None)
    manifest = parse(RankingManifest, MANIFEST, content)
    present = {each.name for each in folder.iterdir()} - {MANIFEST, SIGNATURE}
    if present != set(manifest.files) or not set(manifest.files) >= OWN:
        raise BundleError(f"{folder} does not hold the files it lists.")
    for name, digest in manifest.files.items():
        if digest_of(read_limited(folder / name)) != digest:
            raise BundleError(f"{name} was changed after the bundle was made.", "Fetch it again.")
    return manifest


def is_ranking(manifest: bytes) -> bool:
    """Say whether a manifest is of a bundle that ranks; nothing of it is trusted by that."""
    return f'"{FORMAT}"'.encode() in manifest[:200]
