"""The model card: what people should know of a model before they use it (Mitchell et al. 2019)."""

from __future__ import annotations

from server.attack_words import (
    MEANING,
    attribute_words,
    auc_words,
    epsilon_words,
    membership_meaning,
    rate_words,
)
from server.attacking import guessed_most, risk_of
from server.federation_result import FederationResult
from server.results import Figures, comparison, figures
from shared.run_settings import ModelName

HUMAN_NAMES: dict[ModelName, str] = {
    "neural_network": "Neural network",
    "boosted_trees": "Boosted trees",
    "random_forest": "Random forest",
}


MEASURES = {
    "accuracy": "Accuracy",
    "macro_f1": "Macro F1",
    "auc": "Area under the ROC curve",
    "top_3": "Right class among the first three",
    "expected_calibration_error": "Expected calibration error",
}


def model_card(run: str, name: ModelName, result: FederationResult) -> str:
    """Write the card of one model of a run, in Markdown."""
    federated = comparison(result.federated, name)
    sections = [
        f"# {HUMAN_NAMES[name]} for {result.contract.name}, run {run}",
        intended_use(result),
        training_data(result),
        overall(federated),
        by_class(result, federated),
        public_test(result, name),
        probabilities(result, name),
        privacy(result, name),
        limits(result, name),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def number(value: object) -> str:
    """Write a figure, or that there is none."""
    return f"{value:.3f}" if isinstance(value, float) else "no data"


def intended_use(result: FederationResult) -> str:
    """Say what the model is for."""
    return (
        f"{result.contract.description.strip()}\n\n"
        "It ranks diagnoses for a clinician who knows the patient; it decides nothing."
    )


def training_data(result: FederationResult) -> str:
    """Say whose rows it learned from."""
    lines = [
        "## Training data",
        "",
        "| Hospital | Rows trained on | Rows held out |",
        "|---|---|---|",
    ]
    lines += [
        f"| {name} | {answer.training_rows} | {answer.held_out_rows} |"
        if answer.data_version
        else f"| {name} | not told | not told |"
        for name, answer in result.hospitals.items()
    ]
    return "\n".join(lines)


def overall(federated: Figures) -> str:
    """Give the figures over all held-out rows."""
    if not federated:
        return "## Performance\n\nNo hospital evaluated this model."
    scores = federated["overall"]
    lines = [
        "## Performance on held-out rows of all hospitals",
        "",
        "| Measure | Value |",
        "|---|---|",
    ]
    lines += measures(scores)
    lines += ["", "| Hospital | Rows | Accuracy | AUC |", "|---|---|---|---|"]
    lines += [
        f"| {name} | {each['rows']} | {number(each['accuracy'])} | {number(each['auc'])} |"
        for name, each in federated["by_hospital"].items()
    ]
    return "\n".join(lines)


def measures(scores: Figures) -> list[str]:
    """Return one line of a table for each measure."""
    return [f"| {label} | {number(scores[key])} |" for key, label in MEASURES.items()]


def public_test(result: FederationResult, name: ModelName) -> str:
    """Give the figures on the coordinator's own test set, apart from those of hospitals."""
    if name not in result.public:
        return ""
    scores = figures(result.public[name])
    lines = [
        "## Performance on the coordinator's own test set",
        "",
        f"{scores['group']['rows']} public patients of no hospital of the federation.",
        "",
        "| Measure | Value |",
        "|---|---|",
    ]
    return "\n".join(lines + measures(scores))


def probabilities(result: FederationResult, name: ModelName) -> str:
    """Say how stated probabilities came about, and what prediction sets promise."""
    calibrator = result.calibrators.get(name)
    if calibrator is None:
        return ""
    methods = {
        "none": "Probabilities are the model's own.",
        "temperature": "Probabilities are calibrated by one temperature, "
        f"{calibrator.temperature:.2f} (above 1: more cautious).",
        "isotonic": "Probabilities are calibrated by a monotone curve for each class.",
    }
    lines = ["## Probabilities", "", methods[calibrator.method]]
    if calibrator.cut_offs:
        lines += ["", "| A set holds the right class for | Classes of at least this probability |"]
        lines += ["|---|---|"]
        lines += [
            f"| {coverage:.0%} of patients like these | {least:.4f} |"
            for coverage, least in sorted(calibrator.cut_offs.items())
        ]
    return "\n".join(lines)


def by_class(result: FederationResult, federated: Figures) -> str:
    """Give precision, recall and F1 of each class."""
    if not federated:
        return ""
    lines = [
        "## By class",
        "",
        "| Class | Frequency | Rows trained on | Rows held out | Precision | Recall | F1 |",
        "|---|---|---|---|---|---|---|",
    ]
    for code, scores in federated["overall"]["by_class"].items():
        target = result.contract.classes[code]
        lines.append(
            f"| {target.name} ({code}) | {target.frequency} | "
            f"{result.summary.classes.get(code, 0)} | {scores['rows']} | "
            f"{number(scores['precision'])} | {number(scores['recall'])} | {number(scores['f1'])} |"
        )
    return "\n".join(lines)


def privacy(result: FederationResult, name: ModelName) -> str:
    """Give the formal promise, and beside it what an attack finds."""
    risk = risk_of(result.attacks.membership, name)
    one_percent = risk.at_one_percent if risk else None
    one_in_a_thousand = risk.at_one_in_a_thousand if risk else None
    strong = risk_of(result.attacks.likelihood, name)
    guessed = guessed_most(result.attacks, name)
    lines = [
        "## Privacy",
        "",
        "| | |",
        "|---|---|",
        f"| Epsilon | {epsilon_words(result.guarantees.get(name))} |",
        f"| Membership inference, AUC | {auc_words(risk)} |",
        f"| True-positive rate at 1% false positives | {rate_words(one_percent)} |",
        f"| True-positive rate at 0.1% false positives | {rate_words(one_in_a_thousand)} |",
        f"| The same against shadow models (likelihood ratio), AUC | {auc_words(strong)} |",
        f"| Attribute guessed from the rest of a record | {attribute_words(guessed)} |",
        "",
        f"{membership_meaning(risk)} {MEANING}",
    ]
    return "\n".join(lines)


def limits(result: FederationResult, name: ModelName) -> str:
    """Say what the figures do not cover."""
    lines = [
        "## Limits",
        "",
        "- Held-out rows come from the same hospitals and years as the training rows.",
        "- A class with few held-out rows has figures that a few patients decide.",
    ]
    if name not in result.guarantees:
        lines.append("- Trained without formal differential privacy.")
    if name in result.harmed:
        lines.append(
            f"- At {result.harmed[name]} of {len(result.hospitals)} hospitals their own model is "
            "better beyond chance (exact one-sided McNemar test at 5%); which ones, only they know."
        )
    lines += [f"- {each} was left out ({why})." for each, why in result.left_out.items()]
    return "\n".join(lines)
