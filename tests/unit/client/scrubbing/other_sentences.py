"""Sentences in other words, written when the rules were done, to see what those had not foreseen.

When they were first read, 0.98 of identifiers went with names of the lists and 0.73 with others.
What was general in the misses became rules; a hospital's own notes will hold other surprises.
"""

from __future__ import annotations

from tests.unit.client.scrubbing.made_up_persons import Language

SENTENCES: dict[Language, list[str]] = {
    "es": [
        "Atiendo a {name}, que consulta por {finding}.",
        "Avisan del centro de salud: {name} ha empeorado desde el {date}.",
        "La tía materna ({first}) tuvo {finding}.",
        "Remitida por su pediatra, la doctora {surname}, tras alta el {date}.",
        "El abuelo paterno, {name}, murió a los {old_age} años.",
        "Contactar con {first} en el {phone} o por correo a {email}.",
        "Se entrega informe a {name} (hija).",
        "Primera visita: {date}. Última visita: {date}.",
        "Reside en {address}.",
        "Ref. {record}. Documento: {national}.",
        "Hermanos: {first} y {first}, ambos con {finding}.",
        "Según cuenta {first}, la clínica comenzó en {finding}.",
        "Cirugía a cargo del Dr. {surname} y la Dra. {surname}.",
        "Un saludo, {name}.",
        "Trasladada desde {town} por {finding}.",
        "Tlf: {phone}. NIE {national}.",
    ],
    "en": [
        "I saw {name} today, who has {finding}.",
        "Many thanks for referring {name} with {finding}.",
        "Her aunt ({first}) had {finding}.",
        "Referred by her paediatrician, Dr {surname}, after discharge on {date}.",
        "The grandfather, {name}, died at {old_age} years of age.",
        "Contact {first} on {phone} or by email at {email}.",
        "A copy was given to {name} (daughter).",
        "First visit: {date}. Last visit: {date}.",
        "Home address {address}.",
        "Ref {record}. National insurance: {national}.",
        "Siblings: {first} and {first}, both with {finding}.",
        "According to {first}, it began with {finding}.",
        "Surgery was done by Mr {surname} and Miss {surname}.",
        "Best wishes, {name}",
        "Transferred from {town} with {finding}.",
        "Tel: {phone}. SSN: {national}.",
    ],
}
