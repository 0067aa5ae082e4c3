"""What a run brought."""

from __future__ import annotations

from dataclasses import dataclass, field

from server.attacking import Attacks
from server.comparison import PairsByHospital
from server.rounds import NOT_CONNECTED, RoundRecord
from shared.calibration import Calibrator
from shared.contract import Contract
from shared.metrics import Evaluation
from shared.models.base import Arrays
from shared.preparation import Preparation
from shared.privacy.guarantee import Guarantee
from shared.questions import SummaryAnswer
from shared.run_settings import ModelName
from shared.statistics import Summary

EvaluationsByHospital = dict[str, dict[ModelName, Evaluation]]


@dataclass
class FederationResult:
    """What a run brought.

    Attributes
    ----------
    contract : Contract
        As the run saw it.
    hospitals : dict of str to SummaryAnswer
        Who took part, with what each said of its data.
    summary : Summary
        Merged, of all training rows.
    preparation : Preparation
    models : dict of str to Arrays
    federated, alone : dict of str to dict of str to Evaluation
        By hospital and model: the shared models, and those it would have had alone.
    pairs : dict of str to dict of str to array
        By hospital, then by ``alone/KIND`` or ``previous/KIND``: as
        `shared.metrics.paired_counts.count_pairs` returns them.
    champion : dict of str to dict of str to Evaluation
        By hospital: the model in use, on the same held-out rows; empty without one.
    attacks : Attacks
        What attackers find; empty if not attacked.
    harmed : dict of str to int
        Of each model, at how many hospitals their own is better beyond chance, where only that sum
        is known.
    guarantees : dict of str to Guarantee
        Of each model that was trained under differential privacy.
    calibrators : dict of str to Calibrator
        Of each shared model, fitted on all hospitals' held-out rows; `federated` is judged with
        calibrators that were fitted on the other hospitals.
    public : dict of str to Evaluation
        Of each shared model, on the coordinator's own test set; empty without one.
    rounds : list of RoundRecord
    """

    contract: Contract
    hospitals: dict[str, SummaryAnswer]
    summary: Summary
    preparation: Preparation
    models: dict[ModelName, Arrays] = field(default_factory=dict)
    federated: EvaluationsByHospital = field(default_factory=dict)
    alone: EvaluationsByHospital = field(default_factory=dict)
    pairs: PairsByHospital = field(default_factory=dict)
    champion: EvaluationsByHospital = field(default_factory=dict)
    attacks: Attacks = field(default_factory=Attacks)
    harmed: dict[ModelName, int] = field(default_factory=dict)
    guarantees: dict[ModelName, Guarantee] = field(default_factory=dict)
    calibrators: dict[ModelName, Calibrator] = field(default_factory=dict)
    public: dict[ModelName, Evaluation] = field(default_factory=dict)
    rounds: list[RoundRecord] = field(default_factory=list)

    @property
    def left_out(self) -> dict[str, str]:
        """Hospitals that took part and were missing from any round, with the first reason."""
        reasons: dict[str, str] = {}
        for record in self.rounds:
            for hospital, reason in record.left_out.items():
                if reason == NOT_CONNECTED:
                    continue
                place = f"{record.model} round {record.number}" if record.model else record.question
                reasons.setdefault(hospital, f"{place}: {reason}")
        return reasons
