"""What a hospital chooses about answers: ``serving.toml`` in the node's folder."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from shared.settings_file import StrictModel, load

SERVING_FILE = "serving.toml"


class ServingSettings(StrictModel):
    """The content of ``serving.toml``; the defaults are those of a node without the file.

    Attributes
    ----------
    coverage : float
        How often prediction sets are to hold the disease. Where the model was not fitted for it,
        the nearest coverage above is taken, or else the highest.
    largest_set : int
        With more diseases in the set, there is not enough evidence.
    least_known_share : float
        With a smaller share of the model's features recorded, there is not enough evidence. A set
        of terms counts as one feature, recorded where it holds any.
    most_ranked : int
        Diseases that an answer ranks; a larger prediction set is ranked as a whole.
    latency_limit : float
        Seconds that 99% of the answers to single golden cases may take; slower models are refused.
    kept_versions : int
        Models that are kept beside the active, the pinned and the shadow one.
    answers_per_commit : int
        Answers waiting at the same moment that one transaction may write. None waits for others to
        come, and none is given before it is written; 1 gives each answer a transaction of its own.
    busy_seconds : float
        That a request waits where another program holds the node's SQLite database; then it is
        told so.
    least_free_megabytes : int
        With less left on the disk of the node's folder, or of its database, `/readyz` says that the
        node is not ready. Answers are given as long as they can be written down.
    train_on_confirmed : bool
        Whether runs also see the confirmed cases of patients whom the source does not hold.
    """

    coverage: float = Field(default=0.9, gt=0, lt=1)
    largest_set: int = Field(default=5, ge=1)
    least_known_share: float = Field(default=0.2, ge=0, le=1)
    most_ranked: int = Field(default=20, ge=1)
    latency_limit: float = Field(default=0.25, gt=0)
    kept_versions: int = Field(default=5, ge=1)
    answers_per_commit: int = Field(default=64, ge=1, le=1_000)
    busy_seconds: float = Field(default=5.0, gt=0, le=60)
    least_free_megabytes: int = Field(default=100, ge=0)
    train_on_confirmed: bool = False


def read_settings(home: Path) -> ServingSettings:
    """Read ``serving.toml`` of a node's folder; an absent file means the defaults.

    Raises
    ------
    SettingsError
        When it cannot be used.
    """
    path = home / SERVING_FILE
    return load(ServingSettings, path) if path.exists() else ServingSettings()
