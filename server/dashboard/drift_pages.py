"""Drift: which hospital's features moved, now and over time, and what it means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import Response

from server.dashboard.figures.beginning import figure, shade
from server.dashboard.figures.heat import HeatCell, heat_over_time
from server.dashboard.frame import Dashboard
from server.dashboard.watches import OF_FEATURES, WatchDay, recent_days
from server.dashboard.wording import Wording
from server.enrolment.hospitals import list_hospitals
from shared.pages.labels import feature_label
from shared.watch.verdict import FEDERATION, WatchVerdict

PERIODS = (14, 60, 180)
SHADES = 4
# Of these kinds there is no row of the map: they are about answers, not about one feature.
OTHERS = ("label", "score", "performance")


@dataclass(frozen=True)
class DriftPage:
    """What the page shows.

    Attributes
    ----------
    days : sequence of WatchDay
        Of the period, the oldest first.
    day : WatchDay
        The one that is looked at.
    hospitals : list of str
    features : list of str
    hospital, feature : str
        What is looked at closely; empty for the whole map.
    """

    days: Sequence[WatchDay]
    day: WatchDay
    hospitals: list[str]
    features: list[str]
    hospital: str
    feature: str

    @property
    def place(self) -> int:
        """Where the day is among the days."""
        return self.days.index(self.day)

    @property
    def shown(self) -> str:
        """Whose features are shown over time; empty for one feature at all hospitals."""
        if self.hospital or self.feature:
            return self.hospital
        return next((each.hospital for each in self.day.alarms()), FEDERATION)

    @property
    def alarms(self) -> list[WatchVerdict]:
        """Alarms of the day, of the hospital and feature that are looked at."""
        return [
            each
            for each in self.day.alarms()
            if (not self.hospital or each.hospital == self.hospital)
            and (not self.feature or each.feature == self.feature)
        ]

    @property
    def others(self) -> list[WatchVerdict]:
        """What the day says of diagnoses, scores and performance."""
        names = [self.hospital] if self.hospital else [FEDERATION, *self.hospitals]
        return [
            each
            for name in names
            for each in self.day.verdicts.get(name, [])
            if each.kind in OTHERS
        ]

    def verdict(self, hospital: str, feature: str) -> WatchVerdict | None:
        """Return what the day says of one cell of the map."""
        return self.day.of(hospital, feature)

    @staticmethod
    def strength(verdict: WatchVerdict) -> int:
        """Return how strong a cell's colour is, in steps."""
        return min(round(shade(verdict.score) * SHADES), SHADES)


def drift_routes(dashboard: Dashboard) -> APIRouter:
    """Return the route of drift."""
    router = APIRouter()

    @router.get("/drift")
    def drift(
        request: Request, hospital: str = "", feature: str = "", run: str = "", days: int = 60
    ) -> Response:
        wording = dashboard.wording(request)
        period = days if days in PERIODS else PERIODS[1]
        found = recent_days(dashboard.engine, period)
        if not found:
            return dashboard.show(request, "drift", found=None, period=period)
        page = _page(dashboard, found, hospital, feature, run)
        return dashboard.show(
            request,
            "drift",
            found=page,
            period=period,
            periods=PERIODS,
            label=feature_label,
            over_time=_over_time(page, wording),
        )

    return router


def _page(
    dashboard: Dashboard, days: Sequence[WatchDay], hospital: str, feature: str, run: str
) -> DriftPage:
    joined = [each.name for each in list_hospitals(dashboard.engine) if each.node_id]
    seen = dict.fromkeys(
        each.feature
        for day in days
        for of_one in day.verdicts.values()
        for each in of_one
        if each.kind in OF_FEATURES and each.feature
    )
    order = list(dashboard.home.contract().features)
    features = sorted(seen, key=lambda name: order.index(name) if name in order else len(order))
    names = [FEDERATION, *joined]
    return DriftPage(
        days=days,
        day=next((each for each in days if each.run == run), days[-1]),
        hospitals=joined,
        features=features,
        hospital=hospital if hospital in names else "",
        feature=feature if feature in seen else "",
    )


def _over_time(page: DriftPage, wording: Wording) -> Markup:
    """Draw a hospital's features over time, or one feature at all hospitals."""
    say = wording.words
    names = {each: each for each in page.hospitals} | {FEDERATION: say("drift.federation")}
    if not page.shown:
        keys = [(name, page.feature, names[name]) for name in [*page.hospitals, FEDERATION]]
    else:
        hospital = page.shown
        keys = [(hospital, each, feature_label(each)) for each in page.features]
    rows = [
        (label, [_cell(day, hospital, feature, wording) for day in page.days])
        for hospital, feature, label in keys
    ]
    title = say("drift.over_time_title")
    drawing = figure("over-time", title, say("drift.over_time_description"))
    return heat_over_time(drawing, rows, [wording.day(each.made) for each in page.days])


def _cell(day: WatchDay, hospital: str, feature: str, wording: Wording) -> HeatCell | None:
    found = day.of(hospital, feature)
    if found is None:
        return None
    tip = f"{wording.day(day.made)}: {wording.said(found)}"
    return HeatCell(found.score, found.is_alarm, found.state != "insufficient", tip)
