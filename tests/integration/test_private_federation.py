"""Whole runs with a formal guarantee, over the in-process Grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from dp_accounting import GaussianDpEvent, PoissonSampledDpEvent
from dp_accounting.pld import PLDAccountant

from client.app import create_client_app
from client.hospital import Hospital, LocalRecords
from client.privacy.gate import OpenGate
from client.privacy.noise import SeededNoise
from client.training.local_models import judge
from server.checkpoint import Checkpoint
from server.federation import Federation
from server.federation_result import FederationResult
from server.sums.federation import TOGETHER
from server.tuning.memory_checkpoint import MemoryCheckpoint
from shared.contract import Contract
from shared.errors import PartialRunError
from shared.privacy.guarantee import Guarantee
from shared.privacy.release import Release
from shared.questions import EXCHANGE_KEYS, PRIVATE_SUM
from shared.records import Records
from shared.run_settings import ModelName, RunSettings, run_settings
from shared.session.faults import Fault
from shared.session.faulty_grid import FaultyGrid
from shared.session.in_process import InProcessGrid, SimulatedHospital
from simulations.in_process import run_in_process
from simulations.secret_identities import secret_identities
from simulations.silence import Silent
from tests.conftest import learnable_records

KINDS: list[ModelName] = ["neural_network", "boosted_trees", "random_forest"]


def private_settings(privacy: dict[str, object] | None = None, **changes: object) -> RunSettings:
    chosen = {"guarantee": "differential", "epsilon": 60.0, **(privacy or {})}
    content = {
        "seed": 1,
        "neural_network": {"rounds": 30},
        "join_timeout": 1,
        "privacy": {"iterations": 30, "trees": 60, "depth": 6, **chosen},
        **changes,
    }
    return run_settings(content, [], "test")


@pytest.fixture(scope="module")
def hospitals(contract: Contract) -> dict[str, Records]:
    sizes = {"north": 900, "south": 500, "east": 400}
    return {
        name: learnable_records(contract, rows, seed)
        for seed, (name, rows) in enumerate(sizes.items())
    }


def with_gates(
    contract: Contract,
    hospitals: dict[str, Records],
    settings: RunSettings,
    checkpoint: Checkpoint | None = None,
    gates: dict[str, OpenGate] | None = None,
    faults: Sequence[Fault] = (),
) -> tuple[FederationResult, dict[str, list[Release]]]:
    """Run; return also what each hospital's gate was told."""
    gates = gates or {name: OpenGate() for name in hospitals}
    identities = secret_identities(hospitals)
    nodes = {}
    for node, (name, records) in enumerate(hospitals.items(), 1):
        local = LocalRecords(records)
        hospital = Hospital(name, contract, lambda local=local: local, gates[name])
        hospital.noise = SeededNoise(node)
        hospital.secret_sums = identities[name].taking_part()
        app = create_client_app(lambda _context, hospital=hospital: hospital)
        nodes[node] = SimulatedHospital(app)
    names = dict(enumerate(hospitals, 1))
    with InProcessGrid(nodes) as grid:
        faulty = FaultyGrid(grid, faults, names)
        result = Federation(faulty, names, contract, settings, Silent(), checkpoint).run()
    return result, {name: gate.releases for name, gate in gates.items()}


def test_every_kind_learns_from_noised_sums_alone(
    contract: Contract, hospitals: dict[str, Records]
) -> None:
    result = run_in_process(contract, hospitals, private_settings())
    assert {record.question for record in result.rounds} == {PRIVATE_SUM, EXCHANGE_KEYS}
    assert set(result.models) == set(KINDS)
    assert result.guarantees == dict.fromkeys(KINDS, Guarantee(epsilon=60, delta=1e-5))
    for kind in KINDS:
        area = result.federated[TOGETHER][kind].scores()["group"].auc
        assert area is not None
        assert area > (0.52 if kind == "random_forest" else 0.7), kind


@pytest.mark.parametrize("rate", [1.0, 0.3])
def test_hospitals_are_told_to_spend_what_the_run_says(
    contract: Contract, hospitals: dict[str, Records], rate: float
) -> None:
    epsilon, delta = 3.0, 1e-5
    settings = private_settings(
        models=["neural_network", "boosted_trees"],
        privacy={"epsilon": epsilon, "delta": delta, "sampling_rate": rate},
    )
    _, releases = with_gates(contract, hospitals, settings)
    for own in releases.values():
        accountant = PLDAccountant()
        for each in own:
            event = GaussianDpEvent(each.noise_multiplier)
            if each.sampling_rate < 1:
                event = PoissonSampledDpEvent(each.sampling_rate, event)
            accountant.compose(event)
        spent = accountant.get_epsilon(delta)
        assert spent <= epsilon * 1.01
        assert spent > epsilon * 0.97


@pytest.mark.parametrize("kind", KINDS)
def test_a_tiny_epsilon_leaves_little_to_learn(
    contract: Contract, hospitals: dict[str, Records], kind: ModelName
) -> None:
    accuracies = []
    for epsilon in (60.0, 0.01):
        settings = private_settings(
            models=[kind],
            holdout={"test_share": 0},
            privacy={"epsilon": epsilon, "evaluation_share": 0.0},
        )
        result = run_in_process(contract, hospitals, settings)
        # Judged without noise, as only a test can.
        judged = judge(
            result.contract, hospitals["north"], settings, result.preparation, result.models
        )
        accuracies.append(judged[kind].scores()["group"].auc or 0.0)
    assert accuracies[0] > accuracies[1] + 0.05


def test_secret_sums_give_the_same_model_bit_for_bit(
    contract: Contract, hospitals: dict[str, Records]
) -> None:
    models = []
    for secret in (True, False):
        settings = private_settings(models=["boosted_trees"], privacy={"secret_sums": secret})
        models.append(run_in_process(contract, hospitals, settings).models["boosted_trees"])
    for name, array in models[0].items():
        assert np.array_equal(array, models[1][name])


def test_a_hospital_lost_in_a_secret_sum_is_paid_for_once(
    contract: Contract, hospitals: dict[str, Records]
) -> None:
    """The others answer again under other masks, and spend nothing for it."""
    fault = Fault(hospital="east", question=6, kind="unreachable")
    settings = private_settings(models=["boosted_trees"])
    result = run_in_process(contract, hospitals, settings, faults=[fault])
    whole = [each for each in result.rounds if each.answered == ["east", "north", "south"]]
    assert 0 < len(whole) < len(result.rounds)
    assert result.rounds[-1].answered == ["north", "south"]


def test_too_few_hospitals_end_the_run_with_the_reason(
    contract: Contract, hospitals: dict[str, Records]
) -> None:
    faults = [
        Fault(hospital="south", question=0, kind="unreachable"),
        Fault(hospital="east", question=0, kind="unreachable"),
    ]
    with pytest.raises(PartialRunError, match="1 hospitals can be reached"):
        run_in_process(contract, hospitals, private_settings(), faults=faults)
    with pytest.raises(PartialRunError, match="summary: 1 hospitals gave"):
        run_in_process(
            contract,
            hospitals,
            private_settings(privacy={"secret_sums": False}),
            faults=[replace(each, kind="error") for each in faults],
        )


def test_a_hospital_lost_on_the_way_is_named_and_the_run_goes_on(
    contract: Contract, hospitals: dict[str, Records]
) -> None:
    fault = Fault(hospital="east", question=5, kind="unreachable")
    result = run_in_process(
        contract, hospitals, private_settings(models=["neural_network"]), faults=[fault]
    )
    assert "east" in result.left_out
    assert result.rounds[-1].answered == ["north", "south"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_that_goes_on_pays_for_nothing_twice(
    contract: Contract, hospitals: dict[str, Records], kind: ModelName
) -> None:
    settings = private_settings(models=[kind])
    whole, releases = with_gates(contract, hospitals, settings)
    broken = 3 if kind == "random_forest" else 15
    faults = [Fault(hospital=name, question=broken, kind="unreachable") for name in hospitals]
    checkpoint, gates = MemoryCheckpoint(), {name: OpenGate() for name in hospitals}
    with pytest.raises(PartialRunError):
        with_gates(contract, hospitals, settings, checkpoint, gates, faults)
    resumed, paid = with_gates(contract, hospitals, settings, checkpoint, gates)
    for name, array in whole.models[kind].items():
        assert np.array_equal(array, resumed.models[kind][name])
    told = {name: [each.purpose for each in own] for name, own in paid.items()}
    assert told == {name: [each.purpose for each in own] for name, own in releases.items()}
