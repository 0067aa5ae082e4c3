"""How suspicious a recorded diagnosis is, from what models say that did not learn from it.

Confident learning (Northcutt, Jiang and Chuang 2021, Journal of Artificial Intelligence Research
70), as cleanlab implements it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from client.data_quality.hospital_rows import Mask, Numbers
from shared.contract import Contract

SMALLEST = 1e-6
FEWEST_ROWS = 10
# Another diagnosis must be so many times as probable as the recorded one.
AT_LEAST = 3.0


def suspicion(
    contract: Contract, labels: npt.NDArray[np.object_], probabilities: Numbers
) -> Numbers:
    """Return how probable it is that each diagnosis is wrong.

    Parameters
    ----------
    labels : object array of shape (rows,)
        Class codes, leaf or coarser; a coarse one is right where any leaf below it is.
    probabilities : float64 array of shape (rows, leaves)
        Of models that did not learn from the row.

    Returns
    -------
    float64 array of shape (rows,)
        From 0 to 1.
    """
    inside = contract.membership(list(labels))
    right = (probabilities * inside).sum(axis=1)
    return np.asarray(1.0 - np.clip(right, 0.0, 1.0), dtype=np.float64)


def likely_wrong(
    contract: Contract, labels: npt.NDArray[np.object_], probabilities: Numbers
) -> Mask:
    """Say which diagnoses are likely wrong, by confident learning.

    Judged among the coarsest classes, where there are several of them: between grades of one
    disease, models are not sure enough to doubt a clinician.
    """
    from cleanlab.filter import find_label_issues

    groups = contract.groups
    given = np.array([groups.index(contract.group_of(str(label))) for label in labels])
    summed = probabilities @ contract.membership(groups).T.astype(np.float64)
    # Of a class with a handful of patients, no model here knows what is usual.
    counts = np.bincount(given, minlength=len(groups))
    present = np.flatnonzero(counts >= FEWEST_ROWS)
    judged = np.isin(given, present)
    found = np.zeros(len(labels), dtype=np.bool_)
    if len(present) < 2:
        return found
    shares = np.clip(summed[judged][:, present], SMALLEST, None)
    shares /= shares.sum(axis=1, keepdims=True)
    places = np.searchsorted(present, given[judged])
    issues = find_label_issues(places, shares, filter_by="both", n_jobs=1)
    doubted = shares[np.arange(len(places)), places] * AT_LEAST <= shares.max(axis=1)
    found[judged] = np.asarray(issues, dtype=np.bool_) & doubted
    return found


def at_this_hospital(
    contract: Contract,
    labels: npt.NDArray[np.object_],
    probabilities: Numbers,
    folds: int = 10,
    seed: int = 0,
) -> Numbers:
    """Return what shared models say, brought to the frequencies of this hospital's own patients.

    A federation's models know the prevalence of all hospitals together. Here each class's
    probability is changed by what the hospital's rows show of it; the correction of a row is
    learned from the other folds, so that no row speaks for itself.

    Returns
    -------
    float64 array of shape (rows, leaves)
        Each row sums to one. Two leaves: logistic regression on the log-odds (Platt 1999), which
        also corrects models that are too sure; more: a factor for each leaf, so that the mean
        probability is the leaf's share. Unchanged where there are fewer than ten rows of a leaf.
    """
    from sklearn.model_selection import KFold, StratifiedKFold

    leaves = contract.leaves
    known = np.array([leaves.index(label) if label in leaves else -1 for label in labels])
    counts = np.bincount(known[known >= 0], minlength=len(leaves))
    found = np.clip(probabilities, SMALLEST, None)
    if (len(leaves) == 2 and counts.min() < FEWEST_ROWS) or counts.sum() < FEWEST_ROWS:
        return probabilities
    stratified = len(leaves) == 2 and (known >= 0).all()
    kind = StratifiedKFold if stratified else KFold
    correct = _by_log_odds if len(leaves) == 2 else _by_shares
    result = np.empty_like(found)
    for train, test in kind(folds, shuffle=True, random_state=seed).split(found, known):
        train = train[known[train] >= 0]
        result[test] = correct(found[train], known[train], found[test])
    return result


def _by_log_odds(train: Numbers, labels: npt.NDArray[np.intp], test: Numbers) -> Numbers:
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression().fit(_log_odds(train), labels)
    return np.asarray(fitted.predict_proba(_log_odds(test)), dtype=np.float64)


def _log_odds(probabilities: Numbers) -> Numbers:
    share = np.clip(probabilities[:, [1]] / probabilities.sum(axis=1, keepdims=True), 0.01, 0.99)
    odds: Numbers = np.log(share / (1 - share))
    return odds


def _by_shares(train: Numbers, labels: npt.NDArray[np.intp], test: Numbers) -> Numbers:
    counts = np.bincount(labels, minlength=train.shape[1])
    # One patient of each class more, as the models expect them: rare classes are no surprise.
    expected = train.sum(axis=0)
    factors = (counts + 1.0) / (expected + 1.0)
    moved: Numbers = test * factors
    moved /= moved.sum(axis=1, keepdims=True)
    return moved


def together(probabilities: list[Numbers]) -> Numbers:
    """Return what several models say together: the mean of their log-odds against nothing else.

    Parameters
    ----------
    probabilities : list of float64 array of shape (rows, classes)

    Returns
    -------
    float64 array of shape (rows, classes)
        The geometric mean, each row summing to one.
    """
    logs = np.mean([np.log(np.clip(each, 0.01, 0.99)) for each in probabilities], axis=0)
    found = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(found / found.sum(axis=1, keepdims=True), dtype=np.float64)
