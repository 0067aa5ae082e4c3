"""What a learning of rankings needs to go on after its process was killed."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from server.background_writer import Write, write_now
from shared.errors import JuntosError
from shared.models.base import Arrays
from shared.privacy.fixed_sums import Floats, Integers, to_floats
from shared.ranking_learning.learning import State
from shared.ranking_learning.messages import RankedCases

SUMS_FILE, STATE_FILE = "ranking_sums.safetensors", "ranking_state.safetensors"
SEPARATOR = "/"


@dataclass(frozen=True)
class Begun:
    """Who takes part, and what all of them said of their cases.

    Attributes
    ----------
    hospitals : dict of str to RankedCases
    left_out : dict of str to str
    sums : Arrays
        Of each fold, over all hospitals.
    """

    hospitals: dict[str, RankedCases]
    left_out: dict[str, str]
    sums: Arrays


@dataclass(frozen=True)
class Paid:
    """A sum with noise, as it was told.

    Attributes
    ----------
    values : int64 array
    deviation : float
        Of the noise of each, in units of what is counted.
    hospitals : list of str
        In the sum.
    left_out : dict of str to str
    """

    values: Integers
    deviation: float
    hospitals: list[str]
    left_out: dict[str, str]

    @property
    def told(self) -> Floats:
        """The sum in units of what is counted."""
        return to_floats(self.values)


class RankingProgress:
    """Keeps the progress of one run in a folder; each file is whole or the one before.

    Parameters
    ----------
    folder : Path
        Made when first needed.
    write : callable, optional
        Carries out the writing.
    """

    def __init__(self, folder: Path, write: Write = write_now) -> None:
        self._folder, self._write = folder, write

    def begun(self) -> Begun | None:
        """Return who takes part, if that was settled."""
        found = self._read(SUMS_FILE)
        if found is None:
            return None
        said, arrays = found
        hospitals = {k: RankedCases.model_validate(v) for k, v in said["hospitals"].items()}
        return Begun(hospitals, said["left_out"], arrays)

    def save_begun(self, begun: Begun) -> None:
        """Keep who takes part."""
        said = {
            "hospitals": {name: each.model_dump() for name, each in begun.hospitals.items()},
            "left_out": begun.left_out,
        }
        content = save(_packed(begun.sums), metadata={"said": json.dumps(said)})
        self._write(lambda: self._put(SUMS_FILE, content))

    def paid(self, what: str) -> Paid | None:
        """Return a sum that was told already: asking again would cost its budget again."""
        found = self._read(f"{what}.safetensors")
        if found is None:
            return None
        said, arrays = found
        return Paid(arrays["values"], said["deviation"], said["hospitals"], said["left_out"])

    def save_paid(self, what: str, paid: Paid) -> None:
        """Keep a sum."""
        said = {
            "deviation": paid.deviation,
            "hospitals": paid.hospitals,
            "left_out": paid.left_out,
        }
        content = save(_packed({"values": paid.values}), metadata={"said": json.dumps(said)})
        self._write(lambda: self._put(f"{what}.safetensors", content))

    def state(self) -> State | None:
        """Return how far the learning is."""
        found = self._read(STATE_FILE)
        if found is None:
            return None
        said, arrays = found
        groups: dict[str, Arrays] = {name: {} for name in said["groups"]}
        for key, array in arrays.items():
            group, _, name = key.partition(SEPARATOR)
            groups[group][name] = array
        return State(said["stage"], said["number"], groups, said["losses"])

    def save_state(self, state: State) -> None:
        """Keep how far the learning is; the latest that is known when it comes to writing."""
        said = {
            "stage": state.stage,
            "number": state.number,
            "losses": list(state.losses),
            "groups": list(state.groups),
        }
        arrays = {
            f"{group}{SEPARATOR}{name}": array
            for group, some in state.groups.items()
            for name, array in some.items()
        }
        self._write(
            lambda: self._put(
                STATE_FILE, save(_packed(arrays), metadata={"said": json.dumps(said)})
            ),
            STATE_FILE,
        )

    def _read(self, name: str) -> tuple[dict, Arrays] | None:  # type: ignore[type-arg]
        path = self._folder / name
        if not path.exists():
            return None
        try:
            with safe_open(path, framework="numpy") as file:
                said = json.loads(file.metadata()["said"])
                return said, {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        except (SafetensorError, OSError, ValueError, KeyError, TypeError):
            raise JuntosError(
                f"The checkpoint {path} is damaged.",
                "Learn anew; the run cannot go on from there.",
            ) from None

    def _put(self, name: str, content: bytes) -> None:
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


def _packed(arrays: Arrays) -> Arrays:
    return {name: np.ascontiguousarray(array) for name, array in arrays.items()}
