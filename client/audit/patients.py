"""Patients' local numbers, as pseudonyms have them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from client.home import NodeHome
from client.sources.mapping import load_mapping
from client.sources.pseudonyms import patient_key, pseudonym_of_number


@dataclass(frozen=True)
class Patients:
    """The patients of a node; its key and mapping are read once, when they are first needed."""

    home: NodeHome

    def pseudonym(self, patient: str) -> str:
        """Return the pseudonym that the patient's rows have at this node.

        Raises
        ------
        SettingsError
            When it is nobody's number, or the node's key or mapping cannot be used.
        """
        return pseudonym_of_number(self._key, patient, self._missing)

    @cached_property
    def _key(self) -> bytes:
        return patient_key(self.home.patient_key_file)

    @cached_property
    def _missing(self) -> frozenset[str]:
        return frozenset(load_mapping(self.home.mapping_file).rows.missing)
