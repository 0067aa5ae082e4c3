"""What a federation's models said of rows that they did not learn from, kept at the hospital.

A run whose settings hold out fold after fold (``holdout.folds``) asks each hospital to judge models
on rows that were not trained on. What the models say of those rows is written down here, in the
node's folder, and never sent; once all folds were held out, every row has an answer.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from client.data_quality.hospital_rows import Numbers
from shared.contract import Contract


@dataclass(frozen=True)
class FoldAnswers:
    """What one model said of one fold.

    Attributes
    ----------
    data_version : str
        Content hash of all records, in which the positions count.
    leaves : list of str
    model : str
    folds, fold, seed : int
        Which rows were held out.
    positions : integer array of shape (held-out rows,)
    probabilities : float64 array of shape (held-out rows, leaves)
    """

    data_version: str
    leaves: list[str]
    model: str
    folds: int
    fold: int
    seed: int
    positions: npt.NDArray[np.intp]
    probabilities: Numbers

    @property
    def name(self) -> str:
        """Name of the file; a later run with the same folds takes its place."""
        version = self.data_version[:16]
        return f"{version}-{self.model}-{self.folds}-{self.seed}-{self.fold}.npz"


def keep(folder: Path, answers: FoldAnswers) -> None:
    """Write down what a model said of a fold; whole or not at all."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    about = {
        "data_version": answers.data_version,
        "leaves": answers.leaves,
        "model": answers.model,
        "folds": answers.folds,
        "fold": answers.fold,
        "seed": answers.seed,
    }
    partial = folder / f".{answers.name}.{os.getpid()}"
    with partial.open("wb") as file:
        np.savez(
            file,
            about=np.frombuffer(json.dumps(about).encode(), dtype=np.uint8),
            positions=answers.positions,
            probabilities=answers.probabilities,
        )
    partial.replace(folder / answers.name)


def read_kept(folder: Path, data_version: str, contract: Contract) -> list[Numbers]:
    """Return what each federated model said of all records, where every fold was held out.

    Parameters
    ----------
    data_version : str
        Content hash of the records; what was said of others is passed by.

    Returns
    -------
    list of float64 array of shape (records, leaves)
        One for each kind of model and seed; empty where no folds are complete.
    """
    parts: dict[tuple[str, int, int], dict[int, FoldAnswers]] = defaultdict(dict)
    for path in sorted(folder.glob(f"{data_version[:16]}-*.npz")):
        answers = _read(path)
        if answers.data_version == data_version and answers.leaves == contract.leaves:
            parts[answers.model, answers.folds, answers.seed][answers.fold] = answers
    return [
        _joined(list(each.values()))
        for (_, folds, _), each in sorted(parts.items())
        if len(each) == folds
    ]


def _joined(parts: list[FoldAnswers]) -> Numbers:
    positions = np.concatenate([each.positions for each in parts])
    found = np.full((int(positions.max()) + 1, len(parts[0].leaves)), np.nan)
    found[positions] = np.concatenate([each.probabilities for each in parts])
    return found


def _read(path: Path) -> FoldAnswers:
    with np.load(path, allow_pickle=False) as content:
        about = json.loads(content["about"].tobytes())
        return FoldAnswers(
            **about, positions=content["positions"], probabilities=content["probabilities"]
        )
