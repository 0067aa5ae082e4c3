"""An ontology of a few dozen findings, with annotations of some diseases."""

from __future__ import annotations

from pathlib import Path

AREAS, SPECIFIC = 8, 6
HEADER = (
    "database_id\tdisease_name\tqualifier\thpo_id\treference\tevidence\tonset\tfrequency\tsex"
    "\tmodifier\taspect\tbiocuration"
)


def code_of(number: int) -> str:
    """Return the code of a finding; tens are areas, and ones what lies below them."""
    return f"HP:{number:07d}"


def leaf(area: int, specific: int) -> str:
    """Return a specific finding of an area."""
    return code_of(1000 + 10 * area + specific + 1)


def write_ontology(folder: Path, annotations: list[tuple[str, str, str, str]]) -> Path:
    """Write both files.

    Parameters
    ----------
    annotations : list of (disease, finding, publication, frequency)
    """
    stanzas = ["format-version: 1.2", _stanza("HP:0000001"), _stanza("HP:0000118", "HP:0000001")]
    for area in range(AREAS):
        above = code_of(1000 + 10 * area)
        stanzas.append(_stanza(above, "HP:0000118"))
        stanzas += [_stanza(leaf(area, each), above) for each in range(SPECIFIC)]
    stanzas[3] = stanzas[3].replace("name:", f"alt_id: {code_of(9001)}\nname:")
    stanzas.append(f"[Term]\nid: {code_of(9002)}\nis_obsolete: true\nreplaced_by: {leaf(0, 0)}")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "hp.obo").write_text("\n\n".join(stanzas) + "\n", encoding="utf-8")
    rows = [
        f"{disease}\tDisease {disease}\t\t{term}\t{source}\tPCS\t\t{frequency}\t\t\tP\tme"
        for disease, term, source, frequency in annotations
    ]
    content = "\n".join(["#version: 2025-01-01", HEADER, *rows]) + "\n"
    (folder / "phenotype.hpoa").write_text(content, encoding="utf-8")
    return folder


def _stanza(code: str, above: str = "") -> str:
    lines = ["[Term]", f"id: {code}", f"name: Finding {code[-4:]}"]
    return "\n".join([*lines, *([f"is_a: {above} ! above"] if above else [])])
