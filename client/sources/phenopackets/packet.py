"""What is read of a phenopacket, and how the standard writes it.

The schema is GA4GH's, version 2 (Jacobsen et al. 2022, Nature Biotechnology 40), in JSON as
protobuf writes it. Fields that are not here are passed over without being kept: names, dates of
birth, alternative numbers and files among them.
"""

from __future__ import annotations

import msgspec

LARGEST_PACKET = 8 << 20
MOST_FEATURES = 5_000


class _Part(msgspec.Struct, rename="camel", frozen=True):
    """A part of a packet; unknown fields are ignored."""


class OntologyClass(_Part, frozen=True):
    """A code with its label."""

    id: str = ""
    label: str = ""


class Age(_Part, frozen=True):
    """``P4Y2M``: a duration as in ISO 8601."""

    iso8601duration: str = ""


class AgeRange(_Part, frozen=True):
    """From an age to another."""

    start: Age = Age()
    end: Age = Age()


class TimeElement(_Part, frozen=True):
    """When something was: an age, a range, or a class such as "Congenital onset"."""

    age: Age | None = None
    age_range: AgeRange | None = None
    ontology_class: OntologyClass | None = None


class Individual(_Part, frozen=True):
    """The patient, without what names a person."""

    id: str = ""
    sex: str = ""
    time_at_last_encounter: TimeElement | None = None


class PhenotypicFeature(_Part, frozen=True):
    """A finding, present or excluded."""

    type: OntologyClass = OntologyClass()
    excluded: bool = False
    onset: TimeElement | None = None


class Disease(_Part, frozen=True):
    """A disease, present or excluded."""

    term: OntologyClass = OntologyClass()
    excluded: bool = False
    onset: TimeElement | None = None


class Diagnosis(_Part, frozen=True):
    """What an interpretation came to."""

    disease: OntologyClass = OntologyClass()


class Interpretation(_Part, frozen=True):
    """The reading of a genomic test."""

    progress_status: str = ""
    diagnosis: Diagnosis | None = None


class ExternalReference(_Part, frozen=True):
    """A publication."""

    id: str = ""


class MetaData(_Part, frozen=True):
    """What the packet says of itself."""

    external_references: list[ExternalReference] = []
    phenopacket_schema_version: str = ""


class Phenopacket(_Part, frozen=True):
    """One patient."""

    id: str = ""
    subject: Individual = Individual()
    phenotypic_features: list[PhenotypicFeature] = []
    diseases: list[Disease] = []
    interpretations: list[Interpretation] = []
    meta_data: MetaData = MetaData()


class Cohort(_Part, frozen=True):
    """Several patients in one file; a family has its index patient and relatives."""

    members: list[Phenopacket] = []
    proband: Phenopacket | None = None


class PacketError(Exception):
    """A file that is no phenopacket.

    Attributes
    ----------
    expected : str
        What should be where, without a value of the file.
    """

    def __init__(self, expected: str) -> None:
        super().__init__(expected)
        self.expected = expected


_PACKET = msgspec.json.Decoder(Phenopacket)
_COHORT = msgspec.json.Decoder(Cohort)
_KEYS = msgspec.json.Decoder(dict[str, msgspec.Raw])


def packets_of(content: bytes) -> list[Phenopacket]:
    """Return the packets of a file: one, the members of a cohort, or a family's index patient.

    Raises
    ------
    PacketError
        With the place of the first thing that is not as the schema says.
    """
    try:
        keys = _KEYS.decode(content).keys()
        if "members" in keys:
            found = _COHORT.decode(content).members
        elif "proband" in keys:
            family = _COHORT.decode(content).proband
            found = [] if family is None else [family]
        else:
            found = [_PACKET.decode(content)]
    except msgspec.ValidationError as error:
        # It names types and the place, never the value.
        raise PacketError(f"a phenopacket of schema version 2: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise PacketError("JSON text in UTF-8, complete to its last brace") from None
    if not any(each.subject.id or each.id or each.phenotypic_features for each in found):
        raise PacketError("a phenopacket with id, subject and phenotypicFeatures")
    if any(len(each.phenotypic_features) > MOST_FEATURES for each in found):
        raise PacketError(f"at most {MOST_FEATURES} phenotypicFeatures")
    return found
