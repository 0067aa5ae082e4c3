"""The Flower ServerApp: one run of the federation, from the hospitals' answers to the registry."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from pathlib import Path

from flwr.app import Context
from flwr.serverapp import Grid, ServerApp

from server.background_writer import BackgroundWriter
from server.bundling import write_bundles
from server.champion import find_champion
from server.contracts.accepting_grid import of_those_who_accepted
from server.deployment import running as deploying
from server.deployment.deploying import FederatedDeployment
from server.enrolment.ending import ended_nodes
from server.enrolment.hospitals import hospital_names
from server.evaluation import running as evaluating
from server.evaluation.running import FederatedJudgement
from server.exploration import running as exploring
from server.exploration.asking import FederatedExploration
from server.federation_result import FederationResult
from server.home import CoordinatorHome, open_home
from server.listening import session_endpoint
from server.message_grid import MessageGrid
from server.promotion.gathering import keep_evidence
from server.ranking import running as ranking
from server.ranking.found import FoundRanking
from server.results import result_figures
from server.review.keeping import keep_review
from server.run_script import RunOutcome, RunScript
from server.run_store import RunStatus, RunStore
from server.session.grid import SessionGrid
from server.tracking import Tracker
from server.watch import running as watching
from shared.errors import JuntosError, SettingsError
from shared.run_settings import RunSettings
from shared.watch.watch import Watch

log = logging.getLogger("juntos.coordinator")

app = ServerApp()


@app.main()
def main(grid: Grid, context: Context) -> None:
    """Carry out the run that the coordinator's database holds the settings of."""
    home = open_home(Path(os.environ["JUNTOS_COORDINATOR_HOME"]))
    store = RunStore(home.engine())
    run = str(context.run_config["run"])
    if not store.attach(run, str(context.run_id)):
        # The coordinator was killed while it started the run, and started it again.
        log.warning("%s is carried out by another of Flower's runs already.", run)
        return
    try:
        grid = of_those_who_accepted(home, store.read(run).contract_hash, grid)
        if store.read(run).settings.exploration.enabled:
            explored = explore(home, store, run, grid)
            store.finish(run, *exploring.outcome(explored), exploring.result_figures(explored))
            return
        if store.read(run).settings.deployment.enabled:
            deployed = deploy(home, store, run, grid)
            store.finish(run, *deploying.outcome(deployed), deploying.result_figures(deployed))
            return
        if store.read(run).settings.watch.enabled:
            watched = watch(home, store, run, grid)
            store.finish(run, *watching.outcome(watched), watching.result_figures(watched))
            return
        if store.read(run).settings.evaluation.enabled:
            judged = evaluate(home, store, run, grid)
            store.finish(run, *evaluating.outcome(judged), evaluating.result_figures(judged))
            return
        if store.read(run).settings.ranking.enabled:
            learned = learn_to_rank(home, store, run, grid)
            settings = store.read(run).settings
            tracker = tracker_of(home)
            figures = ranking.publish(home, store, run, settings, learned, tracker)
            store.finish(run, *ranking.outcome(learned), figures)
            return
        found = train(home, store, run, grid)
        status, message = outcome(found.result)
        store.finish(run, status, message, publish(home, store, run, found))
    except JuntosError as error:
        store.finish(run, "failed", str(error))
        log.error("%s failed: %s", run, error)
    except Exception as error:
        store.finish(run, "failed", f"internal error ({type(error).__name__}); see the log")
        raise


def train(home: CoordinatorHome, store: RunStore, run: str, grid: Grid) -> RunOutcome:
    """Ask the hospitals everything the run's settings call for."""
    store.change(run, status="running")
    settings = store.read(run).settings
    # Rounds are on the terminal already; Flower's lines about each would only fill its log.
    logging.getLogger("flwr").setLevel(logging.WARNING)
    champion = None
    if settings.review.enabled or settings.privacy.only_sums:
        key = home.signing_key().public_key()
        champion = find_champion(tracker_of(home).client, home.contract(), key)
    with BackgroundWriter() as writer, opened(grid, home, settings) as way:
        names = hospital_names(home.engine())
        script = RunScript(home, store, run, way, names, champion, writer.write)
        return script.carry_out(settings, store.rounds(run))


def explore(home: CoordinatorHome, store: RunStore, run: str, grid: Grid) -> FederatedExploration:
    """Ask the hospitals what their data are like."""
    store.change(run, status="running")
    settings = store.read(run).settings
    logging.getLogger("flwr").setLevel(logging.WARNING)
    with BackgroundWriter() as writer, opened(grid, home, settings) as way:
        names = hospital_names(home.engine())
        return exploring.explore(home, store, run, way, names, settings, writer.write)


def deploy(home: CoordinatorHome, store: RunStore, run: str, grid: Grid) -> FederatedDeployment:
    """Bring a model to the hospitals."""
    store.change(run, status="running")
    settings = store.read(run).settings
    logging.getLogger("flwr").setLevel(logging.WARNING)
    with BackgroundWriter() as writer, opened(grid, home, settings) as way:
        names = hospital_names(home.engine())
        return deploying.deploy(home, store, run, way, names, settings, writer.write)


def watch(home: CoordinatorHome, store: RunStore, run: str, grid: Grid) -> Watch:
    """Ask the hospitals how the models in service do."""
    store.change(run, status="running")
    settings = store.read(run).settings
    logging.getLogger("flwr").setLevel(logging.WARNING)
    with BackgroundWriter() as writer, opened(grid, home, settings) as way:
        names = hospital_names(home.engine())
        return watching.watch(home, store, run, way, names, settings, writer.write)


def evaluate(home: CoordinatorHome, store: RunStore, run: str, grid: Grid) -> FederatedJudgement:
    """Ask the hospitals how a finished model does."""
    store.change(run, status="running")
    settings = store.read(run).settings
    logging.getLogger("flwr").setLevel(logging.WARNING)
    with BackgroundWriter() as writer, opened(grid, home, settings) as way:
        names = hospital_names(home.engine())
        return evaluating.evaluate(home, store, run, way, names, settings, writer.write)


def learn_to_rank(home: CoordinatorHome, store: RunStore, run: str, grid: Grid) -> FoundRanking:
    """Learn to rank all known diseases."""
    store.change(run, status="running")
    settings = store.read(run).settings
    logging.getLogger("flwr").setLevel(logging.WARNING)
    with BackgroundWriter() as writer, opened(grid, home, settings) as way:
        names = hospital_names(home.engine())
        return ranking.learn(home, store, run, way, names, settings, writer.write)


def tracker_of(home: CoordinatorHome) -> Tracker:
    """Open the federation's MLflow."""
    return Tracker(home.mlflow_url, home.artifacts, home.settings.name)


@contextlib.contextmanager
def opened(grid: Grid, home: CoordinatorHome, settings: RunSettings) -> Iterator[Grid]:
    """Open the way to the hospitals that the settings name."""
    if settings.transport == "flower":
        yield MessageGrid(grid)
        return
    try:
        session = SessionGrid(
            grid,
            session_endpoint(home),
            settings.session,
            settings.join_timeout,
            lambda: ended_nodes(home.engine()),
        )
    except SettingsError as error:
        log.warning("%s Hospitals are asked by Flower's own messages.", error)
        yield MessageGrid(grid, error.what)
        return
    with session:
        yield session


def outcome(result: FederationResult) -> tuple[RunStatus, str]:
    """Say honestly how the run went: complete only if no hospital was missing from any round."""
    count = len(result.hospitals)
    if not result.left_out:
        return "completed", f"{count} hospitals took part in every round"
    reasons = "; ".join(f"{name} ({reason})" for name, reason in result.left_out.items())
    return "partial", f"left out of part of the run: {reasons}"


def publish(
    home: CoordinatorHome, store: RunStore, run: str, found: RunOutcome
) -> dict[str, object]:
    """Write the bundles, record the run in MLflow, register the models; return all figures."""
    store.change(run, message="writing bundles and recording the run")
    result = found.result
    bundles = write_bundles(
        home.runs / run, run, found.settings, result, home.signing_key(), home.ontology_file
    )
    tracker = tracker_of(home)
    contract_hash = home.contract().hash
    registered = tracker.record(run, found.settings, contract_hash, result, bundles)
    figures = {
        **result_figures(result),
        "registered": {name: vars(each) for name, each in registered.items()},
        "bundles": {name: str(folder) for name, folder in bundles.items()},
        "tracking": home.mlflow_url,
    }
    if found.trials:
        figures["settings"] = found.settings.model_dump(mode="json")
        figures["tuning"] = [trial.model_dump(mode="json") for trial in found.trials]
    if found.evidence is not None:
        keep_evidence(home.runs / run, found.evidence)
    if found.review is not None:
        figures["review"] = keep_review(home.runs / run, found.review)
        for each in registered.values():
            tracker.attach_review(each, found.review, home.runs / run)
    return figures
