"""Where the hospitals of an experiment come from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from shared.contract import Contract
from shared.errors import SettingsError
from shared.records import Records, concatenate
from shared.settings_file import StrictModel
from simulations.experiments.measuring import measured_differently
from simulations.experiments.partitions import (
    Rows,
    by_order,
    by_size,
    by_value,
    dirichlet,
    iid,
    unequal,
)


class SimulatedPatients(StrictModel):
    """Four hospitals with patients sampled from disease annotations."""

    kind: Literal["simulated_patients"]
    seed: int = 0


class HeartHospitals(StrictModel):
    """The four hospitals of the UCI Heart Disease data, read from ``--data``."""

    kind: Literal["heart"]


class MappedHospitals(StrictModel):
    """Any hospitals, each described by a mapping file."""

    kind: Literal["mappings"]
    hospitals: dict[str, Path] = Field(min_length=1)


NaturalSource = Annotated[
    SimulatedPatients | HeartHospitals | MappedHospitals, Field(discriminator="kind")
]


class PartitionedSource(StrictModel):
    """Records of one place, or of several put together, split over invented hospitals.

    Attributes
    ----------
    mapping : Path or None
        Of one source.
    of : source or None
        Hospitals whose records are put together first; this or `mapping`.
    hospitals : int
        Without meaning for ``by_column``.
    partition : str
        ``iid``; ``dirichlet``: case mixes differ; ``by_size`` and ``unequal``: sizes differ, as
        `shares` say or by chance; ``by_column``: a hospital per value; ``by_order``: patients
        differ in a number.
    alpha : float
        Of the Dirichlet distribution of case mixes or sizes: small means very different hospitals.
    shares : list of float
        Of ``by_size``: relative sizes.
    column : str
        Of ``by_column`` and ``by_order``: a feature of the contract.
    mixing : float
        Of ``by_order``, see `simulations.experiments.partitions.by_order`.
    measuring_noise : float
        How differently hospitals measure, see `simulations.experiments.measuring`.
    seed : int or None
        Of the split; without it every repetition splits anew, by its own seed.
    """

    kind: Literal["partition"]
    mapping: Path | None = None
    of: NaturalSource | None = None
    hospitals: int = Field(default=4, ge=2)
    partition: Literal["iid", "dirichlet", "by_size", "unequal", "by_column", "by_order"] = "iid"
    alpha: float = Field(default=0.5, gt=0)
    shares: list[float] = Field(default_factory=list)
    column: str = ""
    mixing: float = Field(default=0.0, ge=0)
    measuring_noise: float = Field(default=0.0, ge=0)
    seed: int | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.mapping is None) == (self.of is None):
            raise ValueError("give mapping, or [data.of] with hospitals to put together")
        if self.partition == "by_size" and len(self.shares) != self.hospitals:
            raise ValueError(
                f"there are {len(self.shares)} shares for {self.hospitals} hospitals; give one each"
            )
        if self.partition in ("by_column", "by_order") and not self.column:
            raise ValueError(f"partition = {self.partition!r} needs a column")
        return self


DataSource = Annotated[
    SimulatedPatients | HeartHospitals | MappedHospitals | PartitionedSource,
    Field(discriminator="kind"),
]


def hospitals_of(
    source: DataSource, contract: Contract, folder: Path, data: Path | None, work: Path, seed: int
) -> Mapping[str, Records]:
    """Read every hospital's records.

    Parameters
    ----------
    folder : Path
        Of the scenario; mapping files are relative to it.
    data : Path or None
        The ``--data`` option.
    work : Path
        Where simulated hospitals are written.
    seed : int
        Of the repetition; decides a split without a seed of its own.
    """
    if isinstance(source, PartitionedSource):
        whole = _together(source, contract, folder, data, work)
        seed = seed if source.seed is None else source.seed
        parts = split(whole, source, seed)
        return measured_differently(parts, contract, source.measuring_noise, seed)
    return {
        name: read_records(contract, mapping)
        for name, mapping in mappings_of(source, folder, data, work).items()
    }


def split(records: Records, source: PartitionedSource, seed: int) -> dict[str, Records]:
    """Split one set of records over hospitals; those without any are left out."""
    parts = _parts(records, source, seed)
    return {name: records.take(rows) for name, rows in parts.items() if len(rows)}


def mappings_of(
    source: SimulatedPatients | HeartHospitals | MappedHospitals,
    folder: Path,
    data: Path | None,
    work: Path,
) -> dict[str, Path]:
    """Return each hospital's mapping file, writing those of hospitals that are made up."""
    from simulations.hospitals import write_heart_hospitals, write_simulated_hospitals

    if isinstance(source, MappedHospitals):
        return {name: folder / path for name, path in source.hospitals.items()}
    if isinstance(source, HeartHospitals):
        if data is None:
            raise SettingsError("This scenario reads real hospitals.", "Give --data FOLDER.")
        return {each.name: each.mapping_path for each in write_heart_hospitals(data, work)}
    return {each.name: each.mapping_path for each in write_simulated_hospitals(work, source.seed)}


def read_records(contract: Contract, mapping: Path) -> Records:
    """Read one hospital's good rows."""
    from client.sources import load_records

    return load_records(contract, mapping).records


def _together(
    source: PartitionedSource, contract: Contract, folder: Path, data: Path | None, work: Path
) -> Records:
    if source.of is None:
        return read_records(contract, folder / (source.mapping or Path()))
    found = mappings_of(source.of, folder, data, work)
    return concatenate([read_records(contract, mapping) for mapping in found.values()])


def _parts(records: Records, source: PartitionedSource, seed: int) -> dict[str, Rows]:
    if source.partition == "by_column":
        return by_value(records, source.column)
    count = source.hospitals
    match source.partition:
        case "iid":
            parts = iid(records, count, seed)
        case "dirichlet":
            parts = dirichlet(records, count, source.alpha, seed)
        case "unequal":
            parts = unequal(records, count, source.alpha, seed)
        case "by_order":
            parts = by_order(records, source.column, count, source.mixing, seed)
        case _:
            parts = by_size(records, source.shares, seed)
    return {f"hospital_{index + 1}": rows for index, rows in enumerate(parts)}
