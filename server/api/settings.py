"""What a federation chooses about its API: ``[api]`` in ``coordinator.toml``."""

from __future__ import annotations

from pydantic import Field

from shared.settings_file import StrictModel


class ApiSettings(StrictModel):
    """How much programs may ask.

    Attributes
    ----------
    per_second : float
        Requests that a token, or an address without one, may go on asking.
    burst : int
        Requests at once, after a pause.
    largest_bytes : int
        Of a request.
    idempotency_hours : int
        How long the answer to a request with an ``Idempotency-Key`` is given again.
    """

    per_second: float = Field(default=20.0, gt=0)
    burst: int = Field(default=60, ge=1)
    largest_bytes: int = Field(default=256 * 1024, ge=1024)
    idempotency_hours: int = Field(default=24, ge=1)
