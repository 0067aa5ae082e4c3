"""How well findings are read out of notes: made-up ones, whose findings are known."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table
from safetensors.numpy import load

from shared.annotation_engine import layout
from shared.annotation_engine.compiling import compile_annotations
from shared.annotation_engine.engine import AnnotationEngine
from shared.annotation_engine.scoring import Scorer
from shared.compiled_terms import CompiledTerminology, compile_terms, read_obo, read_terms
from shared.findings_in_notes.name_table import name_table
from shared.findings_in_notes.reading import NoteReader
from shared.knowledge.installed import installed_published
from shared.ontology import HumanPhenotypeOntology
from simulations.made_up_notes.of_cases import published_cases, ranks_of
from simulations.made_up_notes.scoring import Counts, score
from simulations.made_up_notes.writing import KINDS, MadeUpNote, made_up_notes

RANKED_CASES = 1_000


def run_notes(
    ontology: Path | None,
    count: int,
    seed: int,
    console: Console,
    cases: Path | None = None,
    annotations: Path | None = None,
) -> dict[str, Any]:
    """Read made-up notes and count what was read rightly.

    Parameters
    ----------
    ontology : Path or None
        ``hp.obo``, for synonyms; labels alone without it.
    cases, annotations : Path, optional
        Published cases, and ``phenotype.hpoa``: also rank the cases by notes about them.
    """
    known = compiled(ontology)
    begun = time.perf_counter()
    reader = NoteReader(name_table(known))
    built = time.perf_counter() - begun
    notes = made_up_notes(count, seed)
    readings, times = [], []
    for note in notes:
        begun = time.perf_counter()
        readings.append(reader.read(note.text))
        times.append(time.perf_counter() - begun)
    found = score(notes, readings)
    others = made_up_notes(count, seed, held_out=True)
    unseen = score(others, [reader.read(note.text) for note in others])
    console.print(_table("sentences that rules were tried on", found))
    console.print(_table("sentences that were written afterwards", unseen))
    return {
        "notes": len(notes),
        "characters_per_note": sum(len(each.text) for each in notes) / len(notes),
        "release": known.version(),
        "has_synonyms": ontology is not None,
        "milliseconds_per_note": 1000 * sum(times) / len(times),
        "milliseconds_per_page": 1000 * sum(times) / sum(len(each.text) for each in notes) * 3000,
        "seconds_to_prepare": built,
        "kinds": {name: counts.as_json() for name, counts in found.items()},
        "held_out": {name: counts.as_json() for name, counts in unseen.items()},
        "mistakes": _mistakes(notes, readings),
        **(
            {} if cases is None else {"ranking": _rankings(cases, annotations, known, reader, seed)}
        ),
    }


def _rankings(
    cases: Path,
    annotations: Path | None,
    known: CompiledTerminology,
    reader: NoteReader,
    seed: int,
) -> dict[str, Any]:
    """Return how often the right disease is first, and among ten, by how findings came."""
    package = HumanPhenotypeOntology()
    arrays = load(compile_annotations(installed_published(package, annotations))[layout.FILE])
    engine = AnnotationEngine(Scorer(arrays), known)
    chosen = published_cases(cases, RANKED_CASES, seed)
    places: dict[str, list[int | None]] = {}
    for way, place in ranks_of(chosen, engine.rank, known, reader, seed):
        places.setdefault(way, []).append(place)
    return {
        way: {
            "cases": len(found),
            "first": sum(place == 1 for place in found) / len(found),
            "among_ten": sum(place is not None and place <= 10 for place in found) / len(found),
        }
        for way, found in places.items()
    }


def compiled(ontology: Path | None) -> CompiledTerminology:
    """Return the terms as hospitals get them in a bundle."""
    words = read_obo(ontology) if ontology is not None else None
    with TemporaryDirectory() as folder:
        path = Path(folder) / "terms.safetensors"
        path.write_bytes(compile_terms(HumanPhenotypeOntology(), words))
        return read_terms(path)


def _mistakes(notes: list[MadeUpNote], readings: list[Any]) -> list[dict[str, str]]:
    """Return what went wrong in the invented notes, for whoever improves the rules."""
    wrong: list[dict[str, str]] = []
    for note, reading in zip(notes, readings, strict=True):
        read = {(each.code, each.state): each.text for each in reading}
        meant = {(each.code, each.state): each for each in note.meant}
        for key, each in meant.items():
            if key not in read:
                wrong.append({"missed": each.phrase, "state": each.state, "kind": each.kind})
        for key, text in read.items():
            if key not in meant:
                wrong.append({"invented": text, "code": key[0], "state": key[1]})
    return wrong


def _table(which: str, found: dict[str, Counts]) -> Table:
    table = Table(title=f"Findings read out of made-up notes: {which}", box=None)
    table.add_column("sentences")
    for name in ("meant", "found", "right", "precision", "recall"):
        table.add_column(name, justify="right")
    for name in ("all", "en", "es", *KINDS, "filler"):
        counts = found.get(name, Counts())
        shares = counts.as_json()
        table.add_row(
            name.replace("_", " "),
            *(str(each) for each in (counts.meant, counts.found, counts.right)),
            *(_percent(shares[each]) for each in ("precision", "recall")),
        )
    return table


def _percent(share: object) -> str:
    return f"{share:.3f}" if isinstance(share, float) else "-"
