"""`acceptance.toml`: what clinicians ask of a model, and who signs for it."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, model_validator

from shared.contract import Contract
from shared.errors import SettingsError
from shared.settings_file import StrictModel, parse, read_toml

ACCEPTANCE_FILE = "acceptance.toml"


class Criterion(StrictModel):
    """What is asked for some classes, each by itself.

    Attributes
    ----------
    classes : list of str
        Codes of leaf classes.
    frequency : str or None
        Instead: all leaf classes of this frequency in the contract, such as ``rare``.
    minimum_recall, minimum_precision : float or None
        Over the held-out rows of all hospitals and repetitions.
    minimum_rows : int
        With fewer held-out rows of a class nothing can be said, which does not pass.
    reason : str
        Why; it stands in the report.
    """

    classes: list[str] = Field(default_factory=list)
    frequency: str | None = None
    minimum_recall: float | None = Field(default=None, ge=0, le=1)
    minimum_precision: float | None = Field(default=None, ge=0, le=1)
    minimum_rows: int = Field(default=5, ge=1)
    reason: str = ""

    @model_validator(mode="after")
    def _names_classes_once(self) -> Criterion:
        if bool(self.classes) == (self.frequency is not None):
            raise ValueError("give either classes or a frequency")
        if self.minimum_recall is None and self.minimum_precision is None:
            raise ValueError("give minimum_recall, minimum_precision or both")
        return self

    def codes(self, contract: Contract) -> list[str]:
        """Return the leaf classes that it is about."""
        if self.frequency is None:
            return self.classes
        return [
            leaf for leaf in contract.leaves if contract.classes[leaf].frequency == self.frequency
        ]


class Signatory(StrictModel):
    """Who has to approve a model before it is used."""

    name: str = Field(min_length=1)
    role: str = ""


class Acceptance(StrictModel):
    """Clinical criteria of a federation.

    Attributes
    ----------
    maximum_calibration_error : float or None
        Expected calibration error over all held-out rows.
    criterion : list of Criterion
    signatory : list of Signatory
    """

    maximum_calibration_error: float | None = Field(default=None, gt=0, le=1)
    criterion: list[Criterion] = Field(default_factory=list)
    signatory: list[Signatory] = Field(default_factory=list)

    def check(self, contract: Contract) -> None:
        """Refuse criteria on classes that the contract does not have.

        Raises
        ------
        SettingsError
            Naming the class or frequency.
        """
        for number, criterion in enumerate(self.criterion, 1):
            unknown = [code for code in criterion.classes if code not in contract.leaves]
            if unknown:
                raise SettingsError(
                    f"criterion {number} is about {unknown[0]!r}, which is no leaf class of "
                    f"{contract.name}.",
                    f"Leaf classes: {', '.join(contract.leaves)}.",
                )
            if not criterion.codes(contract):
                known = sorted({contract.classes[leaf].frequency for leaf in contract.leaves})
                raise SettingsError(
                    f"criterion {number} is about frequency {criterion.frequency!r}, which no class"
                    f" of {contract.name} has.",
                    f"Frequencies: {', '.join(known)}.",
                )


def read_acceptance(path: Path, contract: Contract) -> Acceptance:
    """Read and check an acceptance file.

    Raises
    ------
    SettingsError
        When it is malformed or does not fit the contract.
    """
    acceptance = parse(Acceptance, read_toml(path), str(path))
    acceptance.check(contract)
    return acceptance
