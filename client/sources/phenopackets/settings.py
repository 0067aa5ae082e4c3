"""The ``[source]`` of a mapping whose kind is ``phenopackets``."""

from __future__ import annotations

from typing import Literal

from client.sources.file_settings import FileSettings

# The columns that every packet has; nothing else of it is ever read.
PATIENT, SEX, AGE, ONSET, ONSET_CLASS = "patient", "sex", "age_years", "onset_years", "onset_class"
OBSERVED, EXCLUDED, DISEASE, PUBLICATION = "observed", "excluded", "disease", "publication"
COLUMNS = (PATIENT, SEX, AGE, ONSET, ONSET_CLASS, OBSERVED, EXCLUDED, DISEASE, PUBLICATION)


class PhenopacketsSettings(FileSettings):
    """A file with one phenopacket or a cohort of them, a folder of such files, or a ZIP of one."""

    kind: Literal["phenopackets"]
