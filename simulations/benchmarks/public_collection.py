"""What published cases bring to hospitals: a federation with a public collection and without it.

Published cases stand in for hospitals: every publication belongs to one hospital, to the public
collection or to the test, and to no two of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from client.training.local_models import probabilities
from shared.contract import Contract
from shared.errors import DataError
from shared.records import Records
from shared.run_settings import RunSettings, run_settings
from simulations.in_process import run_in_process

COLUMNS = ["publication", "sex", "age_years", "observed", "disease_id"]
HOSPITALS = ("north", "south", "east", "west")
PUBLIC = "public collection"
# Of the publications: held out; at the four hospitals together. The rest is the collection.
TEST_SHARE, HOSPITAL_SHARE = 0.25, 0.25
FEWEST_PUBLICATIONS = 4
# Cases that the four hospitals have of a disease, together: fewer make it rare.
RARE_BELOW = 5
REPLICATES = 1000
RANKS = (1, 5)


@dataclass(frozen=True)
class Parts:
    """Cases by who has them.

    Attributes
    ----------
    hospitals : mapping of str to Records
        The four, then the collection.
    test : Records
    publications : object array of shape (test rows,)
    """

    contract: Contract
    hospitals: Mapping[str, Records]
    test: Records
    publications: np.ndarray


def run_public(data: Path, seed: int, console: Console) -> dict[str, Any]:
    """Run the protocol; print the table; return the figures."""
    parts = read_parts(data, seed)
    own = {name: parts.hospitals[name] for name in HOSPITALS}
    known = pd.Series(np.concatenate([each.labels for each in own.values()])).value_counts()
    rare = np.array([known.get(label, 0) < RARE_BELOW for label in parts.test.labels])
    ranks = {
        "hospitals": ranks_of_truth(parts, own, seed),
        "with_public": ranks_of_truth(parts, parts.hospitals, seed),
    }
    figures: dict[str, Any] = {
        "cases": {name: len(each) for name, each in parts.hospitals.items()},
        "test_cases": len(parts.test),
        "rare_test_cases": int(rare.sum()),
        "diseases": len(parts.contract.leaves),
        "all": gains(ranks, np.ones(len(rare), dtype=np.bool_), parts.publications, seed),
        "rare": gains(ranks, rare, parts.publications, seed),
    }
    print_table(figures, console)
    return figures


def read_parts(path: Path, seed: int) -> Parts:
    """Read the cases and divide their publications.

    Raises
    ------
    DataError
        When the table lacks a column.
    """
    cases = pd.read_csv(path)
    missing = [name for name in COLUMNS if name not in cases]
    if missing:
        raise DataError(f"{path} has no column {', '.join(missing)}.", "Give the table of cases.")
    published = cases.groupby("disease_id")["publication"].transform("nunique")
    cases = cases[published >= FEWEST_PUBLICATIONS].reset_index(drop=True)
    place = cases["publication"].map(lambda each: draw(str(each), seed))
    contract = contract_of(sorted(cases["disease_id"].unique()))
    borders = np.linspace(TEST_SHARE, TEST_SHARE + HOSPITAL_SHARE, len(HOSPITALS) + 1)
    test = place < TEST_SHARE
    hospitals = {
        name: records_of(cases[(place >= low) & (place < high)])
        for name, low, high in zip(HOSPITALS, borders[:-1], borders[1:], strict=True)
    }
    hospitals[PUBLIC] = records_of(cases[place >= borders[-1]])
    publications = cases["publication"].to_numpy()[test]
    return Parts(contract, hospitals, records_of(cases[test]), publications)


def draw(publication: str, seed: int) -> float:
    """Draw a number between 0 and 1 for a publication, the same whatever others there are."""
    digest = hashlib.sha256(f"{seed} {publication}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def contract_of(diseases: list[str]) -> Contract:
    """Return the contract of the cases: findings that were observed, sex, age."""
    sexes = [{"code": code, "name": code.capitalize()} for code in ("female", "male")]
    features = [
        {
            "name": "age",
            "kind": "numeric",
            "description": "Age at the last visit",
            "unit": "a",
            "minimum": 0,
            "maximum": 120,
        },
        {"name": "sex", "kind": "categorical", "description": "Sex", "codes": sexes},
        {
            "name": "findings",
            "kind": "terms",
            "description": "Observed findings",
            "code_system": "HPO",
        },
    ]
    targets = [{"code": each, "name": each, "frequency": "rare"} for each in diseases]
    return Contract.model_validate(
        {
            "name": "published_cases",
            "version": "1.0.0",
            "description": "Published patients with rare diseases",
            "identifying_fields": [],
            "feature": features,
            "target": targets,
        }
    )


def records_of(cases: pd.DataFrame) -> Records:
    """Return cases as records of the contract; what was looked for and absent is left out."""
    sex = cases["sex"].str.lower()
    age = cases["age_years"].astype(np.float64)
    table = pd.DataFrame(
        {
            "age": age.where(age.between(0, 120)).to_numpy(),
            "sex": sex.where(sex.isin(["female", "male"]), None).to_numpy(dtype=object),
            "findings": [tuple(str(each).split()) for each in cases["observed"].fillna("")],
        }
    )
    table["sex"] = table["sex"].astype(object).where(table["sex"].notna(), None)
    return Records(table, cases["disease_id"].to_numpy(dtype=object))


def settings_of(seed: int) -> RunSettings:
    """Return the settings of both runs: a network over findings with their ancestors."""
    content = {
        "models": ["neural_network"],
        "seed": seed,
        "compare_alone": False,
        "minimum_hospitals": len(HOSPITALS),
        "holdout": {"test_share": 0},
        "preprocessing": {"minimum_term_rows": 3},
        "neural_network": {"rounds": 150, "hidden": [], "l2_regularisation": 1.0},
    }
    return run_settings(content, [], "bench public")


def ranks_of_truth(parts: Parts, hospitals: Mapping[str, Records], seed: int) -> np.ndarray:
    """Train with these hospitals; return the rank of each test case's disease, from 1."""
    settings = settings_of(seed)
    result = run_in_process(parts.contract, hospitals, settings)
    found = probabilities(
        parts.test,
        settings,
        result.preparation,
        "neural_network",
        result.models["neural_network"],
    )
    truth = np.array([parts.contract.leaves.index(each) for each in parts.test.labels])
    own = found[np.arange(len(truth)), truth]
    # Ties count against the model.
    ranks: np.ndarray = (found >= own[:, None]).sum(axis=1)
    return ranks


def gains(
    ranks: Mapping[str, np.ndarray], chosen: np.ndarray, publications: np.ndarray, seed: int
) -> dict[str, Any]:
    """Return how often the truth is among the first, and the gain with its interval.

    The interval comes from drawing publications, whose cases are alike, with replacement.
    """
    rows = np.flatnonzero(chosen)
    groups = pd.factorize(publications[rows])[0]
    count = int(groups.max(initial=-1)) + 1
    weights = np.random.default_rng(seed).multinomial(
        count, np.full(count, 1 / max(count, 1)), REPLICATES
    )[:, groups]
    found: dict[str, Any] = {"cases": len(rows)}
    for rank in RANKS:
        hits = {way: (each[rows] <= rank).astype(float) for way, each in ranks.items()}
        gain = hits["with_public"] - hits["hospitals"]
        drawn = (weights @ gain) / np.maximum(weights.sum(axis=1), 1)
        found[f"top{rank}"] = {way: float(each.mean()) for way, each in hits.items()} | {
            "gain": float(gain.mean()),
            "low": float(np.percentile(drawn, 2.5)),
            "high": float(np.percentile(drawn, 97.5)),
        }
    return found


def print_table(figures: Mapping[str, Any], console: Console) -> None:
    """Print both federations side by side."""
    title = f"{figures['diseases']} diseases, four hospitals without and with a public collection"
    table = Table(title=title, title_justify="left", box=None)
    for column in ("cases at hospitals", "first", "without", "with it", "gain"):
        table.add_column(column, justify="right", no_wrap=True)
    words = {"all": "all", "rare": f"under {RARE_BELOW} there"}
    for part, name in words.items():
        for rank in RANKS:
            each = figures[part][f"top{rank}"]
            gain = f"{each['gain']:+.3f} [{each['low']:+.3f}, {each['high']:+.3f}]"
            shares = (f"{each['hospitals']:.3f}", f"{each['with_public']:.3f}")
            table.add_row(f"{name} ({figures[part]['cases']})", str(rank), *shares, gain)
    console.print(table)
