"""The demonstration's federation: a coordinator and four hospitals, each its own process."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from shared.errors import SettingsError
from simulations.demo.commands import Services, free_port, run_command
from simulations.fixture_hospitals.every_form import write_in_every_form
from simulations.hospitals import HospitalFiles, write_heart_hospitals, write_simulated_hospitals

MARK = ".made-by-juntos-demo"
# An administrator's decision, which a node does not make by itself.
POLICY = """\
# The records of the demonstration are invented or public: these hospitals take part in runs
# that send models, statistics and counts as they are.
formal_privacy_required = false
# They tell counts of single patients too, so that the figures equal those of pooled records.
smallest_cell = 1
"""

# Privacy is on until an administrator writes otherwise.
POLICY_AS_SHIPPED = ""


@dataclass(frozen=True)
class DemoFolder:
    """Where everything the demonstration makes is kept.

    Attributes
    ----------
    root : Path
    """

    root: Path

    @property
    def coordinator(self) -> Path:
        """The coordinator's folder."""
        return self.root / "coordinator"

    @property
    def data(self) -> Path:
        """The hospitals' own files, one folder each."""
        return self.root / "hospital-data"

    @property
    def logs(self) -> Path:
        """What each process printed."""
        return self.root / "logs"

    def node(self, hospital: str) -> Path:
        """Return the folder of one hospital's node."""
        return self.root / "nodes" / hospital


def prepare_folder(root: Path) -> DemoFolder:
    """Make an empty folder; an earlier demonstration's is replaced, anything else is kept.

    Raises
    ------
    SettingsError
        When the folder holds something else.
    """
    if root.exists():
        if not (root / MARK).exists():
            raise SettingsError(
                f"{root} exists and was not made by the demonstration.", "Give another --out."
            )
        shutil.rmtree(root)
    root.mkdir(parents=True)
    (root / MARK).touch()
    return DemoFolder(root.resolve())


def write_hospitals(
    folder: DemoFolder, data: Path | None, seed: int, *, every_form: bool = False
) -> list[HospitalFiles]:
    """Write each hospital's local files, or point to the real ones.

    Parameters
    ----------
    every_form : bool
        Write the real patients anew, each hospital's in another system.

    Raises
    ------
    SettingsError
        When simulated patients are asked for in every form.
    """
    if data is None:
        if every_form:
            raise SettingsError(
                "Simulated patients are written as CSV, a database and Parquet already.",
                "Give the folder of the four heart hospitals with --data.",
            )
        return write_simulated_hospitals(folder.data, seed)
    if every_form:
        return write_in_every_form(data.resolve(), folder.data)
    return write_heart_hospitals(data.resolve(), folder.data)


@contextmanager
def running_federation(
    folder: DemoFolder,
    hospitals: list[HospitalFiles],
    contract: str,
    console: Console,
    policy: str = POLICY,
) -> Iterator[Services]:
    """Initialise, enrol, join, check and serve, with the commands people use for it.

    Parameters
    ----------
    policy : str
        What every node's ``policy.toml`` says; that of a new node where it is empty.
    """
    home = ["--home", str(folder.coordinator)]
    address = f"127.0.0.1:{free_port()}"
    run_command(
        *("coordinator", "init", str(folder.coordinator), "--name", "demo"),
        *("--address", address, "--contract", contract),
    )
    without_dashboard(folder.coordinator)
    with Services(folder.logs) as services:
        services.start("coordinator", "coordinator", "serve", *home)
        services.wait_until_said("coordinator", "is ready")
        console.print(f"  ok        coordinator serves at {address}, TLS on")
        for hospital in hospitals:
            join(folder, hospital, home, policy)
            services.start(
                hospital.name, "node", "serve", "--home", str(folder.node(hospital.name))
            )
        for hospital in hospitals:
            services.wait_until_said(hospital.name, "is connected")
            console.print(
                f"  ok        {hospital.name:<22} joined with keys of its own, "
                f"{hospital.rows} records checked, serving",
                soft_wrap=True,
            )
        yield services


def without_dashboard(home: Path) -> None:
    """Have a coordinator serve no pages: nobody looks, and their usual port may be taken."""
    path = home / "coordinator.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(f'dashboard = "off"\n{text}', encoding="utf-8")


def join(folder: DemoFolder, hospital: HospitalFiles, home: list[str], policy: str) -> None:
    """Enrol one hospital, join with its kit, mapping and policy, check the node."""
    run_command("coordinator", "enrol", hospital.name, *home)
    kit = folder.coordinator / "kits" / f"{hospital.name}.kit.toml"
    node = folder.node(hospital.name)
    rules = folder.root / "policy.toml"
    rules.write_text(policy, encoding="utf-8")
    run_command(
        *("node", "join", str(kit), "--home", str(node)),
        *("--mapping", str(hospital.mapping_path), "--policy", str(rules)),
    )
    run_command("node", "check", "--home", str(node))
