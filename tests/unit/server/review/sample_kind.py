"""A kind of model on the heart disease data of four hospitals, as a review measures it."""

from __future__ import annotations

from server.review.review import (
    ClassReview,
    Gain,
    HospitalReview,
    KindReview,
    ReliabilityBin,
    Spread,
)
from shared.attacks import MembershipRisk, Rate
from shared.privacy.guarantee import Guarantee
from shared.run_settings import ModelName

FIGURES: dict[ModelName, list[float]] = {
    "neural_network": [0.612, 0.381, 0.812, 1.021, 0.048],
    "boosted_trees": [0.598, 0.392, 0.803, 1.083, 0.071],
    "random_forest": [0.604, 0.365, 0.807, 1.047, 0.055],
}
FIGURE_KEYS = ["accuracy", "macro_f1", "auc", "log_loss", "expected_calibration_error"]
# Rows, accuracy, that of a model of its own, bounds of the gain, trained without it.
HOSPITALS: dict[str, tuple[int, float, float, float, float, float]] = {
    "cleveland": (303, 0.622, 0.594, -0.006, 0.061, 0.561),
    "hungary": (294, 0.731, 0.688, 0.012, 0.075, 0.702),
    "long_beach": (200, 0.405, 0.392, -0.041, 0.068, 0.371),
    "switzerland": (123, 0.421, 0.433, -0.081, 0.057, 0.289),
}
# Name, frequency, rows trained on, rows held out, recall, precision, recall alone.
CLASSES: dict[str, tuple[str, str, int, int, float, float | None, float]] = {
    "none": ("No heart disease", "common", 309, 411, 0.871, 0.802, 0.842),
    "grade_1": ("Heart disease, grade 1", "common", 199, 265, 0.562, 0.514, 0.511),
    "grade_2": ("Heart disease, grade 2", "uncommon", 82, 109, 0.231, 0.298, 0.242),
    "grade_3": ("Heart disease, grade 3", "uncommon", 80, 107, 0.262, 0.301, 0.187),
    "grade_4": ("Heart disease, grade 4", "rare", 21, 28, 0.0, None, 0.036),
}
BINS = [
    (7, 0.27, 0.43),
    (94, 0.36, 0.33),
    (161, 0.45, 0.42),
    (148, 0.55, 0.49),
    (122, 0.65, 0.60),
    (131, 0.75, 0.77),
    (163, 0.85, 0.86),
    (94, 0.94, 0.96),
]


ATTACKED: dict[ModelName, float] = {
    "neural_network": 0.523,
    "boosted_trees": 0.641,
    "random_forest": 0.578,
}


def spread(mean: float) -> Spread:
    return Spread(mean=mean, deviation=0.02 * mean, lowest=0.975 * mean, highest=1.03 * mean)


def kind(name: ModelName) -> KindReview:
    return KindReview(
        figures=dict(zip(FIGURE_KEYS, map(spread, FIGURES[name]), strict=True)),
        reliability=[ReliabilityBin(rows=r, stated=s, right=share) for r, s, share in BINS],
        hospitals={
            hospital: HospitalReview(
                rows=rows,
                accuracy=spread(shared),
                against_alone=Gain(rows=rows, other=alone, shared=shared, low=low, high=high),
                against_previous=Gain(
                    rows=rows // 5, other=shared - 0.02, shared=shared, low=-0.03, high=0.07
                ),
                without_it=without,
                with_it=shared + 0.01,
            )
            for hospital, (rows, shared, alone, low, high, without) in HOSPITALS.items()
        },
        classes={code: class_review(*each) for code, each in CLASSES.items()},
        against_alone=Gain(rows=920, other=0.574, shared=0.612, low=0.014, high=0.061),
        against_previous=Gain(rows=184, other=0.592, shared=0.612, low=-0.012, high=0.049),
        membership=membership(ATTACKED[name]),
        guarantee=Guarantee(epsilon=2, delta=1e-5) if name == "neural_network" else None,
    )


def membership(auc: float) -> MembershipRisk:
    return MembershipRisk(
        members=736,
        others=184,
        auc=auc,
        low=auc - 0.045,
        high=auc + 0.045,
        at_one_percent=Rate(value=0.02, low=0.01, high=0.04),
        at_one_in_a_thousand=Rate(value=0.0, low=0.0, high=0.005),
    )


def class_review(
    name: str,
    frequency: str,
    training_rows: int,
    rows: int,
    recall: float,
    precision: float | None,
    alone: float,
) -> ClassReview:
    width = 1 / rows**0.5
    middle = recall - alone
    gain = Gain(rows=rows, other=alone, shared=recall, low=middle - width, high=middle + width)
    return ClassReview(
        name=name,
        frequency=frequency,
        training_rows=training_rows,
        rows=rows,
        recall=recall,
        precision=precision,
        against_alone=gain,
        against_previous=gain.model_copy(update={"rows": rows // 5}) if rows > 100 else None,
    )
