"""One repetition of an experiment: one run's settings on some hospitals, and all its figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from server.federation_result import EvaluationsByHospital, FederationResult
from shared.contract import Contract
from shared.errors import PartialRunError
from shared.metrics import Evaluation, merge_evaluations
from shared.metrics.scores import Scores
from shared.records import Records
from shared.run_settings import RunSettings
from shared.session.faults import Fault
from simulations.in_process import Simulation, evaluate_exactly, evaluate_pooled

OVERALL = "all hospitals"
MEASURES = ("accuracy", "macro_f1", "auc", "top_3", "expected_calibration_error", "log_loss")
# Of one class; of a round of training; of a model's guarantee.
RECALL, LOSS, EPSILON = "recall", "training_loss", "epsilon"

Row = dict[str, Any]


def repetition(
    settings: RunSettings,
    faults: Sequence[Fault],
    contract: Contract,
    hospitals: Mapping[str, Records],
    simulation: Simulation,
) -> list[Row]:
    """Run once; return one row per model, way of training, hospital and figure.

    Models of a run with a formal guarantee are judged without noise, as only a simulation can.

    Returns
    -------
    list of dict
        ``trained``, ``model``, ``hospital``, ``level``, ``measure``, ``value``, ``patients``; for
        recall ``class`` and ``training_cases`` (in all hospitals together), for losses ``round``.

    Raises
    ------
    PartialRunError
        When a hospital was left out though nothing was to go wrong.
    """
    result = simulation.run(settings, faults=faults)
    if result.left_out and not faults:
        reasons = "; ".join(f"{name} ({why})" for name, why in result.left_out.items())
        raise PartialRunError(f"Left out of part of the run: {reasons}.")
    federated, alone = result.federated, result.alone
    if settings.privacy.is_private:
        federated, alone = evaluate_exactly(contract, hospitals, settings, result)
    ways = {
        "local": alone,
        "federated": federated,
        "pooled": evaluate_pooled(contract, hospitals, settings),
    }
    cases = _cases(settings, contract, hospitals)
    rows = [
        {"trained": way, **row}
        for way, evaluations in ways.items()
        for row in evaluation_rows(settings, evaluations, cases)
    ]
    return [*rows, *_training_rows(result)]


def evaluation_rows(
    settings: RunSettings, evaluations: EvaluationsByHospital, cases: Mapping[str, int]
) -> Iterable[Row]:
    """Return the figures of each model at each hospital and overall, one per row."""
    if not evaluations:
        return
    for model in settings.models:
        parts = {name: models[model] for name, models in evaluations.items()}
        merged = merge_evaluations(list(parts.values()))
        scores = {name: part.scores() for name, part in parts.items()}
        overall = {
            level: found.model_copy(update={"auc": _mean_auc(scores.values(), level)})
            for level, found in merged.scores().items()
        }
        for hospital, by_level in {**scores, OVERALL: overall}.items():
            place = {"model": model, "hospital": hospital}
            for level, found in by_level.items():
                for measure in MEASURES:
                    figure = {"level": level, "measure": measure, "value": getattr(found, measure)}
                    yield {**place, **figure, "patients": found.rows}
        yield from _recalls(model, merged, cases)


def _mean_auc(hospitals: Iterable[Mapping[str, Scores]], level: str) -> float | None:
    """Return the mean of hospitals' areas under the curve, weighted by patients.

    Ranking patients of several hospitals by models of their own compares what cannot be compared.
    """
    known = [(found[level].auc, found[level].rows) for found in hospitals]
    areas = [(area, rows) for area, rows in known if area is not None]
    patients = sum(rows for _, rows in areas)
    return sum(area * rows for area, rows in areas) / patients if patients else None


def _recalls(model: str, evaluation: Evaluation, cases: Mapping[str, int]) -> Iterable[Row]:
    for name, scores in evaluation.scores()["finest"].by_class.items():
        if scores.recall is not None:
            yield {
                "model": model,
                "hospital": OVERALL,
                "level": "finest",
                "measure": RECALL,
                "value": scores.recall,
                "patients": scores.rows,
                "class": name,
                "training_cases": cases.get(name, 0),
            }


def _cases(
    settings: RunSettings, contract: Contract, hospitals: Mapping[str, Records]
) -> dict[str, int]:
    """Count the training cases of each class over all hospitals."""
    from shared.holdout import split

    view = settings.task.contract(contract)
    counts: dict[str, int] = {}
    for records in hospitals.values():
        training, _ = split(view, settings.task.records(contract, records), settings.holdout)
        for label in training.labels:
            counts[str(label)] = counts.get(str(label), 0) + 1
    return counts


def _training_rows(result: FederationResult) -> Iterable[Row]:
    place = {"trained": "federated", "hospital": OVERALL, "level": "finest"}
    for record in result.rounds:
        if record.loss is not None and record.number:
            figure = {"measure": LOSS, "value": record.loss, "round": record.number}
            yield {**place, "model": record.model, **figure, "patients": result.summary.rows}
    for model, guarantee in result.guarantees.items():
        figure = {"measure": EPSILON, "value": guarantee.epsilon}
        yield {**place, "model": model, **figure, "patients": result.summary.rows}
