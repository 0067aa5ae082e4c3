"""What speaks against a model, and what to change about it."""

from __future__ import annotations

from collections.abc import Iterator

from server.review.acceptance import Acceptance, Criterion
from server.review.review import ClassReview, CriterionResult, Finding, Gain, KindReview
from shared.contract import Contract
from shared.review_settings import ReviewSettings

# So much less often right where it has not learned, a model depends on having seen the hospital.
GENERALISATION_GAP = 0.1
# With fewer training rows of a class, balancing cannot make up for what is missing.
FEW_ROWS = 20


def findings(kind: KindReview, settings: ReviewSettings) -> list[Finding]:
    """Return the technical findings on one kind of model, those that block it first."""
    found = [
        *harm_to_hospitals(kind),
        *harm_to_classes(kind),
        *against_previous(kind),
        *calibration(kind, settings.largest_calibration_error),
        *instability(kind, settings.largest_spread),
        *membership(kind, settings.largest_membership_auc),
        *generalisation(kind),
        *never_found(kind),
    ]
    return sorted(found, key=lambda each: not each.blocks)


def in_words(gain: Gain) -> str:
    """Write a comparison."""
    return (
        f"{gain.shared:.3f} against {gain.other:.3f} on {gain.rows} rows, 95% interval of the "
        f"difference {gain.low:+.3f} to {gain.high:+.3f}"
    )


def harm_to_hospitals(kind: KindReview) -> Iterator[Finding]:
    """Name hospitals that would be better off alone."""
    for name, hospital in kind.hospitals.items():
        if hospital.against_alone and hospital.against_alone.is_harm:
            yield Finding(
                blocks=True,
                what=f"At {name} the shared model is less often right than the hospital's own: "
                f"{in_words(hospital.against_alone)}.",
                step="model",
                change="Let hospitals go on with rows of their own where that helps "
                "(neural_network.transfer.fine_tuning_epochs) or keep a last layer of their own "
                "(neural_network.personal_last_layer); look for what is measured differently at "
                f"{name}.",
            )


def harm_to_classes(kind: KindReview) -> Iterator[Finding]:
    """Name classes that hospitals alone find more often."""
    for code, each in kind.classes.items():
        if each.against_alone and each.against_alone.is_harm:
            yield Finding(
                blocks=each.frequency != "common",
                what=f"{each.name} ({code}) is found less often than by hospitals alone: "
                f"{in_words(each.against_alone)}.",
                step="imbalance",
                change="Weigh classes by inverse_frequency (class_balance), or adjust the logits "
                "(neural_network.logit_adjustment).",
            )


def against_previous(kind: KindReview) -> Iterator[Finding]:
    """Say where the model in use is better."""
    if kind.against_previous and kind.against_previous.is_harm:
        yield Finding(
            blocks=True,
            what="The model in use is more often right on the same held-out rows: "
            f"{in_words(kind.against_previous)}.",
            step="tuning",
            change="Begin from the settings of the model in use, or tune with more trials.",
        )
    for name, hospital in kind.hospitals.items():
        if hospital.against_previous and hospital.against_previous.is_harm:
            yield Finding(
                blocks=True,
                what=f"At {name} the model in use is more often right: "
                f"{in_words(hospital.against_previous)}.",
                step="data",
                change=f"Compare what {name} sent since with what it sent before.",
            )


def calibration(kind: KindReview, largest: float) -> Iterator[Finding]:
    """Say when stated probabilities are not met."""
    error = kind.figures.get("expected_calibration_error")
    if error and error.mean > largest:
        yield Finding(
            blocks=True,
            what=f"Stated probabilities are off by {error.mean:.3f} on average; at most "
            f"{largest:g} is allowed.",
            step="model",
            change='Calibrate on federated counts (calibration.method = "best"), or regularise '
            "more.",
        )


def instability(kind: KindReview, largest: float) -> Iterator[Finding]:
    """Say when another draw of rows and weights gives another model."""
    accuracy = kind.figures.get("accuracy")
    if accuracy and accuracy.deviation > largest:
        yield Finding(
            blocks=True,
            what=f"Accuracy differs by {accuracy.deviation:.3f} (standard deviation) between "
            f"repetitions; at most {largest:g} is allowed.",
            step="data",
            change="Enrol more hospitals or records, or choose a simpler model.",
        )


def membership(kind: KindReview, largest: float) -> Iterator[Finding]:
    """Say when an attacker can tell whom the model learned from."""
    risks = [each for each in (kind.membership, kind.likelihood) if each]
    risk = max(risks, key=lambda each: each.low, default=None)
    if risk and risk.low > largest:
        yield Finding(
            blocks=True,
            what="The model's answers tell training patients from others with an AUC of "
            f"{risk.auc:.3f} (95% interval {risk.low:.3f} to {risk.high:.3f}); {largest:g} is "
            "allowed.",
            step="model",
            change="Regularise: fewer rounds, shallower trees, larger leaves "
            "(random_forest.minimum_leaf_rows), more l2_regularisation. Or train with "
            "differential privacy, which bounds it whatever the settings.",
        )


def generalisation(kind: KindReview) -> Iterator[Finding]:
    """Say where a model only works because it has seen the hospital."""
    for name, hospital in kind.hospitals.items():
        if hospital.without_it is None or hospital.with_it is None:
            continue
        if hospital.with_it - hospital.without_it > GENERALISATION_GAP:
            yield Finding(
                blocks=False,
                what=f"Trained without {name}, the model is right there in "
                f"{hospital.without_it:.3f} of the rows instead of {hospital.with_it:.3f}.",
                step="features",
                change="Expect less at hospitals that join later; look for features that mean "
                f"something else at {name}.",
            )


def never_found(kind: KindReview) -> Iterator[Finding]:
    """Name classes that the model does not find at all."""
    for code, each in kind.classes.items():
        if each.rows and each.recall == 0:
            yield lost_class(code, each)


def lost_class(code: str, each: ClassReview) -> Finding:
    """Say what to do about a class that is never found."""
    few = each.training_rows < FEW_ROWS
    return Finding(
        blocks=False,
        what=f"{each.name} ({code}) is never ranked first, in {each.rows} held-out rows; "
        f"{each.training_rows} rows were trained on.",
        step="data" if few else "imbalance",
        change="Find more cases, or transfer from frequent classes (neural_network.transfer)."
        if few
        else "Weigh classes by inverse_frequency (class_balance), or add synthetic rows "
        '(augmentation.method = "smote").',
    )


def judge_criteria(
    acceptance: Acceptance, contract: Contract, kind: KindReview
) -> list[CriterionResult]:
    """Hold a kind of model to what clinicians ask for."""
    results = [
        result
        for criterion in acceptance.criterion
        for code in criterion.codes(contract)
        for result in judge_class(criterion, code, kind.classes[code])
    ]
    error = kind.figures.get("expected_calibration_error")
    if acceptance.maximum_calibration_error is not None:
        results.append(
            CriterionResult(
                about="All classes",
                asked=f"calibration error at most {acceptance.maximum_calibration_error:g}",
                found=f"{error.mean:.3f}" if error else "no data",
                passed=error is not None and error.mean <= acceptance.maximum_calibration_error,
            )
        )
    return results


def judge_class(criterion: Criterion, code: str, found: ClassReview) -> Iterator[CriterionResult]:
    """Hold one class to a criterion."""
    asked = {"recall": criterion.minimum_recall, "precision": criterion.minimum_precision}
    for figure, minimum in asked.items():
        if minimum is None:
            continue
        value: float | None = getattr(found, figure)
        enough = found.rows >= criterion.minimum_rows
        text = "no data" if value is None else f"{value:.3f} on {found.rows} rows"
        yield CriterionResult(
            about=f"{found.name} ({code})",
            asked=f"{figure} at least {minimum:g} on {criterion.minimum_rows} rows or more",
            found=text,
            passed=enough and value is not None and value >= minimum,
            reason=criterion.reason,
        )


def unmet(results: list[CriterionResult]) -> list[Finding]:
    """Turn criteria that were not met into findings."""
    return [
        Finding(
            blocks=True,
            what=f"{result.about}: {result.asked} is asked for; {result.found}.",
            step="model" if "calibration" in result.asked else "imbalance",
            change='Calibrate on federated counts (calibration.method = "best").'
            if "calibration" in result.asked
            else "Weigh rare classes more (class_balance, neural_network.logit_adjustment), add "
            'synthetic rows (augmentation.method = "smote"), or find more cases.',
        )
        for result in results
        if not result.passed
    ]
