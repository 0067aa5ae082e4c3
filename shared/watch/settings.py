"""What a run that watches asks for, and when something is called changed."""

from __future__ import annotations

from pydantic import Field

from shared.settings_file import StrictModel


class WatchSettings(StrictModel):
    """A run that asks how the models in service do, and trains nothing.

    Attributes
    ----------
    enabled : bool
    hospitals : list of str
        Who is asked; everyone without it.
    window_rows, window_days : int
        Answers of the model in service that are looked at: the last ones, each patient once.
    confirmed_days : int
        Confirmed diagnoses of so many days are held against answers.
    false_alarm_rate : float
        The chance that a watch in which nothing has changed alarms at all, data and scores of all
        hospitals taken together; of several alarms, at most this share is false on average.
    cut_off_level : float
        Share of windows without drift above the cut-offs that are shown beside each distance.
    simulated_windows : int
        At least, for each thing that is compared; the cut-offs are taken of them.
    least_rows : int
        With fewer rows there is no verdict on drift.
    least_confirmed : int
        With fewer confirmed cases there is no verdict on performance.
    least_recall : float
        Under it the lower bound of a disease's recall (95%, Wilson) alarms; 0 asks for nothing.
    recall_of : dict of str to float
        The same of single diseases, by code.
    least_auc : float
        The same for the mean area under the curve over the coarsest classes; 0 asks for nothing.
    largest_calibration_error : float
        The expected calibration error that is surely exceeded alarms; 1 asks for nothing.
    largest_fall : float
        The accuracy that may be lost against the first confirmed diagnoses of the same model; what
        is surely lost beyond it alarms.
    keep_days : int
        Answers and verdicts that are older are removed; 0 keeps all.
    """

    enabled: bool = False
    hospitals: list[str] = Field(default_factory=list)
    window_rows: int = Field(default=1_000, ge=50, le=20_000)
    window_days: int = Field(default=90, ge=1, le=3_650)
    confirmed_days: int = Field(default=365, ge=1, le=3_650)
    false_alarm_rate: float = Field(default=0.01, gt=0, le=0.2)
    cut_off_level: float = Field(default=0.01, gt=0, le=0.2)
    simulated_windows: int = Field(default=1_000, ge=200, le=20_000)
    least_rows: int = Field(default=200, ge=50)
    least_confirmed: int = Field(default=50, ge=5)
    least_recall: float = Field(default=0.0, ge=0, lt=1)
    recall_of: dict[str, float] = Field(default_factory=dict)
    least_auc: float = Field(default=0.0, ge=0, lt=1)
    largest_calibration_error: float = Field(default=1.0, gt=0, le=1)
    largest_fall: float = Field(default=0.0, ge=0, lt=1)
    keep_days: int = Field(default=0, ge=0)
