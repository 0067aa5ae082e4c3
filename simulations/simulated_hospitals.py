"""Four invented hospitals of the demonstration: whom they see, and how they write it down.

Names, patients and habits are made up. What is meant to be true to life is how the hospitals
differ: size, case mix, depth of annotation, missing features, languages, codes, units and file
formats.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from simulations.local_forms import LocalColumn, LocalForm
from simulations.patients import Habits

# Local codes of the diagnoses: OMIM number, Orphanet number, abbreviation, words.
DIAGNOSES = {
    "OMIM:162200": ("162200", "636", "NF1", "Neurofibromatosis type 1"),
    "OMIM:163950": ("163950", "648", "NS", "Noonan syndrome"),
    "OMIM:154700": ("154700", "558", "MFS", "Marfan syndrome"),
    "OMIM:188400": ("188400", "567", "DGS", "DiGeorge syndrome"),
    "OMIM:310200": ("310200", "98896", "DMD", "Duchenne muscular dystrophy"),
    "OMIM:300376": ("300376", "98895", "BMD", "Becker muscular dystrophy"),
    "OMIM:609192": ("609192", "60030", "LDS", "Loeys-Dietz syndrome"),
    "OMIM:130050": ("130050", "286", "vEDS", "Vascular Ehlers-Danlos syndrome"),
    "OMIM:108300": ("108300", "90653", "STL", "Stickler syndrome"),
    "OMIM:218040": ("218040", "3071", "CS", "Costello syndrome"),
    "OMIM:115150": ("115150", "1340", "CFC", "Cardiofaciocutaneous syndrome"),
    "OMIM:611431": ("611431", "137605", "LGS", "Legius syndrome"),
    "OMIM:147920": ("147920", "2322", "KS", "Kabuki syndrome"),
    "OMIM:214800": ("214800", "138", "CHARGE", "CHARGE syndrome"),
    "OMIM:122470": ("122470", "199", "CdLS", "Cornelia de Lange syndrome"),
    "OMIM:194050": ("194050", "904", "WS", "Williams syndrome"),
    "OMIM:191100": ("191100", "805", "TSC", "Tuberous sclerosis"),
    "ORPHA:536391": ("RASopathy", "536391", "RAS?", "RASopathy, gene not known"),
}
# Patients per hospital, in the order of SIMULATED_HOSPITALS.
CASE_MIX = {
    "OMIM:162200": (118, 52, 34, 14),
    "OMIM:163950": (92, 44, 18, 14),
    "OMIM:154700": (88, 34, 42, 13),
    "OMIM:188400": (58, 54, 20, 14),
    "OMIM:310200": (26, 56, 8, 12),
    "OMIM:300376": (0, 3, 0, 1),
    "OMIM:609192": (3, 2, 2, 1),
    "OMIM:130050": (3, 0, 3, 0),
    "OMIM:108300": (3, 1, 2, 1),
    "OMIM:218040": (1, 1, 1, 0),
    "OMIM:115150": (2, 1, 0, 1),
    "OMIM:611431": (3, 0, 2, 1),
    "OMIM:147920": (2, 4, 0, 1),
    "OMIM:214800": (2, 3, 0, 1),
    "OMIM:122470": (2, 1, 1, 1),
    "OMIM:194050": (4, 4, 2, 2),
    "OMIM:191100": (6, 0, 2, 2),
    "ORPHA:536391": (7, 0, 3, 1),
}


def _labels(form: int) -> dict[str, str]:
    return {code: names[form] for code, names in DIAGNOSES.items()}


def _case_mix(hospital: int) -> dict[str, int]:
    return {code: counts[hospital] for code, counts in CASE_MIX.items() if counts[hospital]}


@dataclass(frozen=True)
class SimulatedHospital:
    """One invented hospital.

    Attributes
    ----------
    name : str
        Short name, safe in paths and commands.
    display_name : str
        For people.
    case_mix : mapping of str to int
        Patients per class of the contract.
    habits : Habits
    form : LocalForm
    """

    name: str
    display_name: str
    case_mix: Mapping[str, int]
    habits: Habits
    form: LocalForm


SPANISH_CSV = LocalForm(
    kind="csv",
    file="consultas.csv",
    separator=";",
    encoding="latin-1",
    decimal=",",
    missing="ND",
    patient="paciente",
    label="diagnostico_orpha",
    labels=_labels(1),
    columns=[
        LocalColumn("age", "edad", unit="a", decimals=1),
        LocalColumn("sex", "sexo", codes={"female": "M", "male": "H", "other": "O"}),
        LocalColumn("family_history", "antecedentes_familiares", flag=("S", "N")),
        LocalColumn("consanguinity", "consanguinidad", flag=("S", "N"), missing_share=0.2),
        LocalColumn("creatine_kinase", "ck", unit="U/L", missing_share=0.3),
        LocalColumn("phenotypes", "hallazgos_hpo", separator=","),
        LocalColumn("note", "nota"),
    ],
)
PARQUET = LocalForm(
    kind="parquet",
    file="genetics_clinic.parquet",
    patient="record",
    label="omim",
    labels=_labels(0),
    columns=[
        LocalColumn("age", "age_months", unit="mo", factor=12),
        LocalColumn("sex", "sex", codes={"female": "F", "male": "M", "other": "X"}),
        LocalColumn("family_history", "relative_affected", flag=("yes", "no"), missing_share=0.1),
        LocalColumn("consanguinity", "consanguinity", flag=("yes", "no"), missing_share=0.9),
        LocalColumn("creatine_kinase", "ck_u_l", unit="U/L", missing_share=0.1),
        LocalColumn("phenotypes", "hpo_terms", separator="|"),
    ],
)
DATABASE = LocalForm(
    kind="sql",
    file="registry.sqlite",
    patient="patient_number",
    label="diagnosis",
    labels=_labels(2),
    columns=[
        LocalColumn("age", "age_years", unit="a"),
        LocalColumn("sex", "sex_code", codes={"male": "1", "female": "2", "other": "9"}),
        LocalColumn("family_history", "family_positive", flag=("1", "0")),
        LocalColumn("consanguinity", "parents_related", flag=("1", "0"), missing_share=0.3),
        LocalColumn(
            *("creatine_kinase", "ck_ukat_l", "ukat/L"),
            factor=1 / 60,
            decimals=3,
            missing_share=0.5,
        ),
        LocalColumn("phenotypes", "findings", separator=";"),
        LocalColumn("note", "summary"),
    ],
)
# No creatine kinase, no notes, and nobody asks whether the parents are related.
PLAIN_CSV = LocalForm(
    kind="csv",
    file="outpatients.csv",
    missing="unknown",
    patient="number",
    label="diagnosis",
    labels=_labels(3),
    columns=[
        LocalColumn("age", "age", unit="a"),
        LocalColumn("sex", "gender", codes={"female": "F", "male": "M", "other": "D"}),
        LocalColumn("family_history", "family_history", flag=("Y", "N"), missing_share=0.5),
        LocalColumn("phenotypes", "findings", separator=";"),
    ],
)

SIMULATED_HOSPITALS = (
    SimulatedHospital(
        "san_aurelio",
        "Hospital San Aurelio",
        _case_mix(0),
        Habits(detail=0.7, imprecision=0.2, noise=1.5, note_share=0.3, language="es"),
        SPANISH_CSV,
    ),
    SimulatedHospital(
        "lindenmoor",
        "Lindenmoor Children's Hospital",
        _case_mix(1),
        Habits(detail=0.65, imprecision=0.25, noise=1.5),
        PARQUET,
    ),
    SimulatedHospital(
        "alderbrook",
        "Alderbrook Royal Infirmary",
        _case_mix(2),
        Habits(detail=0.65, imprecision=0.25, noise=1.5, note_share=0.4),
        DATABASE,
    ),
    SimulatedHospital(
        "westermark",
        "Westermark District Hospital",
        _case_mix(3),
        Habits(detail=0.55, imprecision=0.35, noise=1.0),
        PLAIN_CSV,
    ),
)
