"""A run that watches: one question to the hospitals, and what they told."""

from __future__ import annotations

from collections.abc import Mapping

from flwr.app import Message, RecordDict
from flwr.serverapp import Grid

from server.recording_grid import RecordingGrid
from server.rounds import RoundObserver
from shared.contract import Contract
from shared.errors import JuntosError, PartialRunError, SettingsError
from shared.questions import (
    CONFIG_KEY,
    HEADER_FIELD,
    WATCH,
    Question,
    question_record,
    read_answer,
)
from shared.run_settings import RunSettings
from shared.watch.answer import WatchAnswer, WatchHeader


class Watching:
    """Asks hospitals how the models in service do.

    Parameters
    ----------
    grid : Grid
        Any way to reach hospitals.
    names : mapping of int to str
        Enrolled name of each node.
    headers : mapping of str to WatchHeader
        By hospital, from when on confirmed diagnoses are new.
    """

    def __init__(
        self,
        grid: Grid,
        names: Mapping[int, str],
        contract: Contract,
        settings: RunSettings,
        observer: RoundObserver,
        headers: Mapping[str, WatchHeader],
    ) -> None:
        wanted = asked_hospitals(names, settings)
        minimum = min(settings.minimum_hospitals, len(wanted)) or 1
        chosen = settings.model_copy(update={"minimum_hospitals": minimum})
        self.grid = RecordingGrid(grid, names, chosen, observer)
        if settings.watch.hospitals:
            self.grid.members = set(wanted)
        self.contract = contract
        self.settings = settings
        self.headers = headers

    @property
    def left_out(self) -> dict[str, str]:
        """Hospitals whose answer is missing, with the reason."""
        return dict(self.grid.records[-1].left_out)

    def run(self) -> dict[str, WatchAnswer]:
        """Put the question to everyone who is asked; return the usable answers by hospital.

        Raises
        ------
        PartialRunError
            When fewer hospitals than the settings' minimum answer.
        """
        view = self.settings.task.contract(self.contract)
        question = Question(contract_hash=self.contract.hash, settings=self.settings)
        self.grid.begin("")
        questions = [self._question(node, question) for node in self.grid.get_node_ids()]
        answers: dict[str, WatchAnswer] = {}
        unusable: dict[int, str] = {}
        for reply in self.grid.send_and_receive(questions):
            if reply.has_error():
                continue
            node = reply.metadata.src_node_id
            try:
                answer = read_answer(WatchAnswer, reply)
                answer.check(view)
                answers[self.grid.hospital(node)] = answer
            except JuntosError as error:
                unusable[node] = error.what
        self.grid.leave_out(unusable)
        self._refuse_too_few(len(answers))
        return answers

    def _refuse_too_few(self, answers: int) -> None:
        if answers < self.grid.minimum:
            reasons = "; ".join(f"{name}: {why}" for name, why in self.left_out.items())
            raise PartialRunError(
                f"{answers} hospitals told how their models do; the run needs at least "
                f"{self.grid.minimum}. {reasons}",
                "The reasons say what each hospital's administrator can change.",
            )

    def _question(self, node: int, question: Question) -> Message:
        config = question_record(question)
        header = self.headers.get(self.grid.hospital(node), WatchHeader())
        config[HEADER_FIELD] = header.model_dump_json()
        return Message(RecordDict({CONFIG_KEY: config}), node, WATCH)


def asked_hospitals(names: Mapping[int, str], settings: RunSettings) -> dict[int, str]:
    """Return who is asked, by node.

    Raises
    ------
    SettingsError
        When a hospital is named that is not enrolled.
    """
    wanted = settings.watch.hospitals
    if unknown := sorted(set(wanted) - set(names.values())):
        raise SettingsError(
            f"Not enrolled, or not joined yet: {', '.join(unknown)}.",
            f"Joined are {', '.join(sorted(names.values())) or 'none'}.",
        )
    return {node: name for node, name in names.items() if not wanted or name in wanted}
