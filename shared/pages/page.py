"""Writing a page that stands by itself, with its figures as files and its tables as CSV."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from shared.errors import SettingsError
from shared.pages.drawing import Drawing
from shared.pages.words import Text, words


@dataclass(frozen=True)
class Table:
    """A table of a page, and a CSV file beside it.

    Attributes
    ----------
    name : str
        Of the file.
    titles : sequence of str or Words
    rows : sequence of sequence of str or Words
    numbers : frozenset of int
        Columns that hold numbers.
    has_total : bool
        Whether the last row sums up the others.
    """

    name: str
    titles: Sequence[Text]
    rows: Sequence[Sequence[Text]]
    numbers: frozenset[int] = frozenset()
    has_total: bool = False

    def csv(self) -> str:
        """Return the table as CSV, in English."""
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        for row in [self.titles, *self.rows]:
            writer.writerow([words(cell).en for cell in row])
        return stream.getvalue()


def environment(package: str) -> Environment:
    """Return what a package's pages are written with; all text from data is escaped."""
    return Environment(
        loader=ChoiceLoader(
            [PackageLoader(package, "templates"), PackageLoader("shared", "pages")]
        ),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def style() -> Markup:
    """Return the look of all pages."""
    file = resources.files("shared") / "pages" / "page.css"
    return Markup(file.read_text(encoding="utf-8"))  # noqa: S704 - ours, and nothing else's


def write_page(
    out: Path, name: str, page: str, figures: Iterable[Drawing], tables: Iterable[Table]
) -> Path:
    """Write a page, and beside it its figures as SVG and its tables as CSV; return the page's path.

    Raises
    ------
    SettingsError
        When the folder cannot be written to.
    """
    try:
        for folder in ("figures", "tables"):
            (out / folder).mkdir(parents=True, exist_ok=True)
        for figure in figures:
            _write(out / "figures" / f"{figure.name}.svg", figure.file())
        for table in tables:
            _write(out / "tables" / f"{table.name}.csv", table.csv())
        _write(out / name, page)
    except OSError as error:
        raise SettingsError(
            f"{out} cannot be written: {error.strerror}.", "Give another folder with --out."
        ) from None
    return out / name


def write_whole(path: Path, page: str, option: str) -> Path:
    """Write a page that is one file, which is there whole or not at all.

    Parameters
    ----------
    option : str
        Of the command, that names another file.

    Raises
    ------
    SettingsError
        When the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, page)
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be written: {error.strerror}.", f"Give another file with {option}."
        ) from None
    return path


def _write(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(text, encoding="utf-8", newline="\n")
    partial.replace(path)
