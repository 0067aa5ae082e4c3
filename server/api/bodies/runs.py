"""Runs, their rounds and what came of them, in answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from server.api.bodies.words import Share
from server.dashboard.curves import class_name
from server.dashboard.runs import Figures, RunLine
from server.rounds import RoundRecord
from server.run_store import RunStatus
from server.scheduling.request import RequestKind
from shared.contract import Contract
from shared.settings_file import StrictModel


class AskedBody(StrictModel):
    """Who wanted a run, and why."""

    request: int
    by: str
    at: str
    reason: str


class RunBody(StrictModel):
    """One run."""

    id: str
    kind: RequestKind
    status: RunStatus
    goes_on: bool
    started_at: str
    ended_at: str | None
    message: str = Field(description="What it is doing, or why it ended so.")
    asked: AskedBody | None = Field(description="Null where it came by no queue.")
    took_part: int
    left_out: int
    model: str | None = Field(description="The best kind of model that came of it.")
    accuracy: Share | None

    @classmethod
    def of(cls, line: RunLine) -> RunBody:
        """Return a run as the list has it."""
        return cls(**_plain(line))


class RunDetail(RunBody):
    """One run with all that was asked and who was not part of it."""

    contract_hash: str
    settings: dict[str, Any]
    hospitals: list[dict[str, Any]] = Field(description="That took part, with their rows.")
    missing: dict[str, str] = Field(description="Hospitals that were left out, with the reason.")
    reports: list[str]

    @classmethod
    def with_reports(cls, line: RunLine, reports: list[str]) -> RunDetail:
        """Return a run with everything that is known of it."""
        run = line.run
        result = run.result or {}
        return cls(
            **_plain(line),
            contract_hash=run.contract_hash,
            settings=run.settings.model_dump(mode="json", exclude_defaults=True),
            hospitals=[
                each if isinstance(each, dict) else {"name": each}
                for each in result.get("hospitals") or []
            ],
            missing=result.get("left_out") or {},
            reports=reports,
        )


class RunList(StrictModel):
    """Runs, the newest first."""

    runs: list[RunBody]
    next: str | None = Field(description="What `before` is for those that follow; null for none.")


class RoundList(StrictModel):
    """Every question of a run: who was asked, who answered, who was left out and why."""

    run: str
    rounds: list[RoundRecord]


class ScoresBody(StrictModel):
    """How well a model answers on some held-out rows."""

    rows: int
    accuracy: Share
    top_3: Share
    top_5: Share
    top_10: Share
    macro_f1: float | None
    auc: float | None
    expected_calibration_error: float | None
    log_loss: float | None
    brier: float | None

    @classmethod
    def of(cls, figures: Mapping[str, Any]) -> ScoresBody:
        """Return figures with their intervals."""
        rows = int(figures["rows"])
        shares = ("accuracy", "top_3", "top_5", "top_10")
        others = ("macro_f1", "auc", "expected_calibration_error", "log_loss", "brier")
        return cls(
            rows=rows,
            **{name: Share.of(figures.get(name), rows) for name in shares},
            **{name: figures.get(name) for name in others},
        )


class ClassBody(StrictModel):
    """How well one class is found."""

    code: str
    name: str
    recall: Share
    precision: float | None
    f1: float | None
    auc: float | None

    @classmethod
    def of(cls, code: str, found: Mapping[str, Any], contract: Contract) -> ClassBody:
        """Return one class."""
        return cls(
            code=code,
            name=class_name(contract, code),
            recall=Share.of(found.get("recall"), int(found["rows"])),
            precision=found.get("precision"),
            f1=found.get("f1"),
            auc=found.get("auc"),
        )


class ModelMetrics(StrictModel):
    """One kind of model of a run, evaluated at all hospitals."""

    model: str
    overall: ScoresBody
    by_hospital: dict[str, ScoresBody]
    by_class: list[ClassBody]
    alone: ScoresBody | None = Field(
        description="Models that each hospital trained alone, on the same rows."
    )
    alone_by_hospital: dict[str, ScoresBody]

    @classmethod
    def of(cls, found: Figures, contract: Contract) -> ModelMetrics:
        """Return the figures of one kind of model."""
        return cls(
            model=found.model,
            overall=ScoresBody.of(found.overall),
            by_hospital=_by_hospital(found.by_hospital),
            by_class=[
                ClassBody.of(code, each, contract)
                for code, each in (found.overall.get("by_class") or {}).items()
            ],
            alone=ScoresBody.of(found.alone) if found.alone else None,
            alone_by_hospital=_by_hospital(found.alone_by_hospital),
        )


class MetricsBody(StrictModel):
    """How well the models of a run answer; the best first, none for a run that judged none."""

    run: str
    models: list[ModelMetrics]


def _by_hospital(found: Mapping[str, Mapping[str, Any]]) -> dict[str, ScoresBody]:
    return {name: ScoresBody.of(each) for name, each in found.items()}


def _plain(line: RunLine) -> dict[str, Any]:
    run, asked, figures = line.run, line.asked, line.figures
    return {
        "id": run.id,
        "kind": line.kind,
        "status": run.status,
        "goes_on": line.goes_on,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "message": run.message,
        "asked": AskedBody(
            request=asked.id, by=asked.requested_by, at=asked.requested_at, reason=asked.reason
        )
        if asked
        else None,
        "took_part": line.took_part,
        "left_out": line.left_out,
        "model": figures.model if figures else None,
        "accuracy": Share.of(figures.accuracy, figures.rows) if figures else None,
    }
