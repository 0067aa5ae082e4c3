"""What a phenopacket says of its patient, in plain values."""

from __future__ import annotations

from dataclasses import dataclass

from client.sources.phenopackets.durations import age_in
from client.sources.phenopackets.packet import Phenopacket, TimeElement

SEXES = frozenset({"MALE", "FEMALE", "OTHER_SEX"})
# What a test has settled goes before what it has not.
SETTLED = frozenset({"SOLVED", "COMPLETED"})


@dataclass(frozen=True)
class PacketFacts:
    """One patient.

    Attributes
    ----------
    patient : str
        The hospital's own number, ``subject.id``; else the packet's.
    sex : str
        ``MALE``, ``FEMALE``, ``OTHER_SEX``, or empty.
    age, onset : float or None
        Years at the last encounter, and when the disease or its first finding began.
    onset_class : str
        Code of the class of ages, where there is one instead.
    observed, excluded : tuple of str
        Codes of findings as they are written, each once.
    diseases : tuple of str
        Codes of diagnoses: of interpretations that are settled, else of diseases.
    publication : str
        ``PMID:10077612`` or empty.
    unreadable : tuple of str
        Places whose age is no duration.
    """

    patient: str
    sex: str
    age: float | None
    onset: float | None
    onset_class: str
    observed: tuple[str, ...]
    excluded: tuple[str, ...]
    diseases: tuple[str, ...]
    publication: str
    unreadable: tuple[str, ...] = ()


def facts_of(packet: Phenopacket) -> PacketFacts:
    """Return what is read of a packet."""
    unreadable: list[str] = []

    def age_at(place: str, time: TimeElement | None) -> float | None:
        found, is_readable = age_in(time)
        if not is_readable:
            unreadable.append(place)
        return found

    begun = [
        (each.onset, f"diseases[{index}].onset")
        for index, each in enumerate(packet.diseases)
        if not each.excluded
    ]
    found = [
        (each.onset, f"phenotypicFeatures[{index}].onset")
        for index, each in enumerate(packet.phenotypic_features)
        if not each.excluded
    ]
    of_diseases = [age for time, place in begun if (age := age_at(place, time)) is not None]
    of_findings = [age for time, place in found if (age := age_at(place, time)) is not None]
    onsets = of_diseases or of_findings
    classes = [time.ontology_class.id for time, _ in begun if time and time.ontology_class]
    sex = packet.subject.sex.upper()
    references = [each.id for each in packet.meta_data.external_references]
    return PacketFacts(
        patient=packet.subject.id or packet.id,
        sex=sex if sex in SEXES else "",
        age=age_at("subject.timeAtLastEncounter", packet.subject.time_at_last_encounter),
        onset=min(onsets) if onsets else None,
        onset_class=classes[0] if classes else "",
        observed=_codes(packet, excluded=False),
        excluded=_codes(packet, excluded=True),
        diseases=_diseases(packet),
        publication=next((each for each in references if each.upper().startswith("PMID")), ""),
        unreadable=tuple(unreadable),
    )


def _codes(packet: Phenopacket, *, excluded: bool) -> tuple[str, ...]:
    codes = [
        each.type.id
        for each in packet.phenotypic_features
        if each.excluded == excluded and each.type
    ]
    return tuple(dict.fromkeys(code for code in codes if code))


def _diseases(packet: Phenopacket) -> tuple[str, ...]:
    settled = [
        each.diagnosis.disease.id
        for each in packet.interpretations
        if each.diagnosis is not None and each.progress_status.upper() in SETTLED
    ]
    present = [each.term.id for each in packet.diseases if not each.excluded]
    return tuple(dict.fromkeys(code for code in settled or present if code))
