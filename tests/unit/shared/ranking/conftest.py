from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from shared.knowledge import Published, read_published
from simulations.benchmarks.phenopackets_cases import PublishedCases, read_cases
from simulations.benchmarks.phenopackets_protocol import Options, Split
from tests.unit.shared.ranking.small_ontology import AREAS, SPECIFIC, leaf, write_ontology

DISEASES, PUBLICATIONS, CASES = 24, 3, 3
UNSEEN = ("OMIM:90", "OMIM:91")


@dataclass(frozen=True)
class World:
    published: Published
    table: Path
    split: Split


def patterns() -> dict[str, list[str]]:
    """Return each disease's findings."""
    generator = np.random.default_rng(0)
    codes = [leaf(area, each) for area in range(AREAS) for each in range(SPECIFIC)]
    names = [*(f"OMIM:{each}" for each in range(10, 10 + DISEASES)), *UNSEEN]
    return {name: sorted(generator.choice(codes, 6, replace=False)) for name in names}


def write_cases(path: Path, first_publication: int, seed: int, *, absent: bool = True) -> Path:
    generator = np.random.default_rng(seed)
    lines = [
        "case_id,publication,sex,age_years,onset_years,onset_class,observed,excluded,disease_id"
    ]
    number = first_publication
    for disease, findings in patterns().items():
        if disease in UNSEEN and absent:
            continue
        for _ in range(PUBLICATIONS):
            number += 1
            for case in range(CASES):
                has = generator.random(len(findings)) < 0.7
                some = [f for f, h in zip(findings, has, strict=True) if h] or findings[:1]
                without = [f for f, h in zip(findings, has, strict=True) if not h]
                lines.append(
                    f"{number}-{case},{number},FEMALE,12,,Childhood onset,"
                    f"{' '.join(some)},{' '.join(without)},{disease}"
                )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("ranking")
    rows = [
        (disease, finding, f"PMID:{5000 + number}", "3/4")
        for number, (disease, findings) in enumerate(patterns().items())
        for finding in findings
    ]
    published = read_published(write_ontology(folder, rows))
    table = write_cases(folder / "train.csv", 100, seed=1)
    test = write_cases(folder / "test.csv", 800, seed=2, absent=False)
    training = read_cases(table, published.findings)
    judged: PublishedCases = read_cases(test, published.findings)
    return World(published, table, Split(published, training, judged, Options(sites=3)))
