"""Reviews that reports are written of in tests."""

from __future__ import annotations

from server.review.acceptance import Acceptance, Signatory
from server.review.review import (
    ClassReview,
    CriterionResult,
    Finding,
    Gain,
    HospitalReview,
    KindReview,
    Review,
    Trial,
)
from tests.unit.server.review.sample_kind import CLASSES, FIGURES, HOSPITALS, kind


def trials() -> list[Trial]:
    return [
        Trial(
            kind="neural_network" if number % 2 else "boosted_trees",
            number=number,
            state="pruned" if number % 3 == 0 else "complete",
            value=None if number == 9 else 1.3 - 0.007 * (number * 13 % 40),
            settings={"learning_rate": 0.001 * (number + 1) / 3, "rounds": 20 + number}
            | {"hidden_size": 64, "dropout": 0.1 * (number % 4), "weighting": "examples"},
        )
        for number in range(40)
    ]


def ready_review() -> Review:
    """A model with everything measured, two points to know, and one signatory."""
    return Review(
        run="heart-2026-03-14",
        contract="heart_disease",
        date="2026-03-14",
        seeds=3,
        folds=5,
        chosen="neural_network",
        verdict="ready",
        kinds={name: kind(name) for name in FIGURES},
        findings=[
            Finding(
                blocks=False,
                what="Trained without switzerland, the model is right there in 0.289 of the rows "
                "instead of 0.431.",
                step="features",
                change="Expect less at hospitals that join later; look for features that mean "
                "something else at switzerland.",
            ),
            Finding(
                blocks=False,
                what="Heart disease, grade 4 (grade_4) is never ranked first, in 28 held-out rows; "
                "21 rows were trained on.",
                step="imbalance",
                change="Weigh classes by inverse_frequency (class_balance), or add synthetic rows "
                '(augmentation.method = "smote").',
            ),
        ],
        criteria=[
            CriterionResult(
                about="Heart disease, grade 1 (grade_1)",
                asked="recall at least 0.5 on 5 rows or more",
                found="0.562 on 265 rows",
                passed=True,
                reason="A missed early stage delays treatment that works.",
            )
        ],
        acceptance=Acceptance(
            signatory=[
                Signatory(name="Dr Ada Byron", role="Cardiologist, Cleveland"),
                Signatory(name="Dr Émile Roux", role="Data protection officer"),
            ]
        ),
        tuning_metric="log_loss",
        trials=trials(),
        previous="heart-2025-11-02",
        iterates="heart-2026-03-01",
        seconds=1840,
    )


def iterate_review() -> Review:
    """A model that harms, with a criterion not met and nothing but one seed known of it."""
    finding = Finding(
        blocks=True,
        what="At switzerland the shared model is less often right than the hospital's own: 0.421 "
        "against 0.518 on 123 rows, 95% interval of the difference -0.171 to -0.024.",
        step="model",
        change="Let hospitals keep a last layer of their own (neural_network.personal_last_layer).",
    )
    missed = CriterionResult(
        about="Heart disease, grade 4 (grade_4)",
        asked="recall at least 0.3 on 5 rows or more",
        found="0.000 on 28 rows",
        passed=False,
    )
    ready = ready_review()
    chosen = ready.kinds[ready.chosen]
    harmed = chosen.hospitals["switzerland"].model_copy(
        update={"against_alone": Gain(rows=123, other=0.518, shared=0.421, low=-0.171, high=-0.024)}
    )
    hospitals = {**chosen.hospitals, "switzerland": harmed}
    harming = chosen.model_copy(update={"hospitals": hospitals})
    return ready.model_copy(
        update={
            "verdict": "iterate",
            "kinds": {**ready.kinds, ready.chosen: harming},
            # A review lists what blocks first; the page does so whatever the order.
            "findings": [*ready.findings, finding],
            "criteria": [*ready.criteria, missed],
            "previous": "",
            "iterates": "",
            "trials": [],
        }
    )


def empty_review() -> Review:
    """A review in which everything that may be absent is."""
    hospitals = {name: HospitalReview(rows=0, accuracy=None) for name in HOSPITALS}
    classes = {
        code: ClassReview(
            name=each[0], frequency=each[1], training_rows=0, rows=0, recall=None, precision=None
        )
        for code, each in CLASSES.items()
    }
    nothing = KindReview(figures={}, reliability=[], hospitals=hospitals, classes=classes)
    return Review(
        run="run-1",
        contract="heart_disease",
        date="2026-03-14",
        seeds=1,
        folds=2,
        chosen="boosted_trees",
        verdict="iterate",
        kinds={"boosted_trees": nothing},
        trials=[Trial(kind="boosted_trees", number=0, state="pruned", value=None, settings={})],
        tuning_metric="accuracy",
        previous="run-0",
    )
