"""An experiment in one TOML file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

from pydantic import Field, model_validator

from shared.contract import Contract, load_contract
from shared.run_settings import RunSettings, run_settings
from shared.session.faults import Fault
from shared.settings_file import StrictModel, load
from simulations.backend import BackendSettings
from simulations.experiments.sources import DataSource

# What a grid may vary, by the first part of its names.
VARIED = ("contract", "data", "run", "fault")


class Variant(StrictModel):
    """One line of the experiment: the run's settings with some replaced.

    Attributes
    ----------
    name : str
    settings : dict of str to value
        Dotted names of settings, for example ``neural_network.strategy``.
    grid : bool
        Whether it is repeated at every point of the grid, or once without it.
    """

    name: str
    settings: dict[str, Any] = Field(default_factory=dict)
    grid: bool = True


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
    grid : dict of str to list
        Values to try, by their dotted place in the scenario, each with each; for example
        ``"run.privacy.epsilon" = [1, 8]``, ``"data.alpha" = [0.1, 100]``.
    backend : BackendSettings
    fault : list of Fault
        What goes wrong in every run.
    mlflow : str
        Tracking URI that gets each repetition too; a database beside the results without it,
        nothing at all with ``none``.
    """

    name: str
    contract: str
    data: DataSource
    seeds: list[int] = Field(default=[0], min_length=1)
    run: dict[str, Any] = Field(default_factory=dict)
    variant: list[Variant] = Field(default=[Variant(name="default")], min_length=1)
    grid: dict[str, list[Any]] = Field(default_factory=dict)
    backend: BackendSettings = BackendSettings()
    fault: list[Fault] = Field(default_factory=list)
    mlflow: str = ""

    @model_validator(mode="after")
    def _grid_and_variants_fit(self) -> Self:
        for place, values in self.grid.items():
            if place.split(".")[0] not in VARIED:
                raise ValueError(f"grid.{place}: a grid varies {', '.join(VARIED)}")
            if not values:
                raise ValueError(f"grid.{place}: give at least one value")
        names = [variant.name for variant in self.variant]
        if len(set(names)) < len(names):
            raise ValueError("two variants have the same name")
        return self

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
