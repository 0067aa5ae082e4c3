"""A run's result as plain figures: for the database, for MLflow, for machines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.federation_result import EvaluationsByHospital, FederationResult
from shared.metrics import Evaluation, merge_evaluations
from shared.questions import SummaryAnswer
from shared.run_settings import ModelName

Figures = dict[str, Any]


def figures(evaluation: Evaluation) -> Figures:
    """Return the figures of one evaluation; those of the coarsest classes under ``group``."""
    scores = evaluation.scores()
    return {
        **scores["finest"].model_dump(mode="json"),
        "group": scores["group"].model_dump(mode="json"),
    }


def comparison(evaluations: EvaluationsByHospital, model: ModelName) -> Figures:
    """Return one model's figures overall and by hospital; empty where nobody evaluated it."""
    by_hospital = {
        hospital: models[model] for hospital, models in evaluations.items() if model in models
    }
    if not by_hospital:
        return {}
    return {
        "overall": figures(merge_evaluations(by_hospital.values())),
        "by_hospital": {name: figures(each) for name, each in by_hospital.items()},
    }


def hospital_figures(name: str, answer: SummaryAnswer) -> Figures:
    """Return what is known of one hospital's data; nothing in a run of sums."""
    figures: Figures = {
        "name": name,
        "rows": answer.training_rows + answer.held_out_rows,
        "training_rows": answer.training_rows,
        "held_out_rows": answer.held_out_rows,
        "rows_set_aside": answer.rows_set_aside,
        "data_version": answer.data_version,
    }
    return figures if answer.data_version else dict.fromkeys(figures) | {"name": name}


def result_figures(result: FederationResult) -> Figures:
    """Return everything a run found out, in JSON's types."""
    return {
        "hospitals": [hospital_figures(name, answer) for name, answer in result.hospitals.items()],
        "models": {
            name: {
                "federated": comparison(result.federated, name),
                "local": comparison(result.alone, name),
                **({"public": figures(result.public[name])} if name in result.public else {}),
            }
            for name in result.models
        },
        "left_out": result.left_out,
    }


def metrics_for_tracking(figures: Mapping[str, Any], prefix: str) -> dict[str, float]:
    """Flatten the numbers of an evaluation for MLflow: ``federated.auc``, ``federated.group.auc``.

    Per-class figures become ``federated.recall.CODE`` and so on.
    """
    found: dict[str, float] = {}
    for name, value in figures.items():
        if isinstance(value, bool) or value is None:
            continue
        if isinstance(value, int | float):
            found[f"{prefix}.{name}"] = float(value)
        elif name == "group":
            found |= metrics_for_tracking(value, f"{prefix}.group")
        elif name == "by_class":
            found |= class_metrics(value, prefix)
    return found


def class_metrics(
    by_class: Mapping[str, Mapping[str, float | None]], prefix: str
) -> dict[str, float]:
    """Flatten per-class figures under names that MLflow accepts."""
    return {
        f"{prefix}.{metric}.{code.replace(':', '_')}": float(value)
        for code, scores in by_class.items()
        for metric, value in scores.items()
        if value is not None and metric != "rows"
    }
