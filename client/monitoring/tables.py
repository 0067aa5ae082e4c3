"""Tables and figures of the drift report."""

from __future__ import annotations

from client.monitoring.findings import Findings
from shared.contract import CategoricalFeature, Contract, FlagFeature, TermsFeature
from shared.drift import PartDrift
from shared.drift.compared import REST
from shared.errors import JuntosError
from shared.ontology import terminology
from shared.pages.charts import Bar, bars
from shared.pages.drawing import Drawing
from shared.pages.labels import class_label, code_label, feature_label
from shared.pages.page import Table
from shared.pages.words import Catalogue, Text, Words, decimal, joined, percent

MOST_BARS = 30
MOST_TERMS = 15
MOST_NAMED = 6


class DriftTables:
    """What the report shows.

    Parameters
    ----------
    contract : Contract
        As the model sees it.
    findings : Findings
    say : Catalogue
    """

    def __init__(self, contract: Contract, findings: Findings, say: Catalogue) -> None:
        self.contract = contract
        self.findings = findings
        self.say = say

    def name(self, part: PartDrift) -> Text:
        """Return what is compared, in words."""
        if not part.feature:
            return self.say(part.part)
        label = feature_label(part.feature)
        return joined([label, self._term(part)], ": ") if part.code else label

    def how(self, part: PartDrift) -> Text:
        """Return what of it is compared."""
        return self.say(part.part)

    def features(self) -> Drawing | None:
        """Draw the distance of each feature beside its cut-off; the furthest first."""
        judged = [each for each in self.findings.drift if each.psi is not None and each.feature]
        judged.sort(key=_ratio, reverse=True)
        if not judged:
            return None
        rows = [
            Bar(
                joined([self.name(each), self.how(each)], ", "),
                each.psi or 0.0,
                joined([decimal(each.psi or 0.0, 3), self.say(f"state.{each.state}")], "  "),
                each.psi_limit,
            )
            for each in judged[:MOST_BARS]
        ]
        title = self.say("figure.features")
        return bars(Drawing("features", title, self.say("figure.described")), rows)

    def comparisons(self) -> Table:
        """Return all comparisons."""
        titles = ("feature", "what", "state", "rows", "psi", "psi_limit", "js", "js_limit")
        rows = [
            [
                self.name(each),
                self.how(each),
                self.say(f"state.{each.state}"),
                f"{each.rows:.0f}",
                *(
                    "" if value is None else decimal(value, 3)
                    for value in (
                        each.psi,
                        each.psi_limit,
                        each.jensen_shannon,
                        each.jensen_shannon_limit,
                        each.chi_squared,
                        each.chi_squared_limit,
                    )
                ),
                "" if each.p_value is None else decimal(each.p_value, 5),
            ]
            for each in sorted(self.findings.drift, key=_ratio, reverse=True)
        ]
        return self._table("comparisons", (*titles, "chi", "chi_limit", "p"), rows, range(3, 11))

    def changed(self) -> list[tuple[Text, Table]]:
        """Return the shares of what drifted; the terms of a feature are in one table."""
        found: list[tuple[Text, Table]] = []
        for number, parts in enumerate(self.together(), 1):
            first = parts[0]
            if first.part == "term":
                rows = [self._row(self._term(each), each, -1) for each in parts[:MOST_TERMS]]
            else:
                rows = [
                    self._row(self._cell(first, cell), first, place)
                    for place, cell in enumerate(first.cells)
                ]
            table = self._table(f"changed_{number}", ("cell", "training", "window"), rows, (1, 2))
            found.append((self._title(first), table))
        return found

    def together(self) -> list[list[PartDrift]]:
        """Return what drifted, the clearest first; the terms of a feature together."""
        groups: dict[tuple[str, str], list[PartDrift]] = {}
        for each in self.findings.drifted:
            groups.setdefault((each.feature, each.part), []).append(each)
        return list(groups.values())

    def _title(self, part: PartDrift) -> Text:
        if not part.feature:
            return self.say(part.part)
        return joined([feature_label(part.feature), self.how(part)])

    def _row(self, name: Text, part: PartDrift, place: int) -> list[Text]:
        return [name, percent(part.reference[place]), percent(part.window[place])]

    def recall(self) -> Table:
        """Return the recall of each disease that was confirmed."""
        rows: list[list[Text]] = [
            [
                each.name,
                each.code,
                str(each.confirmed),
                *(
                    "" if value is None else percent(value)
                    for value in (each.value, each.low, each.high)
                ),
                percent(each.least) if each.least else self.say("no_limit"),
                self.say(f"state.{each.state}"),
            ]
            for each in self.findings.confirmed.recall
        ]
        titles = ("disease", "code", "confirmed", "recall", "low", "high", "least", "state")
        return self._table("recall", titles, rows, range(2, 7))

    def _table(
        self,
        name: str,
        titles: tuple[str, ...],
        rows: list[list[Text]],
        numbers: range | tuple[int, ...],
    ) -> Table:
        words = [self.say(f"column.{title}") for title in titles]
        return Table(name, words, rows, frozenset(numbers))

    def _term(self, part: PartDrift) -> str:
        feature = self.contract.features[part.feature]
        if not isinstance(feature, TermsFeature):
            return part.code
        try:
            name = terminology(feature.code_system).name(part.code)
        except (JuntosError, KeyError):
            return part.code
        return f"{name} ({part.code})"

    def _cell(self, part: PartDrift, cell: str) -> Text:
        if cell == REST:
            return self.say("rest")
        if part.part == "classes":
            return class_label(self.contract, cell)
        feature = self.contract.features.get(part.feature)
        if isinstance(feature, CategoricalFeature | FlagFeature) and part.part == "values":
            return code_label(feature, cell, self.say)
        if part.part == "missing":
            return self.say("missing") if cell == "missing" else self.say("values")
        if part.part == "term":
            return self.say("yes") if cell == "with" else self.say("no")
        return cell.replace("..", "\N{EN DASH}")


def _ratio(part: PartDrift) -> float:
    """Return how far beyond its cut-off something is."""
    return (part.psi or 0.0) / part.psi_limit if part.psi_limit else 0.0


def lead(findings: Findings, say: Catalogue) -> Words:
    """Return the sentence that readers come for."""
    if findings.drifted:
        return say("answer.attention_drift", count=findings.rows)
    if findings.state == "attention":
        return say("answer.attention_performance")
    return say(f"answer.{findings.state}", count=findings.rows, least=findings.least_rows)


def points(tables: DriftTables, rate: float) -> list[Words]:
    """Return what readers should know beside it."""
    findings, say = tables.findings, tables.say
    named = [
        say(
            "answer.changed",
            name=feature_label(parts[0].feature),
            how=say("terms", count=len(parts)) if parts[0].part == "term" else tables.how(parts[0]),
        )
        for parts in tables.together()
        if parts[0].feature
    ]
    if len(named) > MOST_NAMED:
        named = [*named[:MOST_NAMED], say("more", count=len(named) - MOST_NAMED)]
    found = [say("answer.features", names=joined(named))] if named else []
    found += [say(f"answer.{each.part}") for each in findings.drifted if not each.feature]
    found += _performance(findings, say)
    if findings.reference_is_noised:
        found.append(say("answer.noise"))
    return [*found, say("answer.chance", windows=round(1 / rate))]


def _performance(findings: Findings, say: Catalogue) -> list[Words]:
    found = []
    estimate, confirmed = findings.estimate, findings.confirmed
    if estimate is not None:
        shares = {"now": estimate.accuracy, "low": estimate.low, "high": estimate.high}
        if estimate.state == "fallen":
            shares["before"] = estimate.at_first or 0.0
        key = "fallen" if estimate.state == "fallen" else "estimate"
        found.append(
            say(f"answer.{key}", **{name: percent(value) for name, value in shares.items()})
        )
    if findings.low_recall:
        names = {each.code: each.name for each in confirmed.recall}
        found.append(
            say("answer.low_recall", names=joined(names[code] for code in findings.low_recall))
        )
    if confirmed.accuracy is None or confirmed.low is None or confirmed.high is None:
        return [*found, say("answer.not_confirmed")]
    return [
        *found,
        say(
            "answer.confirmed",
            count=confirmed.confirmed,
            value=percent(confirmed.accuracy),
            low=percent(confirmed.low),
            high=percent(confirmed.high),
        ),
    ]
