"""The likelihood-ratio attack on confidences that are drawn as it supposes."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from shared.attacks.likelihood_ratio import offline_scores, online_scores

SHADOWS, ROWS = 16, 600


def drawn(
    shift: float, deviation: float, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Rows of very different difficulty; a model is surer by `shift` of those it has seen."""
    generator = np.random.default_rng(seed)
    difficulty = generator.normal(0, 5, ROWS)
    seen = np.array([generator.permutation(SHADOWS + 1) < SHADOWS // 2 for _ in range(ROWS)]).T
    noise = generator.normal(0, deviation, (SHADOWS + 1, ROWS))
    confidences = difficulty + shift * seen + noise
    return confidences[1:], seen[1:], confidences[0], seen[0]


def test_difficulty_hides_from_the_loss_what_shadow_models_see() -> None:
    confidences, seen, target, truth = drawn(1.0, 0.3, 0)
    assert roc_auc_score(truth, target) < 0.65
    assert roc_auc_score(truth, online_scores(confidences, seen, target)) > 0.97
    assert roc_auc_score(truth, offline_scores(confidences, seen, target)) > 0.95


def test_a_model_that_treats_rows_alike_gives_nothing_away() -> None:
    confidences, seen, target, truth = drawn(0.0, 0.3, 1)
    assert roc_auc_score(truth, online_scores(confidences, seen, target)) == pytest.approx(
        0.5, abs=0.07
    )


def test_scores_are_the_log_likelihood_ratio() -> None:
    confidences = np.array([[1.0], [3.0], [0.0], [2.0]])
    seen = np.array([[True], [True], [False], [False]])
    # Means 2 and 1, variance 2 in both.
    found = online_scores(confidences, seen, np.array([2.0]))
    assert found == pytest.approx([0.25])
    assert offline_scores(confidences, seen, np.array([2.0])) == pytest.approx([1 / np.sqrt(2)])


def test_a_row_that_every_model_saw_is_refused() -> None:
    with pytest.raises(ValueError, match="seen by some"):
        online_scores(np.zeros((3, 1)), np.ones((3, 1), dtype=bool), np.zeros(1))
