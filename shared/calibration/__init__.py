"""Calibration, decision thresholds and prediction sets, fitted from counts hospitals add up.

No row leaves a hospital. Each is asked twice, always on rows the model did not learn from:

1. `count` of the model's raw probabilities. From the merged counts the coordinator fits the maps
   from raw to calibrated probabilities: for every hospital, from all *other* hospitals
   (`maps_to_count`).
2. `count` of the probabilities calibrated by the maps the hospital was sent. Thresholds and
   prediction sets speak of calibrated probabilities, and a hospital's own rows must not have
   shaped the map under which they are counted: a flexible map would look better on them than on
   the next patient, and the sets would be too small (cross-conformal prediction, Vovk 2015).

Then `fit` gives the calibrator of the model, and `leave_one_out` one for each hospital that was
fitted on the others, whose figures on that hospital's rows are honest.
"""

from shared.calibration.calibrator import Calibrator
from shared.calibration.counts import CalibrationCounts, count, merge_counts
from shared.calibration.fitting import HospitalCounts, fit, leave_one_out, maps_to_count
from shared.calibration.settings import CalibrationSettings, Method

__all__ = [
    "CalibrationCounts",
    "CalibrationSettings",
    "Calibrator",
    "HospitalCounts",
    "Method",
    "count",
    "fit",
    "leave_one_out",
    "maps_to_count",
    "merge_counts",
]
