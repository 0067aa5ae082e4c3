"""SIMULATED hospitals whose model is watched: what each would answer, without a node.

Patients have a hidden severity, which their diagnosis and some of their findings follow; hospitals
differ in their patients from the beginning. The model is calibrated for them: it sees the severity
through noise. Nothing here is medicine; it shows what the verdicts find, and what they do not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from client.small_cells.watching import told_watch
from shared.contract import Contract, NumericFeature, load_contract
from shared.metrics import evaluate
from shared.records import Records, records_from_columns
from shared.statistics import summarise
from shared.watch.answer import (
    DELAYS,
    SCORE_CELLS,
    Answers,
    Confirmed,
    ProblemCount,
    Service,
    WatchAnswer,
)
from shared.watch.settings import WatchSettings
from shared.watch.verdict import WatchVerdict
from shared.watch.verdicts import watch_verdicts
from shared.watch.watch import Watch

HOSPITALS = ("A", "B", "C", "D")
# Where a grade of the disease begins, on the scale of the severity.
BORDERS = (0.0, 0.6, 1.1, 1.7)
# Of what the model sees of the severity.
NOISE = 0.6
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Change:
    """What is otherwise at one hospital, or at several.

    Attributes
    ----------
    severity : float
        Shift of the case mix: patients are iller, and all that follows from it moves.
    age, pressure : float
        Shift of these alone, in years and in mm[Hg]: other patients with the same diseases.
    borders : float
        Shift of where a disease begins: the same findings mean another diagnosis.
    unit : dict of str to float
        Numbers of a feature are multiplied.
    missing : list of str
        Features that do not arrive.
    constant : list of str
        Features of which the same value always arrives.
    recoded : dict of str to str
        A code of a feature that arrives as another one.
    """

    severity: float = 0.0
    age: float = 0.0
    pressure: float = 0.0
    borders: float = 0.0
    unit: Mapping[str, float] = field(default_factory=dict)
    missing: Sequence[str] = ()
    constant: Sequence[str] = ()
    recoded: Mapping[str, tuple[str, str]] = field(default_factory=dict)


NOTHING = Change()


@cache
def watched_contract() -> Contract:
    """Return the contract of heart disease with glucose, and cholesterol as low as in mmol/L.

    A number in another unit is then in the range of the contract, and no rule of the node stops it.
    """
    contract = load_contract("heart_disease")
    features = [
        each.model_copy(update={"minimum": 0.0, "bins": 140})
        if isinstance(each, NumericFeature) and each.name == "cholesterol"
        else each
        for each in contract.feature
    ]
    glucose = NumericFeature(
        name="glucose",
        kind="numeric",
        description="Glucose",
        analyte="glucose",
        unit="mmol/L",
        minimum=0,
        maximum=500,
        bins=250,
    )
    plain = [each.model_dump(exclude_none=True) for each in (*features, glucose)]
    return contract.model_copy_checked(name="watched_hearts", feature=plain)


@dataclass(frozen=True)
class Drawn:
    """Patients, and what the model answers about each.

    Attributes
    ----------
    records : Records
        With their diagnoses.
    probabilities : array of shape (rows, leaves)
    refused : dict of str to int
        Cases that the contract's ranges turned away, by feature.
    """

    records: Records
    probabilities: Floats
    refused: dict[str, int]

    def __len__(self) -> int:
        return len(self.records)


def draw(
    contract: Contract, hospital: int, rows: int, generator: np.random.Generator, change: Change
) -> Drawn:
    """Draw patients of a hospital as a feed brings them."""
    severity = generator.normal(0.15 * hospital - 0.2 + change.severity, 1.0, rows)
    labels = _labels(contract, severity - change.borders)
    probabilities = _answers(contract, severity + generator.normal(0, NOISE, rows), hospital)
    columns = _sick(_columns(contract, severity, hospital, generator, change), change)
    kept, refused = _in_range(contract, columns, rows)
    table = {
        name: [value for value, keep in zip(values, kept, strict=True) if keep]
        for name, values in columns.items()
    }
    records = records_from_columns(contract, table, labels[kept].tolist())
    return Drawn(records, probabilities[kept], refused)


def _labels(contract: Contract, severity: Floats) -> npt.NDArray[np.object_]:
    return np.array(contract.leaves, dtype=object)[np.digitize(severity, BORDERS)]


def _answers(contract: Contract, seen: Floats, hospital: int) -> Floats:
    """Return calibrated probabilities of the grades, given the severity through noise."""
    mean, share = 0.15 * hospital - 0.2, 1 / (1 + NOISE**2)
    middle, spread = mean + share * (seen - mean), NOISE * share**0.5
    edges = np.array([-np.inf, *BORDERS, np.inf])
    below = norm.cdf((edges[None, :] - middle[:, None]) / spread)
    found: Floats = np.diff(below, axis=1)
    assert found.shape[1] == len(contract.leaves)  # noqa: S101 - of this contract alone
    return found


def _columns(
    contract: Contract,
    severity: Floats,
    hospital: int,
    generator: np.random.Generator,
    change: Change,
) -> dict[str, list[object]]:
    rows = len(severity)

    def number(name: str, values: Floats) -> list[object]:
        feature = contract.features[name]
        assert isinstance(feature, NumericFeature)  # noqa: S101 - of this contract alone
        return list(np.clip(values, feature.minimum + 1e-6, feature.maximum - 1e-6))

    def code(codes: Sequence[str], slope: float) -> list[object]:
        place = np.digitize(
            slope * severity + generator.normal(size=rows),
            np.linspace(-1, 1, len(codes) - 1) if len(codes) > 2 else [0.0],
        )
        return list(np.array(codes, dtype=object)[place])

    def flag(slope: float) -> list[object]:
        return list((slope * severity + generator.normal(size=rows) > 0.4).astype(float))

    noise = generator.normal
    columns = {
        "age": number("age", 56 + 2 * hospital + 4 * severity + noise(0, 8, rows) + change.age),
        "sex": code(["female", "male"], 0.4),
        "chest_pain": code(
            ["typical_angina", "atypical_angina", "non_anginal", "asymptomatic"], 0.6
        ),
        "resting_blood_pressure": number(
            "resting_blood_pressure", 130 + 3 * severity + noise(0, 17, rows) + change.pressure
        ),
        "cholesterol": number("cholesterol", 245 + 5 * hospital + noise(0, 50, rows)),
        "fasting_blood_sugar_above_120": flag(0.1),
        "resting_ecg": code(["normal", "st_t_abnormality", "left_ventricular_hypertrophy"], 0.4),
        "maximum_heart_rate": number(
            "maximum_heart_rate", 148 - 10 * severity + noise(0, 18, rows)
        ),
        "exercise_angina": flag(0.8),
        "st_depression": number(
            "st_depression", np.maximum(0.8 + 0.6 * severity + noise(0, 0.8, rows), 0.0)
        ),
        "st_slope": code(["rising", "flat", "falling"], 0.6),
        "major_vessels": number(
            "major_vessels", np.floor(np.clip(0.8 * severity + noise(0, 0.8, rows), 0, 3))
        ),
        "thallium_scan": code(["normal", "fixed_defect", "reversible_defect"], 0.7),
        "glucose": number("glucose", 5.6 * np.exp(0.1 * severity + noise(0, 0.18, rows))),
    }
    absent = {"thallium_scan": 0.3, "major_vessels": 0.3, "glucose": 0.1, "cholesterol": 0.05}
    return {
        name: [
            None if gone else value
            for value, gone in zip(
                values, generator.random(rows) < absent.get(name, 0.02), strict=True
            )
        ]
        for name, values in columns.items()
    }


def _sick(columns: dict[str, list[object]], change: Change) -> dict[str, list[object]]:
    for name, factor in change.unit.items():
        columns[name] = [
            each * factor if isinstance(each, float) else each for each in columns[name]
        ]
    for name in change.missing:
        columns[name] = [None] * len(columns[name])
    for name in change.constant:
        value = next(each for each in columns[name] if each is not None)
        columns[name] = [value if each is not None else None for each in columns[name]]
    for name, (old, new) in change.recoded.items():
        columns[name] = [new if each == old else each for each in columns[name]]
    return columns


def _in_range(
    contract: Contract, columns: Mapping[str, Sequence[object]], rows: int
) -> tuple[npt.NDArray[np.bool_], dict[str, int]]:
    """Say which cases a node takes, and count the others by what is out of range."""
    kept = np.ones(rows, dtype=np.bool_)
    refused: Counter[str] = Counter()
    for name, values in columns.items():
        feature = contract.features[name]
        if not isinstance(feature, NumericFeature):
            continue
        numbers = np.array([np.nan if each is None else each for each in values], dtype=float)
        outside = (numbers < feature.minimum) | (numbers > feature.maximum)
        refused[name] += int(outside.sum())
        kept &= ~outside
    return kept, {name: count for name, count in refused.items() if count}


def answers_of(contract: Contract, drawn: Drawn) -> Answers:
    """Count what was asked and answered."""
    leaves = np.array(contract.leaves, dtype=object)
    labels = leaves[drawn.probabilities.argmax(axis=1)]
    scores = np.histogram(drawn.probabilities.max(axis=1), SCORE_CELLS, (0, 1))[0]
    summary = summarise(contract, replace(drawn.records, labels=labels))
    return Answers(summary=summary, scores=scores.tolist())


def answer_of(
    contract: Contract,
    first: Drawn,
    window: Drawn,
    made: datetime,
    smallest_cell: int = 1,
    confirmed: Drawn | None = None,
) -> WatchAnswer:
    """Return what a hospital with these patients answers."""
    diagnosed = window if confirmed is None else confirmed
    exact = WatchAnswer(
        made=made.isoformat(),
        service=Service(model="run-0001/boosted_trees", digest="0" * 64, software="simulated"),
        window=answers_of(contract, window),
        first=answers_of(contract, first),
        confirmed=Confirmed(
            evaluation=evaluate(contract, diagnosed.records, diagnosed.probabilities),
            until=made.isoformat(),
            delays=[len(diagnosed), *[0] * len(DELAYS)],
        ),
        new_for_training=len(diagnosed),
        problems=[
            ProblemCount(rule="expected", feature=name, count=count)
            for name, count in window.refused.items()
        ],
    )
    return told_watch(contract, exact, smallest_cell) if smallest_cell > 1 else exact


@dataclass(frozen=True)
class Federation:
    """Hospitals that are watched week by week.

    Attributes
    ----------
    rows : int
        Of each window, and of the first answers.
    seed : int
    smallest_cell : int
        Of all hospitals' policies.
    settings : WatchSettings
    """

    rows: int
    seed: int
    smallest_cell: int = 1
    settings: WatchSettings = field(default_factory=lambda: WatchSettings(simulated_windows=400))

    def history(self, weeks: Sequence[Mapping[str, Change]]) -> list[Watch]:
        """Return a watch for each week, without verdicts.

        Parameters
        ----------
        weeks : sequence of mapping of str to Change
            What is otherwise at which hospital in each week; the model came into service before.
        """
        contract = watched_contract()
        generators = {
            name: np.random.default_rng([self.seed, place]) for place, name in enumerate(HOSPITALS)
        }
        first = {
            name: draw(contract, place, self.rows, generators[name], NOTHING)
            for place, name in enumerate(HOSPITALS)
        }
        found: list[Watch] = []
        begin = datetime(2026, 1, 5, tzinfo=UTC)
        for number, changes in enumerate(weeks):
            made = begin + timedelta(weeks=number)
            answers = {}
            for place, name in enumerate(HOSPITALS):
                change = changes.get(name, NOTHING)
                window = draw(contract, place, self.rows, generators[name], change)
                answers[name] = answer_of(contract, first[name], window, made, self.smallest_cell)
            watch = Watch(run=f"run-{number + 2:04d}", made=made.isoformat(), answers=answers)
            found.append(watch)
        return found

    def judged_history(self, weeks: Sequence[Mapping[str, Change]]) -> list[Watch]:
        """Return the same with the verdicts on each watch."""
        found = self.history(weeks)
        return [
            each.model_copy(update={"verdicts": self.judged(found[: place + 1])})
            for place, each in enumerate(found)
        ]

    def judged(self, history: Sequence[Watch]) -> list[WatchVerdict]:
        """Return the verdicts on the newest watch."""
        return watch_verdicts(history, watched_contract(), self.settings)
