"""A Flower app that carries its own code: arrays and a long text to a node and back."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from server.flower_command import CONNECTION, flower_command
from server.flower_run import run_status
from server.home import CoordinatorHome
from tests.foreign_app import app_content

ECHO_SETTINGS = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "echo"
version = "0.1.0"
description = "Sends arrays to every node and back."
license = { file = "LICENSE" }
dependencies = ["flwr>=1.41.0"]
[tool.flwr.app]
publisher = "juntos"
fab-format-version = 1
flwr-version-target = "1.41.0"
[tool.flwr.app.components]
serverapp = "echo.server:app"
clientapp = "echo.client:app"
[tool.flwr.app.config]
run = ""
"""
ECHO_SERVER = """
import os
from pathlib import Path
import numpy as np
from flwr.app import Array, ArrayRecord, ConfigRecord, Message, RecordDict
from flwr.serverapp import ServerApp
app = ServerApp()
@app.main()
def main(grid, context):
    values = np.arange(2_000_000, dtype=np.float32)
    content = RecordDict({"arrays": ArrayRecord({"values": Array(values)}),
                          "text": ConfigRecord({"long": "x" * 2_000_000})})
    node = list(grid.get_node_ids())[0]
    message = Message(content, dst_node_id=node, message_type="query.echo")
    reply = list(grid.send_and_receive([message], timeout=90))[0]
    same = (reply.content["arrays"]["values"].numpy() == values).all()
    long = len(reply.content["text"]["long"])
    result = f"{same} {long} {reply.content['node']['home']} {context.run_config['run']}"
    Path(os.environ["JUNTOS_COORDINATOR_HOME"], "runs", "echo").write_text(result)
"""
ECHO_CLIENT = """
from flwr.app import ConfigRecord, Message
from flwr.clientapp import ClientApp
app = ClientApp()
@app.query("echo")
def echo(message, context):
    message.content["node"] = ConfigRecord({"home": str(context.node_config["home"])})
    return Message(message.content, reply_to=message)
"""


def echoed(home: CoordinatorHome, folder: Path, approve: Callable[[str], None]) -> str:
    """Run an app that sends 10 MB to a node and back; return what it found.

    Parameters
    ----------
    approve : callable
        Is given the hash of the app before the run is started.
    """
    app = folder / "app"
    (app / "echo").mkdir(parents=True)
    for name, text in {
        "pyproject.toml": ECHO_SETTINGS,
        "README.md": "Echo",
        "LICENSE": "Apache-2.0",
        "echo/__init__.py": "",
        "echo/server.py": ECHO_SERVER,
        "echo/client.py": ECHO_CLIENT,
    }.items():
        (app / name).write_text(text)
    approve(app_content(app)[1])
    started = flower_command(home, "run", str(app), CONNECTION, "--run-config", 'run="run-7"')
    result = home.runs / "echo"
    deadline = time.monotonic() + 120
    while not result.exists() and time.monotonic() < deadline:
        time.sleep(0.5)
    assert result.exists(), run_status(home, str(started["run-id"]))
    return result.read_text()
