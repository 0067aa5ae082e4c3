"""One repetition of an experiment: one variant of the run with one seed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from server.federation_result import EvaluationsByHospital
from shared.contract import Contract
from shared.errors import PartialRunError
from shared.metrics import Evaluation, merge_evaluations
from shared.records import Records
from shared.run_settings import RunSettings
from simulations.in_process import Simulation, evaluate_pooled
from simulations.scenario import Scenario, Variant

OVERALL = "all hospitals"
MEASURES = ("accuracy", "macro_f1", "auc", "top_3", "expected_calibration_error", "log_loss")


def repetition(
    scenario: Scenario,
    variant: Variant,
    seed: int,
    contract: Contract,
    hospitals: Mapping[str, Records],
    simulation: Simulation,
) -> list[dict[str, Any]]:
    """Run one variant with one seed; return one row per model, way, hospital and figure.

    Raises
    ------
    PartialRunError
        When a hospital was left out though the scenario has no faults.
    """
    settings = scenario.settings_of(variant, seed)
    result = simulation.run(settings, faults=scenario.fault)
    if result.left_out and not scenario.fault:
        reasons = "; ".join(f"{name} ({why})" for name, why in result.left_out.items())
        raise PartialRunError(f"Left out of part of the run: {reasons}.")
    ways = {
        "local": result.alone,
        "federated": result.federated,
        "pooled": evaluate_pooled(contract, hospitals, settings),
    }
    return [
        {"variant": variant.name, "seed": seed, "trained": way, **row}
        for way, evaluations in ways.items()
        for row in evaluation_rows(settings, evaluations)
    ]


def evaluation_rows(
    settings: RunSettings, evaluations: EvaluationsByHospital
) -> Iterable[dict[str, Any]]:
    """Return the figures of each model at each hospital and overall, one per row."""
    if not evaluations:
        return
    for model in settings.models:
        parts: dict[str, Evaluation] = {name: models[model] for name, models in evaluations.items()}
        parts[OVERALL] = merge_evaluations(list(parts.values()))
        for hospital, evaluation in parts.items():
            for level, scores in evaluation.scores().items():
                for measure in MEASURES:
                    yield {
                        "model": model,
                        "hospital": hospital,
                        "level": level,
                        "measure": measure,
                        "value": getattr(scores, measure),
                        "patients": scores.rows,
                    }
