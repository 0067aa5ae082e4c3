"""Rare diseases from findings: hospitals learn together, and knowledge stands beside them.

Sites are groups of publications, and no publication has cases in training and in the test. Every
figure is given three times: without what the test's own publications brought to the annotations
and on observed findings alone; with excluded findings as evidence against; and as published, with
every annotation (docs/the-two-leaks.md).
"""

from __future__ import annotations

import resource
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table

from shared.errors import DataError
from shared.knowledge import read_published
from shared.ranking.mixing import ENOUGH
from simulations.benchmarks.phenopackets_alone import alone_ranks
from simulations.benchmarks.phenopackets_cases import PublishedCases, read_cases
from simulations.benchmarks.phenopackets_figures import Judged, figures_of, together
from simulations.benchmarks.phenopackets_ontology import ontology_folder
from simulations.benchmarks.phenopackets_protocol import MODES, Options, Split, run_split

FOLDS = 5
SHOWN = (
    *("overall", "seen", "rare", "unseen_annotated"),
    *("alone", "alone_seen", "matching", "matching_unseen_annotated"),
)
WHOLE = ("expected_calibration_error", "answered_share", "answered_top1")


def run_phenopackets(
    train: Path, test: Path | None, ontology: Path | None, options: Options, console: Console
) -> dict[str, Any]:
    """Run the protocol; print the table; return the figures under the protocol's keys.

    Parameters
    ----------
    test : Path, optional
        Without it, five folds by publication of the training file.
    ontology : Path, optional
        Folder with hp.obo and phenotype.hpoa; fetched once without it.
    """
    begun = time.perf_counter()
    # The networks are small: more threads cost more than they bring.
    torch.set_num_threads(1)
    published = read_published(ontology_folder(ontology, console))
    training = read_cases(train, published.findings)
    if test is None:
        pairs = folds_of(training, options.seed)
    else:
        pairs = [(training, read_cases(test, published.findings))]
    parts: list[dict[str, Judged]] = []
    shared = 0
    for learned, judged in track(
        pairs, description="phenopackets", console=console, transient=True
    ):
        split = Split(published, learned, judged, options)
        shared += len(set(learned.publications) & set(judged.publications))
        part = run_split(split, list(MODES), pooled=True)
        part["leak_free"].ranks["alone"] = alone_ranks(split)
        parts.append(part)
    found: dict[str, Any] = {
        mode: figures_of(together([part[mode] for part in parts]), ENOUGH) for mode in MODES
    }
    found |= {name: found["leak_free"][name] for name in WHOLE}
    found |= {
        "sites": options.sites,
        "folds": len(pairs),
        "unknown_terms": training.unknown_terms,
        "shared_publications": shared,
        "seconds": time.perf_counter() - begun,
        "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }
    print_table(found, console)
    return found


def folds_of(cases: PublishedCases, seed: int) -> list[tuple[PublishedCases, PublishedCases]]:
    """Divide cases by publication, each fold the test of the others.

    Raises
    ------
    DataError
        When there are fewer publications than folds.
    """
    names = np.random.default_rng(seed).permutation(np.unique(cases.publications))
    if len(names) < 2 * FOLDS:
        raise DataError(
            f"{len(names)} publications are too few for {FOLDS} folds.", "Give a file for the test."
        )
    fold_of = {name: number % FOLDS for number, name in enumerate(names.tolist())}
    folds = np.array([fold_of[each] for each in cases.publications.tolist()])
    return [
        (cases.rows(np.flatnonzero(folds != fold)), cases.rows(np.flatnonzero(folds == fold)))
        for fold in range(FOLDS)
    ]


def print_table(found: dict[str, Any], console: Console) -> None:
    """Print how often the right disease stands among the first."""
    for mode in MODES:
        table = Table(title=mode.replace("_", " "), title_justify="left", box=None)
        table.add_column("cases of", no_wrap=True)
        for name in ("cases", "top1", "top3", "top5", "top10", "macro_recall"):
            table.add_column(name, justify="right")
        rows = {name: found[mode][name] for name in SHOWN if name in found[mode]}
        rows |= {f"epsilon {each}": value for each, value in found[mode]["private"].items()}
        for name, row in rows.items():
            values = [f"{value:.3f}" for key, value in row.items() if key.startswith(("t", "m"))]
            table.add_row(name.replace("_", " "), str(row["cases"]), *values)
        console.print(table)
