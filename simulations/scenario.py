"""An experiment in one TOML file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from shared.contract import Contract, load_contract
from shared.errors import SettingsError
from shared.records import Records
from shared.run_settings import RunSettings, run_settings
from shared.session.faults import Fault
from shared.settings_file import StrictModel, load
from simulations.backend import BackendSettings


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


class PartitionedSource(StrictModel):
    """One source split over invented hospitals.

    Attributes
    ----------
    mapping : Path
    hospitals : int
    partition : {"iid", "dirichlet", "by_size"}
    alpha : float
        Of the Dirichlet distribution: small means very different case mixes.
    shares : list of float
        Of ``by_size``: relative sizes.
    """

    kind: Literal["partition"]
    mapping: Path
    hospitals: int = Field(ge=2)
    partition: Literal["iid", "dirichlet", "by_size"] = "iid"
    alpha: float = Field(default=0.5, gt=0)
    shares: list[float] = Field(default_factory=list)


DataSource = Annotated[
    SimulatedPatients | HeartHospitals | MappedHospitals | PartitionedSource,
    Field(discriminator="kind"),
]


class Variant(StrictModel):
    """One line of the experiment: the run's settings with some replaced.

    Attributes
    ----------
    name : str
    settings : dict of str to value
        Dotted names of settings, for example ``neural_network.strategy``.
    """

    name: str
    settings: dict[str, Any] = Field(default_factory=dict)


class Scenario(StrictModel):
    """An experiment.

    Attributes
    ----------
    contract : str
        A shipped contract's name, or a file beside the scenario.
    data : DataSource
    seeds : list of int
        Each repetition's seed, of the run and of the held-out rows.
    run : dict
        Settings of the run, as for ``juntos coordinator train``.
    variant : list of Variant
    backend : BackendSettings
    fault : list of Fault
        What goes wrong in every run.
    """

    name: str
    contract: str
    data: DataSource
    seeds: list[int] = Field(default=[0], min_length=1)
    run: dict[str, Any] = Field(default_factory=dict)
    variant: list[Variant] = Field(default=[Variant(name="default")], min_length=1)
    backend: BackendSettings = BackendSettings()
    fault: list[Fault] = Field(default_factory=list)

    def settings_of(self, variant: Variant, seed: int) -> RunSettings:
        """Return the settings of one repetition of one variant."""
        repeated = {**self.run, "seed": seed}
        repeated["holdout"] = {**self.run.get("holdout", {}), "seed": seed}
        overrides = [f"{key}={toml_value(value)}" for key, value in variant.settings.items()]
        return run_settings(repeated, overrides, f"variant {variant.name!r} of {self.name}")


def toml_value(value: object) -> str:
    """Write a value as TOML, the form in which options of a run are read."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    return str(value)


def load_scenario(path: Path) -> Scenario:
    """Read and check a scenario."""
    return load(Scenario, path)


def contract_of(scenario: Scenario, folder: Path) -> Contract:
    """Load the scenario's contract; a file is looked for beside the scenario."""
    beside = folder / scenario.contract
    return load_contract(beside if beside.is_file() else scenario.contract)


def hospitals_of(
    scenario: Scenario, contract: Contract, folder: Path, data: Path | None, work: Path
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
    """
    source = scenario.data
    if isinstance(source, PartitionedSource):
        return partitioned(source, contract, folder)
    return {
        name: read_records(contract, mapping)
        for name, mapping in mappings_of(source, folder, data, work).items()
    }


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


def partitioned(
    source: PartitionedSource, contract: Contract, folder: Path
) -> Mapping[str, Records]:
    """Split one source over hospitals."""
    from simulations.partitions import partition

    records = read_records(contract, folder / source.mapping)
    parts = partition(
        records,
        source.partition,
        hospitals=source.hospitals,
        alpha=source.alpha,
        shares=source.shares,
        seed=0,
    )
    return {f"hospital_{index + 1}": records.take(rows) for index, rows in enumerate(parts)}
