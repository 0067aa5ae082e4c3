"""Invented clinical notes in Spanish and English, whose identifiers are known by construction."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from string import Formatter

from tests.unit.client.scrubbing.made_up_persons import Language, Person, phrases

SENTENCES: dict[Language, list[str]] = {
    "es": [
        "Paciente {name} de {age} años, derivado por {finding}.",
        "La paciente {name} acude el {date} por {finding}.",
        "{name} acude a consulta por {finding} de tres meses de evolución.",
        "Nombre: {name}. NHC: {record}. DNI: {national}.",
        "Apellidos y nombre: {backwards}. HC {record}.",
        "Nombre: {first}. Apellidos: {surname} {surname}.",
        "Varón de {old_age} años con {finding} y {finding}.",
        "Fue visto por la Dra. {surname} en el Servicio de Neurología el {date}.",
        "El Dr. {name} recomienda control en seis meses.",
        "Su madre, {name}, refiere {finding} desde la infancia.",
        "La hermana {first} está sana; el padre falleció de {finding}.",
        "Vive en {town} con su marido {first}.",
        "Domicilio: {address}. Teléfono {phone}.",
        "Se llama al {phone} sin respuesta.",
        "Correo: {email}, informe en {url}.",
        "Fecha de nacimiento {date}. Ingresa el {date} en el Hospital {town}.",
        "Se comenta con D. {first} y con la Sra. {surname}.",
        "Acompañado por {name}, cuidadora principal.",
        "Fdo.: {name}. Nº colegiado {record}.",
        "Don {first} {surname} niega {finding}.",
        "Desde el {date} presenta {finding}; tratado con enalapril 10 mg cada 12 horas.",
        "Natural de {town}. Antecedentes: {finding}.",
        "DNI {national}, tarjeta sanitaria {record}.",
    ],
    "en": [
        "Patient {name}, aged {age}, referred for {finding}.",
        "{name} was seen on {date} with {finding}.",
        "Mrs {surname} reports {finding} since {date}.",
        "Name: {name}. MRN: {record}. NHS number {national}.",
        "Patient name: {backwards}. Hospital number {record}.",
        "First name: {first}. Surname: {surname}.",
        "A {old_age}-year-old man with {finding} and {finding}.",
        "Dr {surname} reviewed her in the Department of Neurology on {date}.",
        "Prof. {name} advised follow-up in six months.",
        "Her mother, {name}, describes {finding} since childhood.",
        "His brother {first} is well; the father died of {finding}.",
        "Lives in {town} with her husband {first}.",
        "Address: {address}. Telephone {phone}.",
        "Please call {phone} if symptoms return.",
        "Email {email}, report at {url}.",
        "Born on {date}. Admitted on {date}. Lived in {town} until then.",
        "Discussed with Mr {name} and with Nurse {surname}.",
        "Accompanied by {name}, her carer.",
        "Signed: {name}, consultant. SSN {national}.",
        "Ms {first} {surname} denies {finding}.",
        "Since {date} he has had {finding}; treated with enalapril 10 mg every 12 hours.",
        "Mr. {surname}'s wife {first} confirms {finding}.",
        "Seen by {name} in clinic. Record number {record}.",
    ],
}
PLAIN: dict[Language, list[str]] = {
    "es": [
        "Exploración Física: TA 120/80 mmHg, FC 80 lpm, SatO2 98%, Tª 36,5.",
        "Escala de Glasgow 15, índice de Barthel 90, signo de Babinski negativo.",
        "Analítica: Hb 12,3 g/dl, plaquetas 150.000, HbA1c 7,2%, TSH 2,1.",
        "Juicio Clínico: HP:0001250 y HP:0000098; OMIM 219700, gen FBN1 c.1129C>T.",
        "Diagnóstico diferencial: síndrome de Marfan, enfermedad de Crohn y linfoma de Hodgkin.",
        "RM craneal sin hallazgos. Se pauta Vitamina D y dieta sin gluten.",
        "Tratamiento: AAS 100 mg, Omeprazol 20 mg, Levotiroxina 75 mcg en ayunas.",
        "Niega alergias. Dos embarazos, un parto. Fumador de 10 cigarrillos al día desde 1998.",
    ],
    "en": [
        "Physical Examination: BP 120/80 mmHg, HR 80, SpO2 98%, temperature 36.5.",
        "Glasgow Coma Scale 15, Apgar 9, Babinski sign negative, Romberg test positive.",
        "Bloods: Hb 12.3 g/dL, platelets 150,000, HbA1c 7.2%, TSH 2.1.",
        "Impression: HP:0001250 and HP:0000098; OMIM 219700, gene FBN1 c.1129C>T.",
        "Differential: Marfan syndrome, Crohn's disease and Hodgkin lymphoma.",
        "MRI of the brain was normal. Started on Vitamin D and a gluten-free diet.",
        "Medication: Aspirin 100 mg, Omeprazole 20 mg, Levothyroxine 75 mcg before breakfast.",
        "No known allergies. Two pregnancies. Smoked 10 cigarettes a day since 1998.",
    ],
}
FINDINGS: dict[Language, list[str]] = {
    "es": phrases(
        """
        crisis epilépticas|enfermedad de Parkinson|síndrome de Down|síndrome de Kabuki|
        disnea de esfuerzo|hipotonía axial|enfermedad de Alzheimer|síndrome de Guillain-Barré|
        cefalea|estenosis mitral|tetralogía de Fallot|fenómeno de Raynaud|
        síndrome de Prader-Willi|talla baja|enfermedad de von Willebrand|cardiopatía isquémica|
        hipoacusia neurosensorial|retraso psicomotor|síndrome de Ehlers-Danlos|
        púrpura de Schönlein-Henoch|ataxia de Friedreich|Parkinson|mal de Chagas|
        tiroiditis de Hashimoto|microcefalia|sordera|dolor torácico|enfermedad de Huntington
        """
    ),
    "en": phrases(
        """
        seizures|Parkinson's disease|Down syndrome|Kabuki syndrome|shortness of breath|
        axial hypotonia|Alzheimer's disease|Guillain-Barré syndrome|headache|mitral stenosis|
        tetralogy of Fallot|Raynaud phenomenon|Prader-Willi syndrome|short stature|
        von Willebrand disease|ischaemic heart disease|sensorineural deafness|
        developmental delay|Ehlers-Danlos syndrome|Henoch-Schönlein purpura|Friedreich ataxia|
        Parkinsonism|Chagas disease|Hashimoto thyroiditis|microcephaly|chest pain|
        Huntington's chorea|Wilson disease
        """
    ),
}


@dataclass
class MadeUpNote:
    """A note, and which parts of it are whose.

    Attributes
    ----------
    identifiers : list of (kind, text)
    clinical : list of str
        All the rest, in order.
    """

    text: str = ""
    identifiers: list[tuple[str, str]] = field(default_factory=list)
    clinical: list[str] = field(default_factory=list)

    def add(self, sentence: str, person: Person) -> None:
        """Append a sentence, filled in."""
        for literal, kind, _, _ in Formatter().parse(sentence + " "):
            self._say(literal)
            if kind == "finding":
                self._say(person.draw.choice(FINDINGS[person.language]))
            elif kind == "age":
                self._say(str(person.draw.randint(1, 89)))
            elif kind:
                value = person.value(kind)
                self.identifiers.append((kind, value))
                self.text += value

    def _say(self, text: str) -> None:
        self.clinical.append(text)
        self.text += text


def made_up_notes(
    language: Language,
    count: int,
    seed: int,
    *,
    unlisted: bool,
    sentences: dict[Language, list[str]] = SENTENCES,
) -> list[MadeUpNote]:
    """Return notes of five to eight sentences each, the same ones for a seed."""
    draw = Random(seed)
    person = Person(language, draw, unlisted=unlisted)
    notes = [MadeUpNote() for _ in range(count)]
    for note in notes:
        told = draw.sample(sentences[language], draw.randint(3, 5))
        plain = draw.sample(PLAIN[language], draw.randint(2, 3))
        for sentence in draw.sample(told + plain, len(told) + len(plain)):
            note.add(sentence, person)
    return notes
