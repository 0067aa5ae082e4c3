"""Makes the pictures of a ranking in the documentation: ``python -m tests.ranking_pictures``.

Made-up hospitals teach the engine; a made-up Phenopacket is dropped on the page.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import tomli_w
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Page

from client.hospital import Hospital, LocalRecords
from client.ranking.opening import open_rankings
from client.serving.services import open_services
from server.home import create_home
from server.ranking.bundling import write_engine
from server.ranking.learning_run import LearningRun
from shared.knowledge.installed import installed_published
from shared.run_settings import run_settings
from simulations.silence import Silent
from tests.integration.ranking_federation import NAMES, grid_of
from tests.integration.test_odd_cases_are_ranked import CONTRACT, records_of
from tests.review_browser import chromium, served, sign_in
from tests.unit.client.api.conftest import write_home

FOLDER = Path(__file__).parents[1] / "docs" / "images"
READER = "Dr. Ana Ruiz"
WIDTH, HEIGHT, LONGEST = 1180, 760, 1250
PRESENT = ("HP:0000508", "HP:0000637", "HP:0001263", "HP:0000494", "HP:0001212", "HP:0001252")
ABSENT = ("HP:0001250", "HP:0000518")
PACKET = {
    "id": "made-up-1",
    "subject": {
        "id": "P-4711",
        "sex": "FEMALE",
        "timeAtLastEncounter": {"age": {"iso8601duration": "P4Y"}},
    },
    "phenotypicFeatures": [
        *({"type": {"id": code, "label": code}} for code in PRESENT),
        *({"type": {"id": code, "label": code}, "excluded": True} for code in ABSENT),
    ],
    "metaData": {"created": "2026-11-25T00:00:00Z", "createdBy": "nobody", "resources": []},
}


# As a person drops a file on the page.
DROP = """
(text) => {
  const data = new DataTransfer();
  data.items.add(new File([text], "packet.json", { type: "application/json" }));
  const dropped = { dataTransfer: data, bubbles: true, cancelable: true };
  document.body.dispatchEvent(new DragEvent("drop", dropped));
}
"""


def learned_node(base: Path) -> Path:
    """Return a node's folder with an engine that two made-up hospitals taught."""
    (base / "contract.toml").write_text(
        tomli_w.dumps(CONTRACT.model_dump(mode="json", exclude_none=True))
    )
    coordinator = create_home(
        base / "coordinator", "Test", "127.0.0.1:1", str(base / "contract.toml")
    )
    settings = run_settings({"ranking": {"enabled": True}, "join_timeout": 1}, [], "pictures")
    grid = grid_of({node: _hospital(node) for node in (1, 2)})
    found = LearningRun(grid, NAMES, CONTRACT, settings, installed_published(), Silent()).run()
    bundle = write_engine(coordinator, "run-0001", settings, found)
    home = write_home(base / "node", CONTRACT)
    public = coordinator.signing_key().public_key()
    (home / "coordinator.pub").write_bytes(
        public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    )
    services = open_services(home)
    store = open_rankings(services.home, services.settings)
    store.install(bundle)
    store.close()
    services.close()
    return home


def _hospital(node: int) -> Hospital:
    records = records_of(node)
    return Hospital(NAMES[node], CONTRACT, lambda: LocalRecords(records))


def take(page: Page, folder: Path, name: str) -> None:
    """Take one picture, cut where the page is long."""
    page.wait_for_timeout(400)
    whole = page.evaluate("document.documentElement.scrollHeight")
    clip = {"x": 0, "y": 0, "width": WIDTH, "height": min(whole, LONGEST)}
    page.screenshot(path=folder / f"{name}.png", full_page=True, clip=clip)  # type: ignore[arg-type]


def main(folder: Path) -> None:
    """Learn, serve, drop the packet, and take pictures of the form and of the ranking."""
    with tempfile.TemporaryDirectory() as temporary, chromium() as browser:
        base = Path(temporary)
        home = learned_node(base)
        context = browser.new_context(locale="en-GB", viewport={"width": WIDTH, "height": HEIGHT})
        page = context.new_page()
        with served(home, READER, page="clinic") as site:
            sign_in(page, site, "clinic")
            page.evaluate(DROP, json.dumps(PACKET))
            page.locator(".chosen li").first.wait_for()
            take(page, folder, "ranking-phenopacket")
            page.keyboard.press("Control+Enter")
            page.wait_for_url("**/answers/*")
            take(page, folder, "ranking-differential")
        context.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
