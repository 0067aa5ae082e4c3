"""A finished model judged by every hospital on the rows that it holds out now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flwr.serverapp import Grid

from server.background_writer import Write
from server.calibrating import Calibration
from server.deployment.chosen_model import chosen_model
from server.federation import Federation
from server.federation_result import EvaluationsByHospital
from server.home import CoordinatorHome
from server.results import comparison
from server.run_store import RunStatus, RunStore
from server.storing_observer import StoringObserver
from shared.bundle import Bundle, read_bundle
from shared.errors import SettingsError
from shared.run_settings import ModelName, RunSettings

# What is of the run, not of the model's training.
OF_THE_RUN = ("minimum_hospitals", "join_timeout", "answer_timeout", "transport", "session")


@dataclass(frozen=True)
class FederatedJudgement:
    """What hospitals say of a model.

    Attributes
    ----------
    label : str
        Of the model.
    digest : str
    name : str
        Kind of model.
    evaluations : dict of str to dict of str to Evaluation
        By hospital and kind of model.
    left_out : dict of str to str
        Hospitals whose answer is missing, with the reason.
    """

    label: str
    digest: str
    name: ModelName
    evaluations: EvaluationsByHospital
    left_out: dict[str, str]


def evaluate(
    home: CoordinatorHome,
    store: RunStore,
    run: str,
    grid: Grid,
    names: Mapping[int, str],
    settings: RunSettings,
    write: Write,
) -> FederatedJudgement:
    """Ask each hospital to judge the model as it is served: with its calibrator.

    Which rows are held out follows from the settings that the model was trained with, so that none
    is judged on a row it learned from.

    Parameters
    ----------
    grid : Grid
        Open to the hospitals.
    names : mapping of int to str
        Enrolled name of each node.
    write : callable
        Carries out writing of rounds.

    Raises
    ------
    SettingsError
        When there is no such model, or it was trained from sums alone.
    PartialRunError
        When fewer hospitals are there than the settings ask for.
    """
    with chosen_model(home, settings.evaluation.model or None) as chosen:
        bundle = read_bundle(chosen.folder, home.signing_key().public_key())
    refuse_sums(bundle, chosen.label)
    own = {name: getattr(settings, name) for name in OF_THE_RUN}
    federation = Federation(
        grid,
        names,
        home.contract(),
        bundle.settings.model_copy(update=own),
        StoringObserver(store, run, write),
    )
    evaluations = federation.evaluate(
        bundle.preparation, {bundle.name: bundle.arrays}, as_served(bundle, names)
    )
    left_out = federation.grid.records[-1].left_out
    return FederatedJudgement(chosen.label, chosen.digest, bundle.name, evaluations, left_out)


def as_served(bundle: Bundle, names: Mapping[int, str]) -> Calibration:
    """Return the model's own calibrator for every hospital."""
    if bundle.calibrator is None:
        return Calibration()
    return Calibration(honest={name: {bundle.name: bundle.calibrator} for name in names.values()})


def refuse_sums(bundle: Bundle, label: str) -> None:
    """Refuse a model whose hospitals give no single figures."""
    if bundle.settings.privacy.only_sums:
        raise SettingsError(
            f"{label} was trained from sums over all hospitals; none judges it by itself.",
            "The figures of its own run are in its card.",
        )


def outcome(found: FederatedJudgement) -> tuple[RunStatus, str]:
    """Say honestly how the run went."""
    count = len(found.evaluations)
    reasons = "; ".join(f"{name} ({reason})" for name, reason in found.left_out.items())
    if not count:
        return "failed", f"no hospital judged {found.label}: {reasons or 'none was there'}"
    hospitals = "1 hospital" if count == 1 else f"{count} hospitals"
    if not reasons:
        return "completed", f"{hospitals} judged {found.label}"
    return "partial", f"{hospitals} judged {found.label}, not {reasons}"


def result_figures(found: FederatedJudgement) -> dict[str, object]:
    """Return what the database keeps of it."""
    return {
        "hospitals": [
            {"name": name, "rows": None, "data_version": ""} for name in found.evaluations
        ],
        "models": {
            found.name: {"federated": comparison(found.evaluations, found.name), "local": {}}
        },
        "left_out": found.left_out,
        "evaluated": {"label": found.label, "digest": found.digest},
    }
