"""One look for the figures of a review, and how they stand in a page."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Colours of Okabe and Ito, safe for colour-blind readers; shapes and words say the same.
SHARED = "#0072B2"
HARM = "#D55E00"
INK = "#000000"
QUIET = "0.42"
GRID = "0.9"
# In inches; a little wider than the text of an A4 page, to which it shrinks.
PAGE_WIDTH = 7.6


@contextmanager
def house_style() -> Iterator[None]:
    """Draw in the look of all figures."""
    import matplotlib as mpl

    with mpl.rc_context(
        {
            "font.family": "sans-serif",
            "font.size": 9,
            "axes.titlesize": 9,
            "axes.labelsize": 8,
            "axes.axisbelow": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.edgecolor": QUIET,
            "svg.fonttype": "none",
            "svg.hashsalt": "juntos",
            # Names of hospitals and classes are text, dollar signs included.
            "text.parse_math": False,
        }
    ):
        yield


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of a size in inches, without a window or global state."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    return Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(w_pad=0.08))


def few_ticks(axis: Axes, panels: int) -> None:
    """Leave room between the numbers of an axis, the less the more panels stand side by side."""
    from matplotlib.ticker import MaxNLocator

    most = max(2, 6 // panels)
    axis.xaxis.set_major_locator(MaxNLocator(nbins=most, steps=[1, 2, 5, 10], min_n_ticks=2))


def shorten(name: str, most: int = 34) -> str:
    """Cut a name that would leave no room for the figure; tables have it in full."""
    return name if len(name) <= most else name[: most - 1].rstrip() + "…"


def embedded(figure: Figure, name: str, title: str, description: str) -> Markup:
    """Return a figure as SVG for a page.

    Parameters
    ----------
    name : str
        Unique in the page.
    title, description : str
        What people who do not see it are told.
    """
    stream = io.StringIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    figure.savefig(stream, format="svg", metadata=nothing, transparent=True)
    text = with_own_ids(stream.getvalue(), name)
    body = text[text.index(">", text.index("<svg")) + 1 :]
    width, height = figure.get_size_inches() * 72
    # Matplotlib escapes the text that it draws, and the rest is escaped here.
    return Markup(  # noqa: S704
        f'<svg role="img" aria-labelledby="{name}-title {name}-desc" width="{width:g}pt" '
        f'height="{height:g}pt" viewBox="0 0 {width:g} {height:g}">'
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-desc">{escape(description)}</desc>{body}'
    )


def with_own_ids(text: str, name: str) -> str:
    """Set a figure's ids apart from those of the page's other figures."""
    text = re.sub(r'(<[^>]*?\bid=")', rf"\g<1>{name}-", text)
    return re.sub(r'(href="#|url\(#)', rf"\g<1>{name}-", text)
