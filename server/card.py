"""The model card: what people should know of a model before they use it (Mitchell et al. 2019)."""

from __future__ import annotations

from server.federation_result import FederationResult
from server.results import Figures, comparison
from shared.run_settings import ModelName

HUMAN_NAMES: dict[ModelName, str] = {
    "neural_network": "Neural network",
    "boosted_trees": "Boosted trees",
    "random_forest": "Random forest",
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
        limits(result),
    ]
    return "\n\n".join(sections) + "\n"


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
    labels = {
        "accuracy": "Accuracy",
        "macro_f1": "Macro F1",
        "auc": "Area under the ROC curve",
        "top_3": "Right class among the first three",
        "expected_calibration_error": "Expected calibration error",
    }
    lines += [f"| {label} | {number(scores[key])} |" for key, label in labels.items()]
    lines += ["", "| Hospital | Rows | Accuracy | AUC |", "|---|---|---|---|"]
    lines += [
        f"| {name} | {each['rows']} | {number(each['accuracy'])} | {number(each['auc'])} |"
        for name, each in federated["by_hospital"].items()
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


def limits(result: FederationResult) -> str:
    """Say what the figures do not cover."""
    lines = [
        "## Limits",
        "",
        "- Held-out rows come from the same hospitals and years as the training rows.",
        "- Trained without formal differential privacy.",
        "- A class with few held-out rows has figures that a few patients decide.",
    ]
    lines += [f"- {name} was left out ({why})." for name, why in result.left_out.items()]
    return "\n".join(lines)
