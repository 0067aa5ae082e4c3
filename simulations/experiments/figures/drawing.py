"""The look that all figures of an experiment share; see `simulations.figures`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from server.card import HUMAN_NAMES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAMES = {str(name): words for name, words in HUMAN_NAMES.items()}
# Of variants, where a colour says how a model was trained.
DASHES = ("-", "--", ":", "-.")
# Of variants, where nothing else has a colour (Okabe and Ito).
OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")


@contextlib.contextmanager
def panels(path: Path, titles: list[str], height: float = 3.6) -> Iterator[list[Axes]]:
    """Give one panel per title, side by side, and write them as SVG at the end."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcParams.update({"font.size": 10, "svg.hashsalt": "juntos", "font.family": "DejaVu Sans"})
    size = (max(4.2 * len(titles), 6.0), height)
    figure, axes = plt.subplots(
        1, len(titles), figsize=size, sharey=True, squeeze=False, layout="constrained"
    )
    for axis, title in zip(axes[0], titles, strict=True):
        axis.set_title(title, loc="left", fontsize=11)
        calm(axis)
    yield list(axes[0])
    _save(figure, path)
    plt.close(figure)


def calm(axis: Axes, along: str = "y") -> None:
    """Leave of an axis what is needed to read it."""
    axis.grid(axis="x" if along == "x" else "y", color="0.92")
    axis.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axis.spines[side].set_visible(False)
    axis.tick_params(axis="y", length=0)


def name_ends(axis: Axes, ends: list[tuple[float, float, str, str]]) -> None:
    """Write names beside the last points of lines, moved apart where they would overlap.

    Parameters
    ----------
    ends : list of tuple
        x, y, text and colour of each.
    """
    low, high = axis.get_ylim()
    room = (high - low) / 16
    placed = float("-inf")
    for x, y, text, colour in sorted(ends, key=lambda end: end[1]):
        placed = max(y, placed + room)
        axis.annotate(
            text,
            (x, placed),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            color=colour,
            fontsize=8.5,
            annotation_clip=False,
        )


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path, metadata={"Date": None}, bbox_inches="tight")
