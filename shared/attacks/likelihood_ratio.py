"""The likelihood-ratio attack: is the model surer of a row than models that never saw it.

Carlini et al. 2022, "Membership Inference Attacks From First Principles" (LiRA). Shadow models are
trained on random halves of a population. Of each row, the logit-scaled confidence in its right
class is taken to be normal, with one mean over the models that saw the row and another over those
that did not; a target model's confidence is then scored by how much likelier it is under the
first. With few shadow models all rows share a variance, as the paper advises.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

SMALLEST_VARIANCE = 1e-12


def online_scores(confidences: Floats, seen: Mask, target: Floats) -> Floats:
    """Return the log likelihood ratio of having been seen, per row.

    Parameters
    ----------
    confidences : array of shape (shadows, rows)
        Log-odds of each row's right class.
    seen : bool array of shape (shadows, rows)
        Whether the shadow model learned from the row; each row needs one of either kind.
    target : array of shape (rows,)
        The same of the model under attack.

    Returns
    -------
    array of shape (rows,)

    Raises
    ------
    ValueError
        When a row was seen by all shadow models or by none.
    """
    inside, outside = fitted(confidences, seen), fitted(confidences, ~seen)
    scores: Floats = log_density(target, *inside) - log_density(target, *outside)
    return scores


def offline_scores(confidences: Floats, seen: Mask, target: Floats) -> Floats:
    """Return how far the target lies above the models that did not see the row, in deviations.

    For an attacker who cannot train on the row; see `online_scores` for the parameters.
    """
    mean, variance = fitted(confidences, ~seen)
    scores: Floats = (target - mean) / np.sqrt(variance)
    return scores


def fitted(confidences: Floats, chosen: Mask) -> tuple[Floats, float]:
    """Return each row's mean over its chosen models, shape (rows,), and the common variance."""
    models = chosen.sum(axis=0)
    if not models.all():
        raise ValueError("each row must be seen by some shadow models and not by others")
    means: Floats = np.where(chosen, confidences, 0.0).sum(axis=0) / models
    squares = np.where(chosen, (confidences - means) ** 2, 0.0).sum()
    freedom = max(1, int((models - 1).sum()))
    return means, max(float(squares) / freedom, SMALLEST_VARIANCE)


def log_density(values: Floats, mean: Floats, variance: float) -> Floats:
    """Return the logarithm of a normal density, without its constant."""
    density: Floats = -((values - mean) ** 2) / (2 * variance) - 0.5 * np.log(variance)
    return density
