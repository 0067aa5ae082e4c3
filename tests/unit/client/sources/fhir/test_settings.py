"""A mapping's FHIR source: what is refused before anything is read."""

from __future__ import annotations

import pytest

from client.sources.fhir.settings import FhirSettings
from shared.errors import SettingsError
from shared.settings_file import parse
from tests.unit.client.sources.fhir.small_export import field

SERVER = "https://fhir.example/r4"
OAUTH = {"token_url": "https://fhir.example/token", "client_id": "node"}


def refusal(**content: object) -> str:
    with pytest.raises(SettingsError) as caught:
        parse(FhirSettings, {"kind": "fhir", **content}, "mapping")
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({}, "path or server"),
        ({"path": "x", "server": SERVER}, "not both"),
        ({"path": "x", "oauth": {**OAUTH, "client_secret_env": "S"}}, "for a server"),
        ({"server": "http://fhir.example"}, "https only"),
        ({"server": "https://user:secret@fhir.example"}, "neither user nor password"),
        ({"server": "ftp://fhir.example"}, "https://host"),
        ({"server": SERVER + "?x=y"}, "source.search"),
        ({"server": SERVER, "oauth": OAUTH}, "client_secret_env or client_secret_file"),
        ({"server": SERVER, "oauth": {**OAUTH, "client_secret": "s"}}, "client_secret: Extra"),
        ({"path": "x", "field": [field(), field()]}, "more than one"),
        ({"path": "x", "field": [field(), field("x_unit", value="code")]}, "more than one"),
        ({"path": "x", "field": [field("age")]}, "already"),
        ({"path": "x", "field": [field(code="here|1")]}, "loinc"),
        ({"path": "x", "field": [field(code="loinc|")]}, "names no code"),
        ({"path": "x", "field": [field(resource="Procedure")]}, "field.0"),
        ({"path": "x", "field": [field(value="code", take="mean")]}, "needs numbers"),
        ({"path": "x", "field": [field(otherwise="0")]}, "otherwise needs"),
        ({"path": "x", "field": [field(within_days=3)]}, "within_days needs"),
        ({"path": "x", "field": [field(when="before")]}, "last seen"),
        ({"path": "x", "field": [field(when="encounter")]}, "one_row_per"),
        ({"server": SERVER, "search": {"patient": "x=y"}}, "types that are read"),
        ({"path": "x", "index": "y"}, "index 'y'"),
        ({"path": "x", "index": "x", "field": [field(when="before")]}, "cannot be before"),
        ({"path": "x", "index": "last_encounter", "one_row_per": "encounter"}, "leave out index"),
        (
            {"path": "x", "field": [field(resource="Condition", findings="excluded")]},
            "a flag is false",
        ),
    ],
)
def test_what_does_not_fit_is_refused(content: dict[str, object], said: str) -> None:
    assert said in refusal(**content)


def test_a_small_mapping_suffices() -> None:
    settings = parse(FhirSettings, {"kind": "fhir", "path": "export"}, "mapping")
    assert (settings.one_row_per, settings.index, settings.field) == ("patient", "last_seen", [])
    parse(FhirSettings, {"kind": "fhir", "server": "http://127.0.0.1:8080/fhir"}, "mapping")
