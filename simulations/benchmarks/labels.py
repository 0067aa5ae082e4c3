"""Finding wrong diagnoses: 15% of one hospital's are flipped, and a queue orders its rows.

Three hospitals in turn, three draws of the flips each; all 920 rows of the four heart hospitals,
missing values kept, disease or not. Every model is asked only about rows that it did not learn
from, wrong labels included: nobody knows which they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from shared.contract import Contract, load_contract
from shared.records import Records
from simulations.benchmarks.heart import read_hospitals
from simulations.benchmarks.label_queues import (
    HEALTHY,
    SICK,
    Numbers,
    federated_said,
    local_said,
    plain_forest_said,
    queue_of,
    rank_area,
)

FLIPPED_HOSPITALS = ("cleveland", "hungarian", "va")
FLIPPED_SHARE = 0.15
REVIEWED_SHARE = 0.3
SHARES = {"top15": 0.15, "top30": 0.3}
DRAWS = 3
WORKERS = 2
WAYS = ("local", "federated", "plain_local", "plain_pooled")

Hospitals = dict[str, Records]
Judged = dict[str, dict[str, float]]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Flipped:
    """The hospitals with wrong diagnoses at one of them.

    Attributes
    ----------
    hospitals : dict of str to Records
    name : str
        The hospital with wrong diagnoses.
    truth : object array of shape (rows of that hospital,)
    wrong : bool array of shape (rows of that hospital,)
    seed : int
    """

    hospitals: Hospitals
    name: str
    truth: npt.NDArray[np.object_]
    wrong: Mask
    seed: int

    @property
    def records(self) -> Records:
        """What the hospital with wrong diagnoses has."""
        return self.hospitals[self.name]

    def relabelled(self, labels: npt.NDArray[np.object_]) -> Hospitals:
        """Return the hospitals with other diagnoses at this one."""
        records = Records(self.records.table, labels, self.records.patients)
        return {**self.hospitals, self.name: records}


class Case(NamedTuple):
    """One hospital and one draw: what a worker is asked for."""

    data: Path
    name: str
    seed: int


def read_lifted(data: Path) -> tuple[Contract, Hospitals]:
    """Return the four hospitals, every diagnosis as disease or none."""
    contract = load_contract("heart_disease")
    lifted = {
        name: Records(
            records.table,
            np.array([contract.group_of(label) for label in records.labels], dtype=object),
            records.patients,
        )
        for name, records in read_hospitals(contract, data, zero_is_missing=True).items()
    }
    return contract.at_group_level(), lifted


def flip(hospitals: Hospitals, name: str, seed: int) -> Flipped:
    """Write down the wrong diagnosis for a share of one hospital's patients."""
    records = hospitals[name]
    generator = np.random.default_rng([seed, list(hospitals).index(name)])
    count = round(FLIPPED_SHARE * len(records))
    wrong = np.zeros(len(records), dtype=np.bool_)
    wrong[generator.choice(len(records), count, replace=False)] = True
    labels = records.labels.copy()
    labels[wrong] = np.where(labels[wrong] == HEALTHY, SICK, HEALTHY)
    changed = {**hospitals, name: Records(records.table, labels, records.patients)}
    return Flipped(changed, name, records.labels, wrong, seed)


def found_in(queue: npt.NDArray[np.intp], wrong: Mask) -> dict[str, float]:
    """Return which share of the wrong diagnoses is in the first part of a queue."""
    return {
        key: float(wrong[queue[: round(share * len(queue))]].sum() / wrong.sum())
        for key, share in SHARES.items()
    }


def after_review(flipped: Flipped, queue: npt.NDArray[np.intp]) -> npt.NDArray[np.object_]:
    """Return the diagnoses after clinicians saw the first part of a queue, and were right."""
    labels = flipped.records.labels.copy()
    seen = queue[: round(REVIEWED_SHARE * len(queue))]
    labels[seen] = flipped.truth[seen]
    return labels


def judge_case(case: Case) -> Judged:
    """Return the shares found by every way, and the areas with wrong diagnoses and after review."""
    _use_one_core()
    contract, hospitals = read_lifted(case.data)
    flipped = flip(hospitals, case.name, case.seed)
    truth = flipped.truth == SICK

    def federated(of: Hospitals) -> Numbers:
        return federated_said(contract, of, [case.name], case.seed)[case.name]

    def alone(of: Hospitals) -> Numbers:
        return local_said(contract, of[case.name], case.seed)

    said = {
        "local": alone(flipped.hospitals),
        "federated": federated(flipped.hospitals),
        **plain_forest_said(contract, flipped.hospitals, case.name, case.seed),
    }
    result: dict[str, dict[str, float]] = {}
    for way in WAYS:
        corrected = way == "federated"
        queue = queue_of(contract, flipped.records.labels, said[way], corrected=corrected)
        result[way] = found_in(queue, flipped.wrong)
    for key, way, ask in (("auc", "federated", federated), ("auc_local", "local", alone)):
        corrected = way == "federated"
        queue = queue_of(contract, flipped.records.labels, said[way], corrected=corrected)
        reviewed = flipped.relabelled(after_review(flipped, queue))
        result[key] = {
            "flipped": rank_area(truth, said[way]),
            "reviewed": rank_area(truth, ask(reviewed)),
        }
    return result


def judge_clean(data: Path, seed: int) -> Judged:
    """Return the areas without wrong diagnoses, at each hospital, federated and alone."""
    _use_one_core()
    contract, hospitals = read_lifted(data)
    said = federated_said(contract, hospitals, FLIPPED_HOSPITALS, seed)
    found = {}
    for name in FLIPPED_HOSPITALS:
        truth = hospitals[name].labels == SICK
        alone = local_said(contract, hospitals[name], seed)
        found[name] = {"auc": rank_area(truth, said[name]), "auc_local": rank_area(truth, alone)}
    return found


def _use_one_core() -> None:
    """Compute with one core, so that every machine gives the same digits."""
    import torch

    torch.set_num_threads(1)


def run_labels(data: Path, seed: int, console: Console) -> dict[str, Any]:
    """Judge all cases and print the table; return the figures under the protocol's keys."""
    # Refuses a folder without the data before any worker is started.
    read_lifted(data)
    cases = [Case(data, name, seed + draw) for name in FLIPPED_HOSPITALS for draw in range(DRAWS)]
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("labels", total=len(cases) + DRAWS)
        judged, clean = judge_all(cases, lambda: progress.advance(task))
    result: dict[str, Any] = {key: _mean([each[key] for each in judged]) for key in WAYS}
    for key in ("auc", "auc_local"):
        result[key] = {
            "clean": float(np.mean([clean[case.seed][case.name][key] for case in cases])),
            **_mean([each[key] for each in judged]),
        }
    result["by_hospital"] = {
        name: {
            way: _mean([j[way] for case, j in zip(cases, judged, strict=True) if case.name == name])
            for way in WAYS
        }
        for name in FLIPPED_HOSPITALS
    }
    print_tables(result, console)
    return result


def judge_all(
    cases: Sequence[Case], advance: Callable[[], None]
) -> tuple[list[Judged], dict[int, Judged]]:
    """Judge cases, several at a time, in processes that share nothing.

    Returns
    -------
    list of dict, dict of int to dict
        What `judge_case` gives of each case, and `judge_clean` of each seed.
    """
    seeds = sorted({case.seed for case in cases})
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        clean = [pool.submit(judge_clean, cases[0].data, seed) for seed in seeds]
        flipped = [pool.submit(judge_case, case) for case in cases]
        for done in as_completed([*clean, *flipped]):
            # Raises at once what went wrong in a worker.
            done.result()
            advance()
    found = {seed: each.result() for seed, each in zip(seeds, clean, strict=True)}
    return [each.result() for each in flipped], found


def _mean(figures: Sequence[dict[str, float]]) -> dict[str, float]:
    return {key: float(np.mean([each[key] for each in figures])) for key in figures[0]}


def print_tables(result: dict[str, Any], console: Console) -> None:
    """Print what is found early, and what a review is worth."""
    words = {
        "local": "Juntos, own rows",
        "federated": "Juntos, federated",
        "plain_local": "plain forest, own rows",
        "plain_pooled": "plain forest, pooled rows",
    }
    table = Table(title="Wrong diagnoses found in the queue", title_justify="left", box=None)
    for column in ("models", "first 15%", "first 30%", *FLIPPED_HOSPITALS):
        table.add_column(column, justify="left" if column == "models" else "right")
    for way, name in words.items():
        hospitals = [result["by_hospital"][each][way] for each in FLIPPED_HOSPITALS]
        table.add_row(
            name,
            f"{result[way]['top15']:.3f}",
            f"{result[way]['top30']:.3f}",
            *(f"{each['top15']:.2f} / {each['top30']:.2f}" for each in hospitals),
        )
    console.print(table)
    areas = Table(title="AUC at that hospital, true labels", title_justify="left", box=None)
    for column in ("models", "clean", "flipped", "after review of 30%"):
        areas.add_column(column, justify="left" if column == "models" else "right")
    for key, name in (("auc", "federated"), ("auc_local", "own rows")):
        shown = [f"{result[key][each]:.3f}" for each in ("clean", "flipped", "reviewed")]
        areas.add_row(name, *shown)
    console.print(areas)
