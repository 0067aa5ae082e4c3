"""An engine is made, signed, found by its name, and answers at a hospital."""

from __future__ import annotations

from pathlib import Path

import pytest
import tomli_w
from typer.testing import CliRunner

from client.ranking.opening import open_rankings
from client.serving.case import Case
from client.serving.services import open_services
from server.cli import app
from server.deployment.chosen_model import chosen_model
from server.home import CoordinatorHome, create_home
from shared.bundle.manifest import CARD
from tests.unit.client.api.conftest import write_home
from tests.unit.client.ranking.conftest import CONTRACT
from tests.unit.shared.annotation_engine.test_engine import HEADER, ROWS


@pytest.fixture
def coordinator(tmp_path: Path) -> CoordinatorHome:
    plain = CONTRACT.model_dump(mode="json", exclude_none=True)
    (tmp_path / "contract.toml").write_text(tomli_w.dumps(plain))
    home = create_home(
        tmp_path / "coordinator", "Test", "127.0.0.1:1", str(tmp_path / "contract.toml")
    )
    lines = ["\t".join((*row[:5], "PCS", "", row[5], "", "", row[6], "HPO")) for row in ROWS]
    home.ontology_file.parent.mkdir(exist_ok=True)
    home.ontology_file.with_name("phenotype.hpoa").write_text(HEADER + "\n".join(lines) + "\n")
    return home


def test_an_engine_is_made_deployed_and_answers(
    coordinator: CoordinatorHome, tmp_path: Path
) -> None:
    where = ["--home", str(coordinator.path)]
    made = CliRunner().invoke(app, ["engine", *where])
    assert made.exit_code == 0, made.output
    assert "juntos coordinator deploy engine-0001/disease_ranking" in made.output
    with chosen_model(coordinator, "engine-0001") as chosen:
        folder = chosen.folder
    assert "3 diseases" in (folder / CARD).read_text()
    verified = CliRunner().invoke(app, ["verify", str(folder), *where])
    assert "engine annotations-1 of engine-0001" in verified.output
    home = write_home(tmp_path / "node", CONTRACT)
    key = coordinator.signing_key().public_key()
    (home / "coordinator.pub").write_bytes(_openssh(key))
    services = open_services(home)
    store = open_rankings(services.home, services.settings)
    store.install(folder)
    assert store.engine is not None
    output = store.engine.output(Case({"findings": ("HP:0001166",), "absent_findings": ()}))
    assert output["ranked"][0]["code"] == "OMIM:2"
    store.close()
    services.close()


def test_a_file_that_is_no_annotations_is_refused(
    coordinator: CoordinatorHome, tmp_path: Path
) -> None:
    (tmp_path / "other.txt").write_text("nothing")
    refused = CliRunner().invoke(
        app,
        [
            *("engine", "--home", str(coordinator.path)),
            *("--annotations", str(tmp_path / "other.txt")),
        ],
    )
    assert refused.exit_code != 0
    assert not list(coordinator.runs.glob("engine-*"))


def _openssh(key: object) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)  # type: ignore[attr-defined, no-any-return]
