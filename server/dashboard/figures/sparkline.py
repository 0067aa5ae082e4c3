"""Drift over time, as small as a word."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

from server.dashboard.figures.beginning import shade
from server.dashboard.watches import DriftLevel


def sparkline(levels: Sequence[DriftLevel | None], label: str) -> Markup:
    """Draw drift over time as small as a word; days with an alarm have a mark at the foot."""
    width, height = 120.0, 28.0
    step = (width - 4) / max(len(levels) - 1, 1)
    course, pen, marks = "", "M", ""
    for place, each in enumerate(levels):
        if each is None:
            pen = "M"
            continue
        x, y = 2 + place * step, 3 + (height - 8) * (1 - shade(each.score))
        course += f"{pen}{x:.1f} {y:.1f}"
        pen = "L"
        if each.is_alarm:
            marks += f'<rect x="{x - 1:.1f}" y="{height - 4:.0f}" width="2.2" height="4"/>'
    text = (
        f'<svg class="spark" role="img" aria-label="{escape(label)}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}">'
        f'<line x1="0" y1="{height - 5:.0f}" x2="{width:.0f}" y2="{height - 5:.0f}"/>'
        f'<path d="{course}"/>{marks}</svg>'
    )
    return Markup(text)  # noqa: S704 - numbers, and a label that is escaped
