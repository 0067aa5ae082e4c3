"""How often a watch finds what has changed, and calls it by its name, by size of the window."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.progress import track

from shared.watch.settings import WatchSettings
from shared.watch.verdict import WatchVerdict
from shared.watch.watch import Watch
from simulations.watched_hospitals import HOSPITALS, Change, Federation

SIZES = (100, 200, 400, 1_000)
# As hospitals have it without a policy of their own.
SMALLEST_CELL = 5
# Fewer simulated windows than a coordinator takes: only the cut-offs that are shown need more.
SETTINGS = WatchSettings(simulated_windows=200)
_MMOL_OF_MG = 38.665


@dataclass(frozen=True)
class Scenario:
    """What is changed, and which verdict is right.

    Attributes
    ----------
    changes : mapping of str to Change
        By hospital.
    is_hit : callable
        Whether an alarm names what was changed.
    is_wrong : callable
        Whether an alarm calls it what it is not.
    """

    changes: Mapping[str, Change]
    is_hit: Callable[[WatchVerdict], bool]
    is_wrong: Callable[[WatchVerdict], bool]


def _feed(feature: str) -> Callable[[WatchVerdict], bool]:
    return lambda each: (each.kind, each.hospital, each.feature) == ("feed", "B", feature)


def _not_feed(feature: str) -> Callable[[WatchVerdict], bool]:
    """Say whether patients are said to have changed, or another feed is said to be sick."""
    return lambda each: (
        each.kind in ("data", "label", "score") or (each.kind == "feed" and each.feature != feature)
    )


def _at(hospital: str, *kinds: str) -> Callable[[WatchVerdict], bool]:
    return lambda each: each.kind in kinds and each.hospital == hospital


def _is_feed(each: WatchVerdict) -> bool:
    return each.kind == "feed"


def _any(_each: WatchVerdict) -> bool:
    return True


def _sick(feature: str, **changes: Any) -> Scenario:  # noqa: ANN401 - as Change has them
    return Scenario({"B": Change(**changes)}, _feed(feature), _not_feed(feature))


SCENARIOS: dict[str, Scenario] = {
    "nothing": Scenario({}, _any, _any),
    "unit, glucose x18": _sick("glucose", unit={"glucose": 18.0156}),
    "unit, cholesterol /38.7": _sick("cholesterol", unit={"cholesterol": 1 / _MMOL_OF_MG}),
    "unit, out of range": _sick(
        "resting_blood_pressure", unit={"resting_blood_pressure": 0.133322}
    ),
    "column missing": _sick("cholesterol", missing=["cholesterol"]),
    "always the same": _sick("exercise_angina", constant=["exercise_angina"]),
    "code vanished": _sick("chest_pain", recoded={"chest_pain": ("asymptomatic", "non_anginal")}),
    "covariate shift": Scenario({"C": Change(age=6, pressure=8)}, _at("C", "data"), _is_feed),
    "case mix": Scenario({"C": Change(severity=0.7)}, _at("C", "data", "label"), _is_feed),
    "case mix, strong": Scenario({"C": Change(severity=1.5)}, _at("C", "data", "label"), _is_feed),
    "all hospitals a little": Scenario(
        {each: Change(severity=0.4) for each in HOSPITALS},
        _at("federation", "data", "label"),
        _is_feed,
    ),
    "concept": Scenario({"C": Change(borders=0.9)}, _at("C", "performance", "label"), _is_feed),
    "unit at B, case mix at C": Scenario(
        {"B": Change(unit={"glucose": 18.0156}), "C": Change(severity=1.0)},
        _at("C", "data", "label"),
        lambda each: each.kind == "feed" and (each.hospital, each.feature) != ("B", "glucose"),
    ),
}


def run_drift(
    repetitions: int, without: int, sizes: tuple[int, ...], console: Console
) -> dict[str, Any]:
    """Simulate each scenario at each size of the window.

    Parameters
    ----------
    repetitions, without : int
        Of each scenario, and of the one without any change.
    """
    begun = time.monotonic()
    found: dict[str, dict[str, dict[str, float]]] = {}
    for name, scenario in SCENARIOS.items():
        number = without if name == "nothing" else repetitions
        found[name] = {str(rows): _measured(scenario, rows, number, name) for rows in sizes}
        shown = ", ".join(
            f"{rows}: {each['hit']:.2f} ({each['wrong']:.2f} wrong)"
            for rows, each in found[name].items()
        )
        console.print(f"{name}: {shown}", highlight=False)
    return {
        "hospitals": len(HOSPITALS),
        "smallest_cell": SMALLEST_CELL,
        "false_alarm_rate": SETTINGS.false_alarm_rate,
        "repetitions": repetitions,
        "repetitions_without_change": without,
        "scenarios": found,
        "seconds": time.monotonic() - begun,
    }


def _measured(scenario: Scenario, rows: int, number: int, name: str) -> dict[str, float]:
    hits = wrong = 0
    for seed in track(range(number), description=f"{name}, {rows} rows", transient=True):
        alarms = alarms_of(scenario, rows, seed)
        hits += any(scenario.is_hit(each) for each in alarms)
        wrong += any(scenario.is_wrong(each) for each in alarms)
    return {"hit": hits / number, "wrong": wrong / number}


def alarms_of(scenario: Scenario, rows: int, seed: int) -> list[WatchVerdict]:
    """Return the alarms of one watch after one without a change."""
    federation = Federation(rows, seed, SMALLEST_CELL, SETTINGS)
    history = federation.history([{}, scenario.changes])
    watch: Watch = history[-1].model_copy(update={"verdicts": federation.judged(history)})
    return watch.alarms()
