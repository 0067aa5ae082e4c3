"""Why a disease stands where it stands, and what to look for next."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from shared.knowledge.knowledge import Knowledge
from shared.ranking.answer import Finding, NextFinding, Reason
from shared.ranking.disease_sums import DiseaseSums

Floats = npt.NDArray[np.float64]
TERM_PAGE = "https://hpo.jax.org/browse/term/"
DISEASE_PAGES = {
    "OMIM": "https://omim.org/entry/",
    "ORPHA": "https://www.orpha.net/en/disease/detail/",
}
# How many cases an annotation counts as, beside the federation's.
ANNOTATION_CASES = 2.0
# A finding that fewer have is not missed; one that at least this share lacks is against.
FREQUENT, MOST = 0.3, 8
CEILING = 0.98
NEXT = 5
# Of a disease's code and a finding's column.
Sources = Callable[[str, int], tuple[str, ...]]
Three = tuple[tuple[Reason, ...], tuple[Reason, ...], tuple[Reason, ...]]


def disease_page(code: str) -> str:
    """Return the page about a disease; empty where nobody has one."""
    system, _, number = code.partition(":")
    return DISEASE_PAGES[system] + number if system in DISEASE_PAGES else ""


class Explainer:
    """What is known of findings in each disease, from annotations and cases together.

    Parameters
    ----------
    knowledge : Knowledge
    sums : DiseaseSums
    sources : callable
        Returns the publications that annotate a finding's column to a disease's code.
    """

    def __init__(self, knowledge: Knowledge, sums: DiseaseSums, sources: Sources) -> None:
        self._knowledge, self._sums, self._sources = knowledge, sums, sources

    def _publications(self, disease: int, column: int) -> tuple[str, ...]:
        return self._sources(self._knowledge.diseases[disease], column)

    def finding(self, column: int) -> Finding:
        """Return a finding with its page."""
        findings = self._knowledge.findings
        code = findings.codes[column]
        return Finding(code, findings.names[column], TERM_PAGE + code)

    def shares(self, disease: int) -> Floats:
        """Return the share of patients with each finding, of shape (findings,)."""
        annotated = ANNOTATION_CASES * float(self._knowledge.annotated[disease] > 0)
        cases = float(self._sums.sources[disease])
        total = annotated * self._knowledge.propagated[disease] + self._sums.above[disease]
        found: Floats = total.toarray()[0].astype(np.float64) / max(annotated + cases, 1e-9)
        return found.clip(0, CEILING)

    def reasons(self, disease: int, observed: Sequence[int], excluded: Sequence[int]) -> Three:
        """Return what matches, what is missing and what contradicts, the weightiest first."""
        shares, background = self.shares(disease), self._knowledge.background
        above = self._knowledge.findings.ancestors
        matching, against = [], []
        for column in observed:
            lying = above(column)
            known = lying[shares[lying] > 0]
            weights = np.log2((shares[known] + 1e-3) / (background[known] + 1e-3))
            if len(known) and weights.max() > 0:
                best = int(known[weights.argmax()])
                other = self.finding(best)
                own = Reason(
                    self.finding(column),
                    other,
                    float(shares[best]),
                    float(weights.max()),
                    self._publications(disease, best),
                )
                matching.append(own)
            else:
                against.append(Reason(self.finding(column), None, None, -1.0))
        for column in excluded:
            if shares[column] >= FREQUENT:
                weight = float(np.log2(1 - shares[column]))
                found = self.finding(column)
                sources = self._publications(disease, column)
                against.append(Reason(found, found, float(shares[column]), weight, sources))
        missing = self._missing(disease, shares, observed, excluded)
        matching.sort(key=lambda each: -each.weight)
        against.sort(key=lambda each: each.weight)
        return tuple(matching), missing, tuple(against)

    def _missing(
        self, disease: int, shares: Floats, observed: Sequence[int], excluded: Sequence[int]
    ) -> tuple[Reason, ...]:
        findings, information = self._knowledge.findings, self._knowledge.information
        there = {each for column in observed for each in findings.ancestors(column).tolist()}
        frequent = [
            column
            for column in np.flatnonzero(shares >= FREQUENT).tolist()
            if column not in there and column not in excluded
        ]
        frequent.sort(key=lambda column: -shares[column] * information[column])
        return tuple(
            Reason(
                self.finding(each),
                None,
                float(shares[each]),
                float(np.log2(1 - shares[each])),
                self._publications(disease, each),
            )
            for each in frequent[:MOST]
        )

    def next_findings(
        self, diseases: Sequence[int], weights: Floats, known: set[int]
    ) -> tuple[NextFinding, ...]:
        """Return the findings whose presence or absence is expected to tell most.

        Parameters
        ----------
        diseases : sequence of int
            The first candidates.
        weights : array of shape (diseases,)
            Their probabilities.
        known : set of int
            Findings that need not be asked for.
        """
        if len(diseases) < 2 or weights.sum() <= 0:
            return ()
        codes = self._knowledge.diseases
        shares = np.stack([self.shares(each) for each in diseases]).clip(0.01)
        weights = weights / weights.sum()
        present = weights @ shares
        gains = _entropy(weights[:, None])[0] - (
            present * _entropy(weights[:, None] * shares / present)
            + (1 - present) * _entropy(weights[:, None] * (1 - shares) / (1 - present))
        )
        gains[list(known)] = 0
        found = []
        for column in np.argsort(-gains)[:NEXT].tolist():
            if gains[column] <= 1e-6:
                break
            more = shares[:, column] > present[column]
            found.append(
                NextFinding(
                    finding=self.finding(column),
                    bits=float(gains[column]),
                    likely=float(present[column]),
                    raises=tuple(codes[d] for d, up in zip(diseases, more, strict=True) if up),
                    lowers=tuple(codes[d] for d, up in zip(diseases, more, strict=True) if not up),
                )
            )
        return tuple(found)


def _entropy(shares: Floats) -> Floats:
    safe = shares.clip(1e-12)
    found: Floats = -(shares * np.log2(safe)).sum(axis=0)
    return found
