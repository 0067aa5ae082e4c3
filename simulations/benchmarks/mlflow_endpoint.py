"""The same model as MLflow serves models; this file is the model's code, loaded by MLflow.

``python -m simulations.benchmarks.mlflow_endpoint NODE FOLDER`` writes the MLflow model.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel

from client.home import open_home
from client.serving.case_reader import CaseReader
from client.serving.services import open_store
from client.serving.settings import read_settings


class ServedByMlflow(PythonModel):
    """Answers cases with the model of a node's folder."""

    def load_context(self, context: Any) -> None:  # noqa: ANN401 - MLflow's
        """Load the model once."""
        home = Path(context.model_config["home"])
        opened = open_home(home)
        store = open_store(opened, read_settings(home))
        self._model = store.active
        self._reader = CaseReader(opened.contract(), store.terminology)

    def predict(
        self,
        context: Any,  # noqa: ANN401, ARG002 - MLflow's
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,  # noqa: ARG002 - MLflow's
    ) -> list[dict[str, float]]:
        """Answer one case a row."""
        cases = [self._reader.read(json.loads(each)) for each in model_input["case"]]
        leaves = self._model.contract.leaves
        return [
            dict(zip(leaves, row.tolist(), strict=True)) for row in self._model.probabilities(cases)
        ]


set_model(ServedByMlflow())


if __name__ == "__main__":
    mlflow.pyfunc.save_model(
        sys.argv[2], python_model=__file__, model_config={"home": sys.argv[1]}, pip_requirements=[]
    )
