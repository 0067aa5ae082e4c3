"""The report of a run that explored: a page, its figures as SVG, its tables as CSV."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from server.exploration.answer import answer, columns_named, guarantee
from server.exploration.asking import FederatedExploration
from server.exploration.case_mix import Apart, all_pairs
from server.exploration.figures import Figures
from server.exploration.relations import Relations
from server.exploration.tables import MOST_TERMS_SHOWN, Tables
from server.exploration.telling import Telling, telling
from shared.exploration.exploration import merge_explorations
from shared.pages.drawing import Drawing
from shared.pages.labels import feature_label
from shared.pages.page import Table, environment, style, write_page
from shared.pages.words import Catalogue, Text, Words, count, decimal, joined
from shared.privacy.summary_vector import BINS

PAGE = "explore.html"


def write_report(found: FederatedExploration, out: Path, run: str = "", date: str = "") -> Path:
    """Write what hospitals told; the same exploration gives the same bytes.

    Parameters
    ----------
    out : Path
        Made where it does not exist.
    run, date : str
        Of the run, where there is one.

    Returns
    -------
    Path
        Of the page.

    Raises
    ------
    SettingsError
        When the folder cannot be written to.
    """
    say = Catalogue("server.exploration")
    smallest = max(each.smallest_cell for each in found.hospitals.values())
    features, pairs = telling(found), all_pairs(found)
    made = Tables(found, say)
    figures, tables = (
        figures_of(found, features, pairs, say),
        tables_of(found, features, pairs, say),
    )
    terms = made.terms()
    page = (
        environment("server.exploration")
        .get_template("exploration.html")
        .render(
            css=style(),
            say=say,
            text=lambda key, **values: say(
                f"text.{key}_noised" if found.is_noised else f"text.{key}", **values
            ),
            bins=BINS,
            kicker=say("kicker"),
            title=say("title", count=len(found.answered)),
            facts=facts(found, say, run, date, smallest),
            found=found,
            answer=answer(found, features, pairs, say),
            sections=sections(found, figures, bool(terms)),
            figures=figures,
            tables=tables,
            together=made.together(),
            terms=[
                (
                    name,
                    Table(table.name, table.titles, table.rows[:MOST_TERMS_SHOWN], table.numbers),
                    len(table.rows),
                )
                for name, table in terms
            ],
            smallest=smallest,
            telling_class=columns_named(found, say),
            label=feature_label,
            described=lambda name: found.contract.features[name].description,
            asked=asked(found, say, smallest),
            version=version("juntos"),
        )
    )
    every_table = [*tables.values(), *(table for _, table in terms)]
    return write_page(out, PAGE, page, all_drawings(figures), every_table)


def figures_of(
    found: FederatedExploration, features: list[Telling], pairs: list[Apart], say: Catalogue
) -> dict[str, object]:
    """Draw every figure of the page, by its section."""
    drawn = Figures(found, say)
    products = merge_explorations(found.hospitals.values()).products
    kinds = ("classes", "features") if pairs else ()
    return {
        "classes": drawn.classes(),
        "missing": drawn.missing(),
        "numbers": drawn.numbers(),
        "codes": drawn.codes(),
        "telling": drawn.telling(features) if features else None,
        "correlations": drawn.correlations(products) if products else None,
        "distances": [(kind, drawn.distances(pairs, kind)) for kind in kinds],
    }


def tables_of(
    found: FederatedExploration, features: list[Telling], pairs: list[Apart], say: Catalogue
) -> dict[str, Table]:
    """Write every table of the page, by its section."""
    made, related = Tables(found, say), Relations(found, say)
    return {
        "classes": made.classes(),
        "missing": made.missing(),
        "numbers": made.numbers(),
        "distributions": made.distributions(),
        "codes": made.codes(),
        "telling": related.telling(features),
        "correlations": related.correlations(),
        "distances": related.distances(pairs),
        "studies": made.studies(),
    }


def all_drawings(figures: dict[str, object]) -> list[Drawing]:
    """Return every figure of a page."""
    found: list[Drawing] = []
    for each in figures.values():
        if isinstance(each, Drawing):
            found.append(each)
        elif isinstance(each, list):
            found += [drawing for _, drawing in each]
    return found


def facts(
    found: FederatedExploration, say: Catalogue, run: str, date: str, smallest: int
) -> list[tuple[Words, Text]]:
    """Return what the page begins with."""
    patients = sum(each.patients for each in found.hospitals.values())
    known: list[tuple[str, Text]] = [
        ("run", run),
        ("date", date),
        ("contract", f"{found.contract.name} {found.contract.version}"),
        ("hospitals", count(len(found.answered))),
        ("patients", count(patients)),
        ("smallest", "" if found.is_noised else say("fact.smallest_value", count=smallest)),
        ("epsilon", guarantee(found) if found.is_noised else ""),
    ]
    return [(say(f"fact.{key}"), value) for key, value in known if value]


def sections(found: FederatedExploration, figures: dict[str, object], has_terms: bool) -> list[str]:
    """Return the page's sections in order; with noise, nothing is told by hospital or class."""
    shown = {
        "classes": True,
        "missing": True,
        "numbers": bool(figures["numbers"]),
        "codes": bool(figures["codes"]),
        "terms": has_terms,
        "telling": not found.is_noised,
        "correlations": bool(figures["numbers"]) and not found.is_noised,
        "case_mix": bool(figures["distances"]),
        "studies": not found.is_noised,
        "asked": True,
    }
    return [key for key, is_there in shown.items() if is_there]


def asked(found: FederatedExploration, say: Catalogue, smallest: int) -> list[Words]:
    """Say what was asked of whom, and what was done so that few patients are not told."""
    names = joined([*found.answered, *found.left_out])
    if found.is_noised:
        noise = say("text.private", epsilon=guarantee(found), deviation=decimal(found.deviation, 1))
        return [say("asked.six", names=names), noise, say("text.private_bins", count=BINS)]
    return [
        say("asked.six", names=names),
        say("asked.one"),
        say("asked.two"),
        say("asked.three", most=smallest - 1),
        say("asked.four", count=smallest),
        say("asked.five"),
    ]
