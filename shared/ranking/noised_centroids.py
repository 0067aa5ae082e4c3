"""What stays of the cases' evidence under a formal guarantee: counts and sums with noise.

Each case is a vector of length 1, its findings with all above them by information content, and one
of its disease's count. Diseases whose noised count stands out of the noise are kept, and their
noised sums are pulled back to what is expected of any disease's patients, the more the noisier they
are (James and Stein 1961 give the idea; here the spread of the cosine is known beforehand). Beside
stands knowledge alone, whose first diseases have places of their own in the list.

The constants were chosen on folds of one file of published cases and looked at no other; nothing
here looks at a record, so that it costs nothing beyond what was spent on counts and sums.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from shared.knowledge.knowledge import Knowledge
from shared.knowledge.matching import unit_rows
from shared.knowledge.terms import Matrix

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
# How much of what may be spent goes to counts, beside 1 for sums: these are worth more.
COUNTED = 0.7**2
# A count must stand out of the noise of 8,000 diseases.
DEVIATIONS = 3.0
# How alike two patients of a disease are before anything is known of it: mean and spread of the
# cosine, and how much the mean moves with what knowledge says, in its standard deviations.
LIKENESS, SPREAD, BY_KNOWLEDGE = 0.2, 0.09, 0.02
FARTHEST = (-3.0, 8.0)
# How much the logarithm of the number of cases weighs: more patients have the more frequent ones.
BY_NUMBER = 0.04
# Places of the list that diseases without enough cases get, by knowledge alone.
PLACES_OF_KNOWLEDGE = (3, 6, 8, 9)
LISTED = 10
# Numbers of one sum are sent at once, as one patient must be in one answer only.
MOST_KEPT = 400


@dataclass(frozen=True)
class NoisedCentroids:
    """Diseases that stand out, and the sums of their cases.

    Attributes
    ----------
    rows : int array of shape (kept,)
        Among the candidates.
    cases : array of shape (kept,)
        Noised counts.
    sums : array of shape (kept, findings)
        Noised sums of cases of length 1.
    deviation : float
        Of each number in `sums`.
    """

    rows: Rows
    cases: Floats
    sums: Floats
    deviation: float

    def scores(self, units: Matrix, fixed: Floats) -> Floats:
        """Return how alike cases are to the diseases' own, of shape (cases, kept)."""
        number = self.cases[None]
        believed = number * SPREAD**2 / (number**2 * SPREAD**2 + self.deviation**2)
        spread = fixed.std(axis=1, keepdims=True) + 1e-6
        fit = (fixed - fixed.mean(axis=1, keepdims=True)) / spread
        expected = LIKENESS + BY_KNOWLEDGE * fit[:, self.rows].clip(*FARTHEST)
        found = expected + believed * (units @ self.sums.T - number * expected)
        return np.asarray(found + BY_NUMBER * np.log(number), dtype=np.float32)

    def listed(self, units: Matrix, fixed: Floats) -> Rows:
        """Return the first ten diseases of each case, -1 where there are no more."""
        by_cases = np.argsort(-self.scores(units, fixed), axis=1, kind="stable")[:, :LISTED]
        others = fixed.copy()
        others[:, self.rows] = -np.inf
        return taking_turns(self.rows[by_cases], first_by_knowledge(others))


def kept_rows(counts: npt.NDArray[np.float64], deviation: float) -> Rows:
    """Return the diseases whose noised counts stand out, the most frequent ones if too many do."""
    kept = np.flatnonzero(counts > DEVIATIONS * deviation)
    most = kept[np.argsort(-counts[kept], kind="stable")[:MOST_KEPT]]
    return np.sort(most)


def unit_cases(knowledge: Knowledge, observed: Matrix) -> Matrix:
    """Return cases as vectors of length 1 over findings, or of length 0 without any."""
    above = knowledge.findings.with_ancestors(observed)
    return unit_rows(sparse.csr_matrix(above @ sparse.diags(knowledge.information)))


def summed_units(units: Matrix, rows: Rows, kept: Rows) -> npt.NDArray[np.float64]:
    """Return the sums of cases by kept disease, of shape (kept, findings)."""
    place = {row: number for number, row in enumerate(kept.tolist())}
    inside = [number for number, row in enumerate(rows.tolist()) if row in place]
    places = [place[row] for row in rows[inside].tolist()]
    chooser = sparse.csr_matrix(
        (np.ones(len(inside)), (places, inside)), shape=(len(kept), len(rows))
    )
    return np.asarray((chooser @ units).todense(), dtype=np.float64)


def first_by_knowledge(fixed: Floats) -> Rows:
    """Return the first ten diseases by a score; -1 for those of minus infinity."""
    width = min(LISTED, fixed.shape[1])
    first = np.argpartition(-fixed, width - 1, axis=1)[:, :width]
    values = np.take_along_axis(fixed, first, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    found = np.where(np.isfinite(values), first, -1)
    return np.asarray(np.take_along_axis(found, order, axis=1), dtype=np.int64)


def taking_turns(by_cases: Rows, by_knowledge: Rows) -> Rows:
    """Put two lists of each case into one, by places that are known beforehand."""
    found = np.full((len(by_cases), LISTED), -1, dtype=np.int64)
    for row, (cases, knowledge) in enumerate(zip(by_cases, by_knowledge, strict=True)):
        first, second = [each for each in cases if each >= 0], [k for k in knowledge if k >= 0]
        for place in range(LISTED):
            own, other = (second, first) if place in PLACES_OF_KNOWLEDGE else (first, second)
            if own or other:
                found[row, place] = (own or other).pop(0)
    return found


def places_of(listed: Rows, truth: Rows) -> Rows:
    """Return the place of the right disease from 0; `LISTED` where it is not in the list."""
    right = (listed == truth[:, None]) & (truth[:, None] >= 0)
    return np.where(right.any(axis=1), right.argmax(axis=1), LISTED)


def noise_of(mu_squared: float) -> tuple[float, float]:
    """Divide what may be spent; return the noise of counts and of sums, in sensitivities."""
    whole = 1 + COUNTED
    return math.sqrt(whole / (mu_squared * COUNTED)), math.sqrt(whole / mu_squared)
