"""What one answer is made of, and what each part takes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from itertools import count

from rich.table import Table

from client.api.bodies import PredictionRequest
from client.api.given import given
from client.api.json_answer import json_answer
from client.audit import Prediction
from client.serving.services import NodeServices, open_services
from simulations.benchmarks.predict_models import Subject

REPEATS = 300
WARM_UP = 20
WORDS = {
    "body": "read the request's JSON",
    "case": "read the case by the contract",
    "model": "answer with the model",
    "seal": "encrypt and hash the answer",
    "write": "chain it and write it down",
    "disk": "wait for the disk",
    "json": "write the answer's JSON",
}


def parts_of(subject: Subject) -> dict[str, float]:
    """Return milliseconds of the processor for each part, and those that the disk takes."""
    services = open_services(subject.home)
    try:
        return _parts(services, subject)
    finally:
        services.close()


def parts_table(name: str, parts: dict[str, float], p50_ms: float) -> Table:
    """Show the parts; what is left of the median is HTTP, the key, metrics and the log."""
    shown = Table(title=f"{name}: what one answer is made of", title_justify="left", box=None)
    shown.add_column("part")
    shown.add_column("ms", justify="right")
    rows = {WORDS[part]: taken for part, taken in parts.items()}
    rows["HTTP, key, metrics, log"] = max(0.0, p50_ms - sum(parts.values()))
    for words, taken in rows.items():
        shown.add_row(words, f"{taken:.3f}")
    return shown


def _parts(services: NodeServices, subject: Subject) -> dict[str, float]:
    model, audit = services.store.active, services.audit
    bodies = [json.dumps({"case": case}).encode() for case in subject.cases]
    cases = [services.cases.read(case) for case in subject.cases]
    answers = [model.answer(case) for case in cases]

    def prediction(at: int) -> Prediction:
        return Prediction(
            input=cases[at].values,
            output=answers[at].as_json(),
            caller="bench",
            model=model.identity.version,
            model_digest=model.identity.digest,
            contract=model.identity.contract_version,
        )

    written = [prediction(at) for at in range(len(cases))]
    seal, _ = _taken(len(cases), lambda at: audit.draft(written[at]))
    record, waited = _taken(len(cases), lambda at: audit.record(prediction(at)))
    simple: dict[str, Callable[[int], object]] = {
        "body": lambda at: PredictionRequest.model_validate_json(bodies[at]),
        "case": lambda at: services.cases.read(subject.cases[at]),
        "model": lambda at: model.answer(cases[at]),
        "json": lambda at: json_answer(given(written[at])),
    }
    found = {part: _taken(len(cases), do)[0] for part, do in simple.items()}
    found |= {"seal": seal, "write": max(0.0, record - seal), "disk": max(0.0, waited - record)}
    return {part: found[part] for part in WORDS}


def _taken(cases: int, do: Callable[[int], object]) -> tuple[float, float]:
    """Return milliseconds of this thread, and on the clock, for each time something is done."""
    places = count()
    for _ in range(WARM_UP):
        do(next(places) % cases)
    busy, clock = time.thread_time(), time.perf_counter()
    for _ in range(REPEATS):
        do(next(places) % cases)
    taken = time.thread_time() - busy, time.perf_counter() - clock
    return 1000 * taken[0] / REPEATS, 1000 * taken[1] / REPEATS
