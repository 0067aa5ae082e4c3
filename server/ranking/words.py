"""What is said of a learned engine: its card, and a run's figures in words."""

from __future__ import annotations

from server.ranking.figures import RankingFigures, Share
from server.ranking.found import FoundRanking
from shared.run_settings import RunSettings

GROUP_WORDS = {
    "all": "all",
    "with_cases": "disease with cases in training",
    "rare": "disease with one to nine of them",
    "without_cases": "disease without any",
}


def share_words(found: Share) -> str:
    """Return a share with its interval; words where there is no case."""
    if found.value is None or found.low is None or found.high is None:
        return "no cases"
    return f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"


def figure_lines(figures: RankingFigures) -> list[str]:
    """Return a line for each group of held-out cases."""
    lines = []
    for group, words in GROUP_WORDS.items():
        top = figures.top["federated"][group]
        if not top["top_1"].cases:
            continue
        parts = ", ".join(
            f"{name}: {share_words(top[key])}"
            for name, key in (("first", "top_1"), ("among three", "top_3"), ("ten", "top_10"))
        )
        alone = figures.top["matching"][group]["top_1"]
        lines.append(
            f"{words} ({top['top_1'].cases} cases): {parts}; by matching alone first: "
            f"{share_words(alone)}"
        )
    return lines


def card_of(run: str, settings: RunSettings, found: FoundRanking) -> str:
    """Return the engine's card."""
    figures = found.figures
    lines = "\n".join(f"- {each}" for each in figure_lines(figures))
    return f"""\
# {run}/disease_ranking

Ranks {len(found.diseases)} diseases by findings. It weighs what is published of them with what
{len(found.hospitals)} hospitals have seen: {found.training_cases} training cases of
{found.diseases_with_cases} diseases{_small(settings)}. {_in_vain(settings)}

Right disease on held-out cases, with 95% intervals:

{lines or "- nobody told of held-out cases"}
{_trust(settings, figures)}

Cases that a publication describes are easier than others: annotations are written from them.
Prevalence is each hospital's own statement, and enters where it answers.
"""


def _trust(settings: RunSettings, figures: RankingFigures) -> str:
    privacy = settings.privacy
    if privacy.is_private:
        return f"""\
- probabilities are how often the right disease stood at a place, for patients whose findings say as
  much; no set is promised

Every patient is promised epsilon {privacy.epsilon:g} at delta {privacy.delta:g}: counts, sums and
these figures carry noise, which the intervals hold."""
    calibration = figures.calibration_error
    return f"""\
- in the prediction set: {share_words(figures.in_set)}; answered at all:
  {share_words(figures.answered)}, and of these rightly: {share_words(figures.right_of_answered)}
- calibration error of the first disease's probability:
  {"unknown" if calibration is None else f"{calibration:.3f}"}"""


def _in_vain(settings: RunSettings) -> str:
    used = settings.ranking.excluded and not settings.privacy.is_private
    how = "count as evidence against" if used else "are not used"
    return f"Findings that were looked for in vain {how}."


def _small(settings: RunSettings) -> str:
    if settings.privacy.is_private:
        return " that stand out of the noise, in sums of all hospitals"
    if settings.privacy.masks:
        return ", as secret sums of all hospitals"
    return " (each hospital keeps diseases of too few patients back)"
