"""Writes the page: the answer, what is asked, who, how good, privacy, decision, limits, words."""

from __future__ import annotations

from importlib.metadata import version

from server.committee import sentences, tables
from server.committee.figure import Pair, pairs_figure
from server.committee.known import Known, known_of
from server.committee.shares import Share
from server.home import CoordinatorHome
from server.recorded.translating import recorded
from shared.pages.drawing import Drawing
from shared.pages.page import environment, style
from shared.pages.words import Catalogue, Text, Words

PACKAGE = "server.committee"
# Terms that the page uses, each explained at its end.
GLOSSARY = ("federated", "held_out", "interval", "recall", "epsilon", "gate")


def committee_page(home: CoordinatorHome, run: str) -> str:
    """Return the page about a run, in English and Spanish, as it stands now.

    Raises
    ------
    SettingsError
        When there is no run of this name.
    """
    return page_of(known_of(home, run))


def page_of(known: Known) -> str:
    """Return the page as text; the same run gives the same text."""
    say = Catalogue(PACKAGE)
    decision = known.candidate.decision if known.candidate else None
    concerns = known.candidate.concerns if known.candidate else []
    page: str = (
        environment(PACKAGE)
        .get_template("committee.html")
        .render(
            css=style(),
            say=say,
            kicker=say("kicker", federation=known.federation),
            title=say("title", run=known.line.run.id),
            facts=_facts(known, say),
            lead=sentences.lead(known, say),
            asked=sentences.asked_of_you(known, say),
            hospitals=tables.hospitals(known, say),
            is_judged=known.figures is not None,
            pairs=_figure(known, say),
            by_hospital=tables.by_hospital(known, say),
            by_class=tables.by_class(known, say),
            ranking=tables.ranking(known, say),
            patients=_of_100(known, say),
            privacy=sentences.privacy(known, say),
            decision=decision.sentence if decision else None,
            reasons=[] if decision is None else [*decision.reasons, *concerns],
            steps=tables.steps(known, say),
            deployed=tables.deployed(known, say),
            limits=sentences.limits(known, say),
            glossary=[(say(f"term.{each}"), say(f"meaning.{each}")) for each in GLOSSARY],
            version=version("juntos"),
        )
    )
    return page


def _facts(known: Known, say: Catalogue) -> list[tuple[Words, Text]]:
    run, asked = known.line.run, known.line.asked
    ended = run.ended_at[:16].replace("T", " ") if run.ended_at else say("fact.goes_on")
    found: list[tuple[Words, Text]] = [
        (say("fact.kind"), say(f"kind.{known.line.kind}")),
        (say("fact.began"), run.started_at[:16].replace("T", " ")),
        (say("fact.ended"), ended),
        (say("fact.status"), say(f"status.{run.status}")),
    ]
    if asked is not None:
        found.append((say("fact.why"), recorded(asked.reason)))
    return found


def _figure(known: Known, say: Catalogue) -> Drawing | None:
    figures = known.figures
    if figures is None or not figures.by_hospital:
        return None
    own = figures.alone_by_hospital
    rows = [
        Pair(name, Share.of(each), Share.of(own.get(name)))
        for name, each in figures.by_hospital.items()
    ]
    rows.append(Pair(say("figure.all"), Share.of(figures.overall), Share.of(figures.alone)))
    return pairs_figure("right", say("figure.title"), rows, say)


def _of_100(known: Known, say: Catalogue) -> list[Words]:
    figures = known.figures
    if figures is None or figures.accuracy is None:
        return []
    found = [say("patients.first", share=Share.of(figures.overall).words(say))]
    top_3 = Share.of(figures.overall, "top_3")
    if top_3.value is not None:
        found.append(say("patients.three", share=top_3.words(say)))
    return found
