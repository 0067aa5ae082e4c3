"""What a run needs to go on after its process was killed, written beside the rounds.

Arrays and JSON only, each file replaced in one step: a checkpoint is whole or the one before.
"""

from __future__ import annotations

import json
import os
import random
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from server.background_writer import Write, write_now
from shared.errors import JuntosError
from shared.models.base import Arrays
from shared.questions import SummaryAnswer
from shared.run_settings import ModelName
from shared.settings_file import StrictModel

MEMBERS_FILE = "members.json"
_SEPARATOR = "/"
_MODEL = "model"
_RANDOM = "random_state"


class Members(StrictModel):
    """Who takes part, with what each said of its data.

    Attributes
    ----------
    hospitals : dict of str to SummaryAnswer
        By enrolled name.
    rounds : int
        Rounds recorded so far.
    """

    hospitals: dict[str, SummaryAnswer]
    rounds: int


@dataclass
class Progress:
    """One kind of model after some rounds.

    Attributes
    ----------
    number : int
        Rounds that are done.
    arrays : Arrays
        The shared model.
    trained : bool
        Whether any hospital's training is in it.
    strategy : dict of str to Arrays
        What the strategy carries from round to round, by attribute.
    rounds : int
        Rounds of the whole run that were recorded so far.
    """

    number: int
    arrays: Arrays
    trained: bool = False
    strategy: dict[str, Arrays] = field(default_factory=dict)
    rounds: int = 0


class Checkpoint(Protocol):
    """Where a run leaves what it would need to go on."""

    def members(self) -> Members | None:
        """Return who takes part, if that was settled."""

    def save_members(self, members: Members) -> None:
        """Keep who takes part."""

    def progress(self, model: ModelName) -> Progress | None:
        """Return how far a kind of model is, and set the random state of then."""

    def save_progress(self, model: ModelName, progress: Progress) -> None:
        """Keep how far a kind of model is."""


class NoCheckpoint:
    """For runs that are simply run again."""

    def members(self) -> Members | None:
        """Return nothing."""
        return None

    def save_members(self, members: Members) -> None:
        """Keep nothing."""

    def progress(self, model: ModelName) -> Progress | None:  # noqa: ARG002 - the protocol's
        """Return nothing."""
        return None

    def save_progress(self, model: ModelName, progress: Progress) -> None:
        """Keep nothing."""


class FileCheckpoint:
    """Keeps checkpoints in a folder.

    Parameters
    ----------
    folder : Path
        Made when first needed.
    write : callable, optional
        Carries out the writing, for example `BackgroundWriter.write`.
    """

    def __init__(self, folder: Path, write: Write = write_now) -> None:
        self._folder = folder
        self._write_by = write

    def members(self) -> Members | None:
        """Return who takes part, if that was settled.

        Raises
        ------
        JuntosError
            When the file is damaged.
        """
        path = self._folder / MEMBERS_FILE
        if not path.exists():
            return None
        try:
            return TypeAdapter(Members).validate_json(path.read_bytes())
        except ValidationError:
            raise _damaged(path) from None

    def save_members(self, members: Members) -> None:
        """Keep who takes part."""
        content = members.model_dump_json().encode()
        self._write_by(lambda: self._write(MEMBERS_FILE, content))

    def progress(self, model: ModelName) -> Progress | None:
        """Return how far a kind of model is, and set the random state of then.

        Raises
        ------
        JuntosError
            When the file is damaged.
        """
        path = self._folder / f"{model}.safetensors"
        if not path.exists():
            return None
        try:
            with safe_open(path, framework="numpy") as file:
                metadata = file.metadata()
                stored = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            state = json.loads(metadata["state"])
            _set_random_state(stored.pop(_RANDOM), state.pop("gauss"))
            return Progress(**state, **_unpacked(stored))
        except (SafetensorError, OSError, ValueError, KeyError, TypeError):
            raise _damaged(path) from None

    def save_progress(self, model: ModelName, progress: Progress) -> None:
        """Keep how far a kind of model is; the latest that is known when it comes to writing."""
        random_state = random.getstate()
        strategy = {name: _copied(arrays) for name, arrays in progress.strategy.items()}
        kept = replace(progress, strategy=strategy)
        name = f"{model}.safetensors"
        self._write_by(lambda: self._write(name, _serialised(kept, random_state)), name)

    def _write(self, name: str, content: bytes) -> None:
        partial = self._folder / f".{name}.partial"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self._folder / name)
        except OSError as error:
            raise JuntosError(
                f"The checkpoint {self._folder / name} cannot be written: {error.strerror}.",
                "Make room, then `juntos coordinator resume`.",
            ) from None


def _copied(arrays: Arrays) -> Arrays:
    """Copy what a strategy may change in place."""
    return {name: array.copy() for name, array in arrays.items()}


def _serialised(progress: Progress, random_state: tuple[Any, ...]) -> bytes:
    _, numbers, gauss = random_state
    state = {
        "number": progress.number,
        "trained": progress.trained,
        "rounds": progress.rounds,
        "gauss": gauss,
    }
    arrays = {**_packed(progress), _RANDOM: np.array(numbers, dtype=np.uint32)}
    return save(arrays, metadata={"state": json.dumps(state)})


def _packed(progress: Progress) -> Arrays:
    groups = {_MODEL: progress.arrays, **progress.strategy}
    return {
        f"{group}{_SEPARATOR}{name}": np.ascontiguousarray(array)
        for group, arrays in groups.items()
        for name, array in arrays.items()
    }


def _unpacked(stored: Arrays) -> dict[str, Any]:
    groups: dict[str, Arrays] = {_MODEL: {}}
    for key, array in stored.items():
        group, _, name = key.partition(_SEPARATOR)
        groups.setdefault(group, {})[name] = array
    return {"arrays": groups.pop(_MODEL), "strategy": groups}


def _set_random_state(numbers: npt.NDArray[np.uint32], gauss: float | None) -> None:
    version = random.getstate()[0]
    random.setstate((version, tuple(int(each) for each in numbers), gauss))


def _damaged(path: Path) -> JuntosError:
    return JuntosError(
        f"The checkpoint {path} is damaged.", "Train anew; the run cannot go on from there."
    )
