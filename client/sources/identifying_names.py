"""Column names that sound as if they identified a patient, in English and Spanish.

The contract refuses the fields it names; this finds what it did not think of. It only warns: a
name is a hint, and no list of names is complete.
"""

from __future__ import annotations

import re

from client.sources.codes import normalise_name, without_accents

# What a column may hold, and the names it then goes by, without accents, capitals and spaces.
KINDS: dict[str, str] = {
    "a name": "name fullname firstname lastname surname givenname familyname middlename forename "
    "maidenname patientname initials nombre nombres apellido apellidos apellido1 apellido2 "
    "nombrepaciente nombreyapellidos nombrecompleto primerapellido segundoapellido iniciales "
    "nextofkin mothername fathername nombremadre nombrepadre",
    "an address": "address street streetname postcode postalcode zip zipcode city town direccion "
    "domicilio calle codigopostal codpostal poblacion localidad municipio",
    "a telephone number": "phone telephone mobile cellphone phonenumber fax tel telefono "
    "telf tlf tfno movil telefonomovil",
    "an address on the internet": "email mail emailaddress correo correoelectronico ip ipaddress "
    "url web",
    "a national or insurance number": "dni nie nif nifnie passport pasaporte ssn nhs nhsnumber "
    "socialsecuritynumber socialsecurity nationalid nationalinsurance insuranceid "
    "insurancenumber nuss naf cip cipa sip tsi tarjetasanitaria seguridadsocial poliza "
    "numeropoliza documento documentoidentidad mutua policynumber",
    "a record number": "mrn nhc recordnumber medicalrecordnumber medicalrecord patientid "
    "patientnumber hospitalnumber chartnumber casenumber admissionid visitid accessionnumber "
    "numerohistoria historiaclinica numhistoria numerohistoriaclinica idpaciente "
    "pacienteid codigopaciente expediente numeroexpediente numeroepisodio",
    "a date of birth or of a visit": "dob birthdate dateofbirth birthday fechanacimiento "
    "fechadenacimiento fnac fechanac admissiondate dischargedate dateofdeath deathdate "
    "visitdate fechaingreso fechaalta fechavisita fechadefuncion fechafallecimiento",
    "a picture or print of the body": "photo photograph picture fingerprint foto fotografia huella",
}
PHRASES = {phrase: kind for kind, phrases in KINDS.items() for phrase in phrases.split()}
LONGEST_PHRASE = 4
# A drug has a name too.
THINGS = """
drug medication medicine test gene variant disease diagnosis unit device
farmaco medicamento prueba gen variante enfermedad diagnostico unidad
"""
WORD = re.compile(r"[A-Z]?[a-z]+\d*|[A-Z]+(?![a-z])\d*|\d+")


def what_it_identifies(column: str) -> str | None:
    """Return what a column of this name probably holds that tells who a patient is, or None.

    >>> what_it_identifies("Patient_Name"), what_it_identifies("NOMBRE"), what_it_identifies("chol")
    ('a name', 'a name', None)
    """
    words = [word.casefold() for word in WORD.findall(without_accents(column))]
    if set(THINGS.split()) & set(words):
        return None
    runs = (
        "".join(words[start : start + length])
        for length in range(LONGEST_PHRASE, 0, -1)
        for start in range(len(words) - length + 1)
    )
    found = (PHRASES.get(run) for run in (normalise_name(column), *runs))
    return next((kind for kind in found if kind is not None), None)
