"""FHIR R4: a folder of exported files, or a server, reduced to one row per patient or encounter."""
