"""Who answers for the hospitals of a simulation."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from shared.settings_file import StrictModel


class BackendSettings(StrictModel):
    """Where hospitals are answered; the results are the same to the digit.

    Attributes
    ----------
    kind : str
        ``in_process``: one hospital after the other. ``threads`` or ``processes``: several at a
        time on this machine. ``ray``: Flower's own simulation, on one machine or many.
    workers : int
        Hospitals at a time; 0 is one per core.
    address : str
        Of a Ray cluster that runs already; empty starts one on this machine.
    """

    kind: Literal["in_process", "threads", "processes", "ray"] = "in_process"
    workers: int = Field(default=0, ge=0)
    address: str = ""

    @model_validator(mode="after")
    def _settings_fit_the_kind(self) -> Self:
        if self.kind == "in_process" and self.workers > 1:
            raise ValueError("in_process has one worker; choose threads, processes or ray")
        if self.address and self.kind != "ray":
            raise ValueError("only ray has an address")
        if self.address and self.workers:
            raise ValueError("a running Ray cluster has its own number of workers")
        return self
