"""What a committee's page says in sentences: the answer first, then what is asked of it."""

from __future__ import annotations

from server.committee.known import Known
from server.committee.shares import Share
from server.recorded.translating import recorded
from shared.pages.words import Catalogue, Words, count, decimal, joined


def lead(known: Known, say: Catalogue) -> Words:
    """Say in one paragraph what the run was, who was in it, and what came of it."""
    parts = [_who(known, say)]
    if known.figures is not None:
        parts.append(_how_good(known, say))
    if ranked := known.result.get("ranking"):
        numbers = {name: int(ranked[name]) for name in ("diseases", "training_cases")}
        parts.append(say("good.ranked", **numbers))
    if known.candidate is not None:
        parts.append(say(f"state.{known.candidate.state}", version=known.candidate.version))
    return joined(parts, " ")


def asked_of_you(known: Known, say: Catalogue) -> list[Words]:
    """Say what the committee is to do now; empty where nothing waits for it."""
    candidate, found = known.candidate, []
    if candidate is not None and candidate.state == "waits_for_approval":
        found.append(say("ask.decide", version=candidate.version))
        waits = candidate.decision.waits_for if candidate.decision else []
        found += [say("ask.sign", name=each) for each in waits]
    if candidate is not None and candidate.held:
        found.append(say("ask.held", why=recorded(candidate.held)))
    if known.line.run.status == "partial":
        found.append(say("ask.partial"))
    if known.line.run.status == "failed":
        found.append(say("ask.failed"))
    return found


def privacy(known: Known, say: Catalogue) -> list[Words]:
    """Say what was promised to patients, and what left the hospitals."""
    settings = known.line.run.settings.privacy
    found = [say("privacy.records")]
    if settings.guarantee == "differential":
        epsilon, delta = decimal(settings.epsilon, 2), f"{settings.delta:g}"
        found.append(say("privacy.differential", epsilon=epsilon, delta=delta))
        found.append(say("privacy.epsilon"))
    else:
        found.append(say(f"privacy.{settings.guarantee}"))
    return found


def limits(known: Known, say: Catalogue) -> list[Words]:
    """Say what the figures do not show."""
    found = []
    figures = known.figures
    if figures is None:
        found += [] if known.result.get("ranking") else [say("limit.no_figures")]
    else:
        found.append(say("limit.held_out", rows=count(figures.rows)))
        by_class = figures.overall.get("by_class") or {}
        none = [_class(known, code) for code, each in by_class.items() if not each["rows"]]
        few = [_class(known, code) for code, each in by_class.items() if Share.of(each).is_few]
        if none:
            found.append(say("limit.no_case", names=", ".join(none)))
        if few:
            found.append(say("limit.few", names=", ".join(few)))
        if not figures.alone_by_hospital:
            found.append(say("limit.no_own"))
    if known.left_out:
        found.append(say("limit.left_out", names=", ".join(known.left_out)))
    return found


def _class(known: Known, code: str) -> str:
    found = known.contract.classes.get(code)
    return found.name if found else code


def _who(known: Known, say: Catalogue) -> Words:
    line = known.line
    key = f"who_{line.kind}.{line.run.status}"
    if key not in say.texts["en"]:
        key = f"who.{line.kind}" if line.run.status == "completed" else f"who.{line.run.status}"
    everyone = {*known.took_part, *known.left_out, *known.joined}
    return say(
        key,
        run=line.run.id,
        kind=say(f"kind.{line.kind}"),
        hospitals=say("hospitals", count=len(known.took_part)),
        all=count(len(everyone)),
    )


def _how_good(known: Known, say: Catalogue) -> Words:
    figures = known.figures
    if figures is None or figures.accuracy is None:
        return say("good.not_judged")
    together = Share.of(figures.overall)
    low, high = together.bounds or (0.0, 1.0)
    said = say(
        "good.right",
        model=say(f"model.{figures.model}"),
        share=decimal(100 * figures.accuracy, 0),
        low=decimal(100 * low, 0),
        high=decimal(100 * high, 0),
        rows=count(figures.rows),
    )
    alone = Share.of(figures.alone)
    if alone.value is None:
        return said
    return joined([said, say("good.alone", share=decimal(100 * alone.value, 0))], " ")
