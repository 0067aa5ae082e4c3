"""What a hospital chooses about monitoring: ``monitoring.toml`` in the node's folder."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from shared.drift.finding import LEAST_ROWS
from shared.settings_file import StrictModel, load

MONITORING_FILE = "monitoring.toml"


class MonitoringSettings(StrictModel):
    """The content of ``monitoring.toml``; the defaults are those of a node without the file.

    Attributes
    ----------
    window_rows : int
        Answers of the model in service that are looked at: the last ones, each patient once.
    window_days : int
        Older ones are not looked at.
    least_rows : int
        With fewer rows there is no verdict on drift.
    false_discovery_rate : float
        Share of false alarms among all alarms on average; a window without any drift alarms with at
        most this chance.
    cut_off_level : float
        Share of windows without drift above the cut-offs that are shown beside each distance.
    confirmed_days : int
        Answers of so many days are held against confirmed diagnoses.
    least_confirmed : int
        With fewer confirmed cases of a disease there is no verdict on its recall.
    least_recall : float
        The lower bound of a disease's recall (95%, Wilson) that calls for attention. 0 asks for
        nothing.
    recall_of : dict of str to float
        The same of single diseases, by code.
    """

    window_rows: int = Field(default=1_000, ge=50, le=20_000)
    window_days: int = Field(default=90, ge=1, le=3_650)
    least_rows: int = Field(default=LEAST_ROWS, ge=50)
    false_discovery_rate: float = Field(default=0.01, gt=0, le=0.2)
    cut_off_level: float = Field(default=0.01, gt=0, le=0.2)
    confirmed_days: int = Field(default=365, ge=1, le=3_650)
    least_confirmed: int = Field(default=50, ge=5)
    least_recall: float = Field(default=0.0, ge=0, lt=1)
    recall_of: dict[str, float] = Field(default_factory=dict)


def read_settings(home: Path) -> MonitoringSettings:
    """Read ``monitoring.toml`` of a node's folder; an absent file means the defaults.

    Raises
    ------
    SettingsError
        When it cannot be used.
    """
    path = home / MONITORING_FILE
    return load(MonitoringSettings, path) if path.exists() else MonitoringSettings()
