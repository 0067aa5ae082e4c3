"""A Flower app that is not the release's: it writes a file as soon as a hospital imports it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from flwr.cli.build import build_fab_from_disk

from client.home import POLICY_FILE
from client.privacy.policy_file import approve_code

SETTINGS = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "juntos"
version = "0.1.0"
description = "Says that it is the release's."
license = { file = "LICENSE" }
dependencies = ["flwr>=1.41.0"]
[tool.flwr.app]
publisher = "juntos"
fab-format-version = 1
flwr-version-target = "1.41.0"
[tool.flwr.app.components]
serverapp = "server.app:app"
clientapp = "foreign.client:app"
[tool.flwr.app.config]
run = ""
"""
CLIENT = """
from pathlib import Path
from flwr.app import Message
from flwr.clientapp import ClientApp
Path({marker!r}).write_text("code of somebody else ran here")
app = ClientApp()
@app.query("echo")
def echo(message, context):
    return Message(message.content, reply_to=message)
"""


def write_foreign_app(folder: Path, marker: Path) -> Path:
    """Write the app's folder.

    Parameters
    ----------
    marker : Path
        What it writes when it is imported.
    """
    (folder / "foreign").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(SETTINGS)
    (folder / "README.md").write_text("Foreign")
    (folder / "LICENSE").write_text("Apache-2.0")
    (folder / "foreign" / "__init__.py").write_text("")
    (folder / "foreign" / "client.py").write_text(CLIENT.format(marker=str(marker)))
    return folder


def app_content(folder: Path) -> tuple[bytes, str]:
    """Return the bundle that Flower makes of a folder, and its SHA-256."""
    content = build_fab_from_disk(folder)
    return content, hashlib.sha256(content).hexdigest()


def approve_at(node: Path, code: str) -> None:
    """Approve an app at a node, as its administrator does."""
    approve_code(node / POLICY_FILE, code)
