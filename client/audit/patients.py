"""A patient's local number, as pseudonyms have it."""

from __future__ import annotations

from client.home import NodeHome


def pseudonym(home: NodeHome, patient: str) -> str:
    """Return the pseudonym that the patient's rows have at this node.

    Raises
    ------
    SettingsError
        When it is nobody's number, or the node's key or mapping cannot be used.
    """
    # Reads tables, which most requests do not need.
    from client.sources.mapping import load_mapping
    from client.sources.pseudonyms import patient_key
    from client.sources.whose_rows import pseudonym_of

    key = patient_key(home.patient_key_file)
    return pseudonym_of(load_mapping(home.mapping_file), key, patient)
