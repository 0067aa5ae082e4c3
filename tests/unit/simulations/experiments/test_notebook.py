"""The notebook runs from its first cell to its last."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import simulations

NOTEBOOK = Path(simulations.__file__).parent / "notebooks" / "experiment.ipynb"


def test_the_notebook_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    for cell in cells:
        if cell["cell_type"] == "code":
            source = "".join(cell["source"]).replace("[10, 30, 100]", "[3, 6]")
            exec(source.replace("seeds = [0, 1]", 'seeds = [0]\nmlflow = "none"'), names)  # noqa: S102
    assert len(names["gains"]) == 4
    assert names["table"][names["trees"]].nunique() == 2
    assert (tmp_path / "results" / "report.html").exists()
