"""What requests hold and answers look like; the description of the API is made of these."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from shared.http.described_problems import FieldErrorBody, Problem
from shared.settings_file import StrictModel

__all__ = ["FieldErrorBody", "Problem"]

# Filled in with the contract's own schema, see `client.api.description`.
CaseContent = Annotated[
    dict[str, Any],
    Field(
        description="By feature of the contract; what is not known is left out.",
        json_schema_extra={"x-juntos": "case"},
    ),
]
Patient = Annotated[
    str | None,
    Field(
        max_length=200,
        min_length=1,
        description="The hospital's own number of the patient; kept as a pseudonym.",
    ),
]


class NamedCase(StrictModel):
    """One case, and whose it is."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    case: CaseContent
    patient: Patient = None


class PredictionRequest(NamedCase):
    """One case to answer."""

    explain: bool = Field(
        default=False, description="Say what spoke for and against, and what to look at next."
    )
    explain_code: str | None = Field(
        default=None,
        max_length=64,
        description="The disease to explain; the most probable one without it.",
    )


class BatchRequest(StrictModel):
    """Several cases to answer at once."""

    cases: list[NamedCase] = Field(min_length=1)


class ModelReference(StrictModel):
    """Which model answered."""

    version: str
    digest: str


class ContractReference(StrictModel):
    """Which contract the case was read by."""

    version: str
    hash: str


class RankedDiseaseBody(StrictModel):
    """One disease of the differential."""

    code: str
    name: str
    probability: float = Field(description="Calibrated.")
    training_cases: int | None = Field(
        description="Cases the model learned it from, at all hospitals together; null if unknown."
    )
    in_set: bool


class OtherDiseases(StrictModel):
    """All that are not ranked."""

    diseases: int
    probability: float


class PredictionSet(StrictModel):
    """The diseases among which the right one is, as often as the coverage says."""

    coverage: float | None = Field(description="Null where the model has no cut-offs.")
    codes: list[str]


class ReasonBody(StrictModel):
    """One finding that spoke for or against."""

    feature: str
    term: str
    words: str
    weight: float


class NextFindingBody(StrictModel):
    """One finding to check next."""

    feature: str
    term: str
    words: str
    expected_drop_bits: float


class ExplanationBody(StrictModel):
    """Why the disease has its probability."""

    code: str
    scale: str
    baseline: float
    supporting: list[ReasonBody]
    opposing: list[ReasonBody]
    next_findings: list[NextFindingBody]


class PredictionAnswer(StrictModel):
    """The differential of one patient."""

    prediction_id: str
    request_id: str
    time: str
    model: ModelReference
    contract: ContractReference
    ranked: list[RankedDiseaseBody]
    other: OtherDiseases
    prediction_set: PredictionSet
    enough_evidence: bool
    why_not: str = Field(description="In words, where there is not enough evidence.")
    why_not_code: str
    explanation: ExplanationBody | None = None


class AnsweredCase(StrictModel):
    """One case of a batch that was answered."""

    index: int
    prediction: PredictionAnswer


class RefusedCase(StrictModel):
    """One case of a batch that does not meet the contract."""

    index: int
    problem: Problem


class BatchAnswer(StrictModel):
    """All cases of a batch, in their order."""

    request_id: str
    answered: int
    refused: int
    results: list[AnsweredCase | RefusedCase]


class StoredModelBody(StrictModel):
    """One model in the store."""

    digest: str
    version: str
    label: str
    installed_at: str
    source: str
    role: str
    pinned: bool


class StoredModelList(StrictModel):
    """All models in the store, the newest first."""

    models: list[StoredModelBody]


class BatchFile(StrictModel):
    """A file of cases, and how far it is."""

    id: str
    state: Literal["waiting", "running", "finished"]
    created: str
    cases: int
    answered: int
    refused: int
    problem: str = Field(description="Why it does not go on; the node tries again by itself.")


class BatchFileList(StrictModel):
    """Files of cases."""

    batches: list[BatchFile]


class ConfirmationRequest(StrictModel):
    """What a patient turned out to have."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    code: str = Field(
        max_length=64,
        description="Of the contract, finest or coarser; empty takes back what the source said.",
    )
    prediction_id: str | None = Field(
        default=None, max_length=64, description="The answer it is about; or else the patient."
    )
    patient: Patient = None
    date: str | None = Field(
        default=None,
        pattern=r"^\d{4}-\d{2}-\d{2}$",
        description="Day of the diagnosis; today without it.",
    )
    source: str = Field(default="", max_length=64, description="Such as pathology.")
    resolves: bool = Field(
        default=False, description="Whether it settles what other sources said before."
    )


State = Literal["confirmed", "conflict", "withdrawn"]


class ConfirmationAnswer(StrictModel):
    """All that is said about the case now."""

    state: State
    code: str
    date: str
    prediction_id: str
    statements: int
