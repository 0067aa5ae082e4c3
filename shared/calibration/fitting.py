"""From hospitals' counts to the calibrator of a model, and to honest ones for its figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from shared.calibration.calibrator import Calibrator
from shared.calibration.conformal import conformal_cut_offs
from shared.calibration.counts import CalibrationCounts, empty, merge_counts
from shared.calibration.grids import UNIT_TEMPERATURE
from shared.calibration.isotonic import fit_isotonic
from shared.calibration.settings import CalibrationSettings, Method
from shared.calibration.temperature import fit_temperature
from shared.calibration.thresholds import NEUTRAL_THRESHOLD, fit_thresholds


@dataclass(frozen=True)
class HospitalCounts:
    """A hospital's answers to both questions.

    Attributes
    ----------
    raw : CalibrationCounts
        Of the model's probabilities.
    calibrated : mapping of method to CalibrationCounts
        Of the probabilities under each map that `maps_to_count` gave the hospital; empty where it
        did not answer any more, and then only its first answer counts.
    """

    raw: CalibrationCounts
    calibrated: Mapping[Method, CalibrationCounts] = field(default_factory=dict)

    def under(self, method: Method) -> CalibrationCounts | None:
        """Return the counts of probabilities calibrated by a method, None without an answer."""
        return self.raw if method == "none" else self.calibrated.get(method)


def maps_to_count(
    raw: Mapping[str, CalibrationCounts], settings: CalibrationSettings
) -> dict[str, dict[Method, Calibrator]]:
    """Return the maps of the second question: each hospital's are fitted on all others.

    Parameters
    ----------
    raw : mapping of hospital to CalibrationCounts
        The answers to the first question.

    Returns
    -------
    dict of hospital to dict of method to Calibrator
        Without ``none``, whose counts are the raw ones: nothing to ask where a dict is empty. A
        lone hospital, which has no others, counts under the map of its own rows.
    """
    methods = [method for method in settings.methods if method != "none"]
    sources = {name: raw[name] if len(raw) == 1 else merge_others(raw, name) for name in raw}
    return {
        name: {method: fit_map(counts, method) for method in methods}
        for name, counts in sources.items()
    }


def fit(by_hospital: Mapping[str, HospitalCounts], settings: CalibrationSettings) -> Calibrator:
    """Fit the calibrator of the model: its map and what depends on it, from every hospital.

    Parameters
    ----------
    by_hospital : mapping of hospital to HospitalCounts
        At least one.
    """
    raw = merge_counts(hospital.raw for hospital in by_hospital.values())
    return _fit(raw, list(by_hospital.values()), settings)


def leave_one_out(
    by_hospital: Mapping[str, HospitalCounts], settings: CalibrationSettings
) -> dict[str, Calibrator]:
    """Fit a calibrator for each hospital from the others, for figures on that hospital's rows.

    The map comes from the other hospitals alone. Its method, the thresholds and the cut-offs come
    from the other hospitals' rows, counted under maps that each know all hospitals but one; through
    these, a few parameters fitted on all the rest, the left-out hospital has a slight part. To be
    rid of it, every hospital would have to count under every other hospital's map.

    Returns
    -------
    dict of hospital to Calibrator
        Of a lone hospital: one that changes nothing and whose sets hold every class.
    """
    raw = {name: hospital.raw for name, hospital in by_hospital.items()}
    return {
        name: _fit(
            merge_others(raw, name),
            [hospital for other, hospital in by_hospital.items() if other != name],
            settings,
        )
        for name in by_hospital
    }


def merge_others(raw: Mapping[str, CalibrationCounts], name: str) -> CalibrationCounts:
    """Merge the counts of all hospitals but one; of no rows where there are no others."""
    nothing = empty(raw[name].classes)
    return merge_counts([nothing, *(counts for other, counts in raw.items() if other != name)])


def _fit(
    raw: CalibrationCounts, hospitals: list[HospitalCounts], settings: CalibrationSettings
) -> Calibrator:
    method = choose_method(hospitals, settings)
    answers = [counts for hospital in hospitals if (counts := hospital.under(method))]
    calibrated = merge_counts([empty(raw.classes), *answers])
    return add_decisions(fit_map(raw, method), calibrated, settings)


def choose_method(hospitals: Iterable[HospitalCounts], settings: CalibrationSettings) -> Method:
    """Return the method with the lowest log loss over hospitals that its maps were not fitted on.

    Only hospitals that answered for every method are compared; the simplest wins a tie.
    """
    answers = [
        [counts.losses[UNIT_TEMPERATURE] for counts in each if counts is not None]
        for hospital in hospitals
        for each in [[hospital.under(method) for method in settings.methods]]
        if None not in each
    ]
    totals = [sum(losses) for losses in zip(*answers, strict=True)] or [0.0]
    return settings.methods[totals.index(min(totals))]


def fit_map(counts: CalibrationCounts, method: Method) -> Calibrator:
    """Fit the map from raw to calibrated probabilities; no thresholds, no prediction sets yet."""
    parts = Calibrator.identity(counts.classes).model_dump() | {"method": method}
    if method == "temperature":
        parts["temperature"] = fit_temperature(counts)
    if method == "isotonic":
        parts["curves"] = fit_isotonic(counts)
    return Calibrator.model_validate(parts)


def add_decisions(
    calibrator: Calibrator, calibrated: CalibrationCounts, settings: CalibrationSettings
) -> Calibrator:
    """Return the calibrator with thresholds and cut-offs from counts of calibrated probabilities.

    Parameters
    ----------
    calibrated : CalibrationCounts
        Of what a calibrator's `apply` returned, best on rows it was not fitted on.
    """
    neutral = [NEUTRAL_THRESHOLD] * calibrator.classes
    cut_offs = conformal_cut_offs(calibrated, settings.coverages, settings.coarse_labels)
    return calibrator.model_copy(
        update={
            "thresholds": fit_thresholds(calibrated) if settings.thresholds else neutral,
            "cut_offs": cut_offs,
        }
    )
