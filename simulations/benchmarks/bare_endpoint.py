"""What anyone would write first: FastAPI around the same model, without keys, audit or reasons.

``python -m simulations.benchmarks.bare_endpoint NODE PORT``
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from client.home import open_home
from client.serving.case_reader import CaseReader
from client.serving.services import open_store
from client.serving.settings import read_settings


class Question(BaseModel):
    """One case."""

    case: dict[str, Any]


def endpoint(home: Path) -> FastAPI:
    """Return an application that answers cases with the model of a node's folder."""
    opened = open_home(home)
    store = open_store(opened, read_settings(home))
    model = store.active
    reader = CaseReader(opened.contract(), store.terminology)
    application = FastAPI()

    @application.post("/predict")
    def predict(question: Question) -> dict[str, float]:
        probabilities = model.probabilities([reader.read(question.case)])[0]
        return dict(zip(model.contract.leaves, probabilities.tolist(), strict=True))

    return application


if __name__ == "__main__":
    uvicorn.run(
        endpoint(Path(sys.argv[1])), port=int(sys.argv[2]), access_log=False, log_level="warning"
    )
