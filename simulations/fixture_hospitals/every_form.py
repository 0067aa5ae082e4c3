"""The four heart hospitals, each with its data in another system."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from client.sources import load_records
from shared.contract import load_contract
from shared.records import Records
from simulations.fixture_hospitals.fhir import write_fhir
from simulations.fixture_hospitals.flat_files import write_parquet, write_spanish_csv
from simulations.fixture_hospitals.omop import write_omop
from simulations.hospitals import HospitalFiles, write_heart_hospitals

Writer = Callable[[Records, Path], Path]

FORMS: dict[str, tuple[str, Writer]] = {
    "cleveland": ("FHIR bulk export", write_fhir),
    "hungarian": ("OMOP database", write_omop),
    "switzerland": ("CSV in Spanish, other units", write_spanish_csv),
    "va": ("Parquet", write_parquet),
}


def write_in_every_form(data: Path, folder: Path) -> list[HospitalFiles]:
    """Write each hospital's patients as its own system keeps them; return the hospitals.

    Parameters
    ----------
    data : Path
        Folder of the four hospitals' CSV files.
    folder : Path
        Gets one folder with data and mapping for each hospital.
    """
    contract = load_contract("heart_disease")
    written = []
    for hospital in write_heart_hospitals(data, folder / "as-published"):
        records = load_records(contract, hospital.mapping_path).records
        form, write = FORMS[hospital.name]
        mapping = write(records, folder / hospital.name)
        name = f"{hospital.display_name} ({form})"
        written.append(replace(hospital, mapping_path=mapping, display_name=name))
    return written
