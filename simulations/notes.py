"""Short templated notes for simulated patients, in English and Spanish."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

Language = Literal["en", "es"]

# The names of findings stay English in Spanish notes: hpo3 has no other labels.
TEMPLATES: dict[Language, tuple[str, ...]] = {
    "en": (
        "Patient aged {age}, referred for {findings}. Diagnosis not confirmed yet.",
        "Seen at the age of {age}. On examination: {findings}. Genetic test requested.",
        "Parents report {findings}. Age at visit {age}. Follow-up in six months.",
    ),
    "es": (
        "Paciente de {age} de edad, derivado por {findings}. Diagnóstico por confirmar.",
        "Visto a la edad de {age}. A la exploración: {findings}. Se solicita estudio genético.",
        "La familia refiere {findings}. Edad en la visita: {age}. Control en seis meses.",
    ),
}
NOTHING: dict[Language, str] = {"en": "no particular findings", "es": "ningún hallazgo relevante"}


def write_note(
    language: Language, age: float, findings: Sequence[str], generator: np.random.Generator
) -> str:
    """Return a note that names findings and never the diagnosis.

    Parameters
    ----------
    age : float
        Years.
    findings : sequence of str
        Names, in the words of the note.
    """
    templates = TEMPLATES[language]
    template = templates[int(generator.integers(len(templates)))]
    return template.format(
        age=_age(language, age), findings=", ".join(findings) or NOTHING[language]
    )


def _age(language: Language, age: float) -> str:
    years = int(age)
    if years < 2:
        months = max(1, round(age * 12))
        return (
            f"{months} {'mes' if months == 1 else 'meses'}"
            if language == "es"
            else (f"{months} {'month' if months == 1 else 'months'}")
        )
    return f"{years} años" if language == "es" else f"{years} years"
