"""A run that explores: one question to the hospitals, and what they told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from flwr.serverapp import Grid
from pydantic import Field

from server.recording_grid import RecordingGrid
from server.rounds import RoundObserver, RoundRecord
from shared.contract import Contract
from shared.errors import JuntosError, PartialRunError, SettingsError
from shared.exploration.exploration import Exploration
from shared.exploration.settings import Study
from shared.questions import EXPLORE, ExplorationAnswer, Question, questions_to, read_answer
from shared.run_settings import RunSettings
from shared.settings_file import StrictModel, parse

EXPLORATION_FILE = "exploration.json"


class FederatedExploration(StrictModel):
    """What a run that explores brought.

    Attributes
    ----------
    contract : Contract
        As the run sees it.
    hospitals : dict of str to Exploration
        What each told; in a run with a formal guarantee that of all together, under one name.
    data_versions : dict of str to str
    left_out : dict of str to str
        Hospitals whose answer is missing, with the reason.
    studies : list of Study
    answered : list of str
        Hospitals that are in it.
    epsilon, delta : float
        What the run spent of each hospital's budget; 0 without a guarantee.
    deviation : float
        Standard deviation of the noise in each count; 0 without any.
    """

    contract: Contract
    hospitals: dict[str, Exploration] = Field(default_factory=dict)
    data_versions: dict[str, str] = Field(default_factory=dict)
    left_out: dict[str, str] = Field(default_factory=dict)
    studies: list[Study] = Field(default_factory=list)
    answered: list[str] = Field(default_factory=list)
    epsilon: float = 0.0
    delta: float = 0.0
    deviation: float = 0.0

    @property
    def is_noised(self) -> bool:
        """Whether it has a formal guarantee."""
        return self.epsilon > 0

    def keep(self, folder: Path) -> Path:
        """Write it into a run's folder."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / EXPLORATION_FILE
        partial = path.with_suffix(".partial")
        partial.write_text(self.model_dump_json(indent=1), encoding="utf-8")
        return partial.replace(path)


def read_exploration(folder: Path) -> FederatedExploration:
    """Read what a run that explored brought.

    Raises
    ------
    SettingsError
        When it is not there, or not of this release.
    """
    path = folder / EXPLORATION_FILE
    if not path.is_file():
        raise SettingsError(f"{folder.name} did not explore.", "See `juntos coordinator runs`.")
    return parse(FederatedExploration, json.loads(path.read_text(encoding="utf-8")), str(path))


class Exploring:
    """Asks hospitals what their data are like.

    Parameters
    ----------
    grid : Grid
        Any way to reach hospitals.
    names : mapping of int to str
        Enrolled name of each node.
    """

    def __init__(
        self,
        grid: Grid,
        names: Mapping[int, str],
        contract: Contract,
        settings: RunSettings,
        observer: RoundObserver,
    ) -> None:
        self.wanted = asked_hospitals(names, settings)
        minimum = min(settings.minimum_hospitals, len(self.wanted)) or 1
        chosen = settings.model_copy(update={"minimum_hospitals": minimum})
        self.grid = RecordingGrid(grid, names, chosen, observer)
        if settings.exploration.hospitals:
            self.grid.members = set(self.wanted)
        self.contract = contract
        self.settings = settings

    def run(self) -> FederatedExploration:
        """Put the question to everyone who is asked.

        Raises
        ------
        PartialRunError
            When fewer hospitals than the settings' minimum answer.
        """
        view = self.settings.task.contract(self.contract)
        question = Question(contract_hash=self.contract.hash, settings=self.settings)
        self.grid.begin("")
        nodes = list(self.grid.get_node_ids())
        replies = self.grid.send_and_receive(questions_to(nodes, EXPLORE, question))
        answers: dict[str, ExplorationAnswer] = {}
        unusable: dict[int, str] = {}
        for reply in replies:
            if reply.has_error():
                continue
            node = reply.metadata.src_node_id
            try:
                answer = read_answer(ExplorationAnswer, reply)
                answer.exploration.check(view, len(self.settings.exploration.study))
                answers[self.grid.hospital(node)] = answer
            except JuntosError as error:
                unusable[node] = error.what
        self.grid.leave_out(unusable)
        record = self.grid.records[-1]
        refuse_too_few(record, len(answers), self.grid.minimum)
        return FederatedExploration(
            contract=view,
            hospitals={name: each.exploration for name, each in answers.items()},
            data_versions={name: each.data_version for name, each in answers.items()},
            left_out=record.left_out,
            studies=self.settings.exploration.study,
            answered=list(answers),
        )


def asked_hospitals(names: Mapping[int, str], settings: RunSettings) -> dict[int, str]:
    """Return who is asked, by node.

    Raises
    ------
    SettingsError
        When a hospital is named that is not enrolled.
    """
    wanted = settings.exploration.hospitals
    if unknown := sorted(set(wanted) - set(names.values())):
        raise SettingsError(
            f"Not enrolled, or not joined yet: {', '.join(unknown)}.",
            f"Joined are {', '.join(sorted(names.values())) or 'none'}.",
        )
    return {node: name for node, name in names.items() if not wanted or name in wanted}


def refuse_too_few(record: RoundRecord, answers: int, minimum: int) -> None:
    """End a run that too few hospitals answered."""
    if answers < minimum:
        reasons = "; ".join(f"{name}: {why}" for name, why in record.left_out.items())
        raise PartialRunError(
            f"{answers} hospitals told what their data are like; the run needs at least "
            f"{minimum}. {reasons}",
            "The reasons say what each hospital's administrator can change.",
        )
