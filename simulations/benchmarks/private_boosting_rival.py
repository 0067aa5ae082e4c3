"""The rival of private trees: interpret's private explainable boosting machine, on all rows."""

from __future__ import annotations

import importlib.util
import warnings

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.bool_]


def is_installed() -> bool:
    """Return whether it can be measured here; it comes with ``juntos[rivals]``."""
    return importlib.util.find_spec("interpret") is not None


def rival_area(
    training: tuple[Floats, Labels],
    test: tuple[Floats, Labels],
    epsilon: float,
    delta: float,
    seed: int,
) -> float:
    """Return the area under its curve (Nori et al. 2021), which sees all rows in one place.

    Parameters
    ----------
    training, test : tuple of arrays
        Yes-or-no features, shape (rows, columns), and whether a row is of the class.
    """
    from interpret.privacy import DPExplainableBoostingClassifier

    features, labels = training
    columns = features.shape[1]
    with warnings.catch_warnings():
        # It warns that it takes the two values of a column from the data; those are public here.
        warnings.simplefilter("ignore")
        model = DPExplainableBoostingClassifier(
            epsilon=epsilon,
            delta=delta,
            random_state=seed,
            n_jobs=1,
            feature_types=["nominal"] * columns,
        )
        model.fit(features, labels)
        answers = model.predict_proba(test[0])[:, 1]
    return float(roc_auc_score(test[1], answers))
