"""Figures as SVG, drawn so that they read the same in a page, in a file and in print."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from markupsafe import Markup, escape

from shared.pages.words import LANGUAGES, Text, Words, words

# Okabe and Ito 2008: told apart by colour-blind readers.
BLUE, VERMILION, GREEN = "#0072B2", "#D55E00", "#009E73"
ORANGE, SKY, PURPLE, YELLOW = "#E69F00", "#56B4E9", "#CC79A7", "#F0E442"
SERIES = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
# Taken from the page where there is one, so that figures are dark where it is.
INK = "var(--text, #1b1f24)"
QUIET = "var(--muted, #57606a)"
LINE = "var(--line, #d8dee4)"
PAPER = "var(--page, #ffffff)"
SIZE = 12.0
# Widths of letters in the fonts that pages use, in sizes of the font; a little wide.
_NARROW, _USUAL, _WIDE = 0.38, 0.64, 0.98

Anchor = Literal["start", "middle", "end"]


def width_of(text: Text, size: float = SIZE) -> float:
    """Return how wide a text will be at most, in its wider language."""
    return max(_width(words(text).of(language)) for language in LANGUAGES) * size


def _width(text: str) -> float:
    return sum(
        _NARROW if each in "iljtfrI.,:;|'!()[] " else _WIDE if each in "mwMW%@" else _USUAL
        for each in text
    )


def fitted(text: Text, width: float, size: float = SIZE) -> Words:
    """Cut a text that would be wider; the table beside a figure has it in full."""
    return Words(*(_fitted(words(text).of(language), width, size) for language in LANGUAGES))


def _fitted(text: str, width: float, size: float) -> str:
    if _width(text) * size <= width:
        return text
    while text and _width(text + "…") * size > width:
        text = text[:-1]
    return text.rstrip() + "…"


@dataclass
class Drawing:
    """A figure.

    Attributes
    ----------
    name : str
        Unique in a page; the name of its file.
    title, description : Words
        What people who do not see it are told.
    width, height : float
        In pixels at full size.
    """

    name: str
    title: Words
    description: Words
    width: float = 0.0
    height: float = 0.0
    parts: list[str] = field(default_factory=list)

    def text(
        self,
        x: float,
        y: float,
        text: Text,
        *,
        anchor: Anchor = "start",
        colour: str = INK,
        size: float = SIZE,
        weight: int = 400,
        turn: float = 0.0,
    ) -> None:
        """Write a text whose baseline is at a point, in both languages where they differ."""
        both = words(text)
        languages = LANGUAGES if both.en != both.es else ("",)
        turned = f' transform="rotate({turn:g} {x:.1f} {y:.1f})"' if turn else ""
        for language in languages:
            spoken = f' lang="{language}" class="{language}"' if language else ""
            self.parts.append(
                f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" font-weight="{weight}" '
                f'text-anchor="{anchor}" fill="{colour}"{turned}{spoken}>'
                f"{escape(both.of(language or 'en'))}</text>"
            )

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: str,
        *,
        opacity: float = 1.0,
        stroke: str = "none",
        tip: Text = "",
    ) -> None:
        """Draw a rectangle; `tip` is what pointing at it shows."""
        shown = f"<title>{escape(words(tip).en)}</title>" if tip else ""
        self.parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height:.1f}" '
            f'fill="{fill}" fill-opacity="{opacity:.3g}" stroke="{stroke}">{shown}</rect>'
        )

    def line(
        self,
        x: float,
        y: float,
        to_x: float,
        to_y: float,
        *,
        colour: str = LINE,
        width: float = 1.0,
        dashes: str = "",
    ) -> None:
        """Draw a line."""
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        self.parts.append(
            f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" '
            f'stroke="{colour}" stroke-width="{width:g}"{dashed}/>'
        )

    def path(
        self,
        points: list[tuple[float, float]],
        *,
        fill: str = "none",
        opacity: float = 1.0,
        colour: str = "none",
        width: float = 1.0,
        dashes: str = "",
    ) -> None:
        """Draw a line through points, or the area within."""
        course = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        closed = "Z" if fill != "none" else ""
        self.parts.append(
            f'<path d="{course}{closed}" fill="{fill}" fill-opacity="{opacity:.3g}" '
            f'stroke="{colour}" stroke-width="{width:g}" stroke-linejoin="round"{dashed}/>'
        )

    def dot(self, x: float, y: float, colour: str, *, radius: float = 3.5) -> None:
        """Draw a dot that stands out from what is under it."""
        self.parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{colour}" '
            f'stroke="{PAPER}" stroke-width="1"/>'
        )

    def __html__(self) -> str:
        """Return what stands in a page."""
        size = f'viewBox="0 0 {self.width:.0f} {self.height:.0f}" width="{self.width:.0f}"'
        return (
            f'<svg role="img" aria-labelledby="{self.name}-title" aria-describedby="{self.name}-d" '
            f'{size} height="{self.height:.0f}" font-family="inherit" xmlns="http://www.w3.org/2000/svg">'
            f'<title id="{self.name}-title">{escape(self.title.en)}</title>'
            f'<desc id="{self.name}-d">{escape(self.description.en)}</desc>'
            f"{''.join(self.parts)}</svg>"
        )

    def markup(self) -> Markup:
        """Return what stands in a page, which is escaped already."""
        return Markup(self.__html__())  # noqa: S704 - every text is escaped where it is drawn

    def file(self, language: str = "en") -> str:
        """Return a file of its own in one language, in the colours of paper."""
        other = next(each for each in LANGUAGES if each != language)
        text = re.sub(rf'<text [^>]*class="{other}"[^>]*>.*?</text>', "", self.__html__())
        text = re.sub(r"var\(--[a-z]+, (#[0-9a-f]{6})\)", r"\1", text)
        font = 'font-family="Inter, Helvetica, Arial, sans-serif"'
        paper = f'<rect width="{self.width:.0f}" height="{self.height:.0f}" fill="#ffffff"/>'
        text = text.replace('font-family="inherit"', font, 1)
        return text.replace("</desc>", f"</desc>{paper}", 1) + "\n"
