"""A federation in this process: real hospitals with stores of models, a real coordinator's folder.

What the coordinator's service does with runs, this does one after the other.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w
from sqlalchemy import insert

from client.app import create_client_app
from client.hospital import Hospital, LocalRecords
from client.privacy.gate import OpenGate
from client.privacy.noise import SeededNoise
from client.serving.answer import Answer
from client.serving.case import Case
from client.serving.model_store import ModelStore
from client.serving.settings import ServingSettings
from client.training.local_models import hospital_seed
from server import app as coordinator_app
from server.background_writer import write_now
from server.champion import find_champion
from server.database import hospitals as hospitals_table
from server.database import now
from server.deployment import running as deploying
from server.home import CoordinatorHome, create_home, open_home
from server.loop import after_run
from server.promotion.candidate import Candidate
from server.promotion.candidate_store import CandidateStore
from server.promotion.policy import PromotionPolicy
from server.run_script import RunScript
from server.run_store import ENDED, RunStore
from server.scheduling.preparing import place_files, prepared
from server.scheduling.queue import RunQueue
from server.watch.store import WatchStore
from shared.contract import Contract
from shared.records import Records, records_from_columns
from shared.run_settings import run_settings
from shared.session.in_process import InProcessGrid, SimulatedHospital
from shared.watch.answer import Service, WatchAnswer
from shared.watch.watch import Watch
from simulations.secret_identities import secret_identities

QUICK: dict[str, Any] = {
    "models": ["boosted_trees"],
    "boosted_trees": {"rounds": 2, "trees_per_round": 4, "maximum_depth": 3},
    "calibration": {"method": "none"},
    "class_balance": "none",
    "review": {
        "enabled": True,
        "folds": 2,
        "seeds": 1,
        "replicates": 300,
        "leave_one_hospital_out": False,
        "largest_calibration_error": 1.0,
        "largest_membership_auc": 1.0,
        "shadow_models": 0,
    },
}


def write_contract(path: Path) -> Path:
    """Write a small contract: one number, and two diagnoses of which one is rare."""
    content = {
        "name": "two_diseases",
        "version": "1.0.0",
        "description": "Two markers, and two diagnoses beside a rare one.",
        "identifying_fields": ["name"],
        "feature": [
            {
                "name": name,
                "kind": "numeric",
                "description": f"Marker {name}",
                "unit": "1",
                "minimum": -10,
                "maximum": 10,
                "bins": 40,
            }
            for name in ("first", "second")
        ],
        "target": [
            {"code": "common", "name": "The common one", "frequency": "common"},
            {"code": "usual", "name": "The usual one", "frequency": "common"},
            {"code": "rare", "name": "The rare one", "frequency": "rare"},
        ],
    }
    path.write_text(tomli_w.dumps(content), encoding="utf-8")
    return path


def patients(contract: Contract, rows: int, seed: int, **shape: float) -> Records:
    """Draw patients: `first` tells common from usual, `second` the rare from both.

    Parameters
    ----------
    rare : float
        Share of the rare one.
    sign : float
        1, or -1 where `first` means the opposite.
    apart : float
        How far `second` tells the rare one from the others, in standard deviations.
    first_day : float
        Day of 2026 on which the first ten came; ten more come each day. Undated without it.
    wrong : float
        Share of patients whose diagnosis is drawn at random.
    """
    generator = np.random.default_rng(seed)
    labels = np.where(generator.random(rows) < 0.5, "common", "usual").astype(object)
    labels[generator.random(rows) < shape.get("rare", 0.1)] = "rare"
    first = np.where(labels == "usual", 1.0, -1.0) * shape.get("sign", 1.0)
    first = np.where(labels == "rare", 0.0, first) + generator.normal(size=rows) * 0.8
    second = np.where(labels == "rare", shape.get("apart", 3.5), 0.0) + generator.normal(size=rows)
    wrong = generator.random(rows) < shape.get("wrong", 0.0)
    labels[wrong] = generator.choice(["common", "usual"], wrong.sum())
    columns = {"first": np.clip(first, -9, 9).tolist(), "second": np.clip(second, -9, 9).tolist()}
    drawn = records_from_columns(contract, columns, labels.tolist())
    if "first_day" not in shape:
        return drawn
    days = np.datetime64("2026-01-01", "D") + int(shape["first_day"]) + np.arange(rows) // 10
    return replace(drawn, dates=days)


class LoopFederation:
    """Hospitals and their coordinator.

    Attributes
    ----------
    records : dict of str to Records
        What each hospital has now; may be changed between runs.
    absent : set of str
        Hospitals that cannot be reached now.
    latency_limit : float
        Seconds that an answer may take at a hospital that tries a model out.
    """

    def __init__(self, base: Path, names: tuple[str, ...]) -> None:
        self.base = base
        self.home: CoordinatorHome = open_home(base / "coordinator")
        self.contract = self.home.contract()
        self.names = dict(enumerate(names, start=1))
        self.records: dict[str, Records] = {}
        self.absent: set[str] = set()
        self.latency_limit = 60.0
        self.identities = secret_identities(names)
        self.store = RunStore(self.home.engine())
        self.queue = RunQueue(self.home.engine())
        self.candidates = CandidateStore(self.home.engine())

    @classmethod
    def create(cls, base: Path, names: tuple[str, ...]) -> LoopFederation:
        """Make a federation whose hospitals have joined."""
        contract = write_contract(base / "contract.toml")
        create_home(base / "coordinator", "test", "127.0.0.1:9092", str(contract))
        found = cls(base, names)
        found._enrol()
        return found

    def copy(self, base: Path) -> LoopFederation:
        """Return the same federation in another folder, with the same records."""
        shutil.copytree(self.base, base, dirs_exist_ok=True)
        found = LoopFederation(base, tuple(self.names.values()))
        found.records = dict(self.records)
        return found

    def reopened(self) -> LoopFederation:
        """Return the federation as a coordinator that is started anew finds it."""
        found = LoopFederation(self.base, tuple(self.names.values()))
        found.records = self.records
        return found

    def set_policy(self, policy: PromotionPolicy) -> None:
        text = tomli_w.dumps(policy.model_dump(mode="json"))
        (self.home.path / "promotion.toml").write_text(text, encoding="utf-8")

    def models(self, name: str) -> ModelStore:
        """Open a hospital's store of models, as a process that answers does."""
        return self._store(name, answers=True)

    def answers(self, name: str) -> list[Answer]:
        """Return what a hospital answers about the same patients each time."""
        store = self.models(name)
        cases = (Case({"first": first, "second": 0.3}) for first in (-1.5, -0.2, 0.0, 0.7, 2.0))
        return [store.active.answer(case) for case in cases]

    def train(self, *, follow: bool = True, **settings: Any) -> str:  # noqa: ANN401
        """Carry out a learning run, and what follows from it."""
        chosen = run_settings({**QUICK, **settings}, [], "test")
        run = self.store.create(chosen, self.home.contract().hash)
        champion = find_champion(
            coordinator_app.tracker_of(self.home).client,
            self.contract,
            self.home.signing_key().public_key(),
        )
        with self.grid() as grid:
            script = RunScript(self.home, self.store, run, grid, self.names, champion, write_now)
            found = script.carry_out(chosen, [])
        figures = coordinator_app.publish(self.home, self.store, run, found)
        self.store.finish(run, *coordinator_app.outcome(found.result), figures)
        if follow:
            after_run(self.home, run)
        return run

    def watch(self, **services: Service) -> str:
        """Keep what hospitals say of themselves, as a run that watches does."""
        run = self.store.create(
            run_settings({"watch": {"enabled": True}}, [], "test"), self.home.contract().hash
        )
        # Watches are told apart from the time of a deployment by the second.
        made = (datetime.now(UTC) + timedelta(seconds=1)).isoformat(timespec="seconds")
        answers = {
            name: WatchAnswer(made=made, service=service) for name, service in services.items()
        }
        WatchStore(self.home.engine()).add(Watch(run=run, made=made, answers=answers))
        self.store.finish(run, "completed", "all answered", {"hospitals": [], "models": {}})
        after_run(self.home, run)
        return run

    def candidate(self, run: str) -> Candidate:
        """Return a candidate as it is now."""
        return self.candidates.read(run)

    def work(self) -> None:
        """Carry out every deployment that waits, and what follows, as the dispatcher does."""
        while (request := self.queue.running() or self.queue.next()) is not None:
            run = request.run_id
            if run is None:
                with prepared(self.home, request) as ready:
                    run = self.queue.claim(request.id, ready.settings, self.home.contract().hash)
            assert run is not None
            if self.store.read(run).status not in ENDED:
                self._deploy(request.id, run)
            after_run(self.home, run)
            self.queue.settle(request.id, "done", "")

    def _deploy(self, request: int, run: str) -> None:
        stored = self.store.read(run)
        place_files(self.home, self.queue.read(request), stored)
        with self.grid() as grid:
            found = deploying.deploy(
                self.home, self.store, run, grid, self.names, stored.settings, write_now
            )
        self.store.finish(run, *deploying.outcome(found), deploying.result_figures(found))

    def grid(self) -> InProcessGrid:
        """Open the way to the hospitals."""
        nodes = {
            node: self._node(name) for node, name in self.names.items() if name not in self.absent
        }
        return InProcessGrid(nodes)

    def _node(self, name: str) -> SimulatedHospital:
        hospital = Hospital(
            name, self.contract, lambda: LocalRecords(self.records[name]), OpenGate()
        )
        hospital.secret_sums = self.identities[name].taking_part()
        hospital.noise = SeededNoise(hospital_seed(name))
        hospital.open_models = lambda: self._store(name, answers=False)
        return SimulatedHospital(create_client_app(lambda _context: hospital))

    def _store(self, name: str, *, answers: bool) -> ModelStore:
        folder = self.base / "hospitals" / name
        folder.mkdir(parents=True, exist_ok=True)
        return ModelStore(
            folder / "models",
            self.home.signing_key().public_key(),
            self.contract,
            ServingSettings(latency_limit=self.latency_limit),
            answers=answers,
        )

    def _enrol(self) -> None:
        with self.home.engine().begin() as connection:
            for node, name in self.names.items():
                connection.execute(
                    insert(hospitals_table).values(
                        name=name,
                        token_hash="",
                        token_expires_at=now(),
                        enrolled_at=now(),
                        joined_at=now(),
                        node_id=str(node),
                    )
                )
