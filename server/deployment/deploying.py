"""A run that deploys: an offer to each hospital, the parts to those that want it, what became."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from flwr.app import ConfigRecord, Message, RecordDict
from flwr.serverapp import Grid
from pydantic import Field

from server.recording_grid import RecordingGrid
from server.rounds import RoundObserver
from shared.bundle.manifest import MANIFEST
from shared.bundle.ranking_files import is_ranking
from shared.bundle.reading import MAXIMUM_FILE_BYTES
from shared.contract import Contract
from shared.deployment.messages import PART, DeployHeader, DeploymentAnswer
from shared.deployment.packing import cut, hash_of, pack
from shared.errors import BundleError, JuntosError, SettingsError
from shared.questions import (
    ARRAYS_KEY,
    CONFIG_KEY,
    DEPLOY,
    HEADER_FIELD,
    QUESTION_FIELD,
    Question,
    array_record,
    read_answer,
)
from shared.run_settings import RunSettings
from shared.settings_file import StrictModel

BUNDLE = "bundle"


class FederatedDeployment(StrictModel):
    """What a deployment brought.

    Attributes
    ----------
    label, digest : str
        Of the model.
    shadow : bool
    hospitals : dict of str to DeploymentAnswer
        What each hospital did.
    left_out : dict of str to str
        Hospitals that could not be asked or whose answer is missing, with the reason.
    """

    label: str
    digest: str
    shadow: bool
    hospitals: dict[str, DeploymentAnswer] = Field(default_factory=dict)
    left_out: dict[str, str] = Field(default_factory=dict)

    @property
    def in_use(self) -> list[str]:
        """Hospitals that took it."""
        wanted = "shadow" if self.shadow else "active"
        return [name for name, each in self.hospitals.items() if each.outcome == wanted]

    @property
    def reasons(self) -> dict[str, str]:
        """Why the others did not."""
        refused = {
            name: each.reason or "it did not finish"
            for name, each in self.hospitals.items()
            if name not in self.in_use
        }
        return dict(sorted({**self.left_out, **refused}.items()))


def asked_hospitals(names: Mapping[int, str], settings: RunSettings) -> dict[int, str]:
    """Return who gets the model, by node.

    Raises
    ------
    SettingsError
        When a hospital is named that is not enrolled.
    """
    wanted = settings.deployment.hospitals
    if unknown := sorted(set(wanted) - set(names.values())):
        raise SettingsError(
            f"Not enrolled, or not joined yet: {', '.join(unknown)}.",
            f"Joined are {', '.join(sorted(names.values())) or 'none'}.",
        )
    return {node: name for node, name in names.items() if not wanted or name in wanted}


class Deploying:
    """Brings one bundle to hospitals.

    Parameters
    ----------
    grid : Grid
        Any way to reach hospitals.
    names : mapping of int to str
        Enrolled name of each node.
    bundle : mapping of str to bytes
        Its files by name.
    """

    def __init__(
        self,
        grid: Grid,
        names: Mapping[int, str],
        contract: Contract,
        settings: RunSettings,
        observer: RoundObserver,
        bundle: Mapping[str, bytes],
    ) -> None:
        if settings.deployment.digest is None:
            raise SettingsError("A run that deploys must say which model.")
        wanted = asked_hospitals(names, settings)
        self.grid = RecordingGrid(grid, wanted, settings, observer)
        if settings.deployment.hospitals:
            self.grid.members = set(wanted)
        self.contract = contract
        self.settings = settings
        content = pack(bundle)
        self.parts = cut(content, settings.deployment.part_bytes)
        self.header = DeployHeader(
            digest=settings.deployment.digest,
            content_hash=hash_of(content),
            size=len(content),
            label=settings.deployment.label,
            shadow=settings.deployment.shadow,
            ranks=is_ranking(bundle.get(MANIFEST, b"")),
            part=0,
            parts=len(self.parts),
        )
        self.found = FederatedDeployment(
            label=self.header.label, digest=self.header.digest, shadow=self.header.shadow
        )

    def run(self) -> FederatedDeployment:
        """Offer the model, and send it to those that want it.

        Raises
        ------
        PartialRunError
            When no hospital can be reached.
        """
        self.grid.begin("")
        nodes = list(self.grid.get_node_ids())
        self._ask(nodes, self.header)
        # Whoever does not want it is not missing from what follows.
        self.grid.members = set(nodes)
        for number, part in enumerate(self.parts, start=1):
            waiting = [node for node in nodes if self._waits(node)]
            if not waiting:
                break
            self.grid.begin("", excused=dict.fromkeys(set(nodes) - set(waiting), ""))
            header = self.header.model_copy(update={"part": number})
            self._ask(waiting, header, part)
        return self.found

    def _waits(self, node: int) -> bool:
        answer = self.found.hospitals.get(self.grid.hospital(node))
        return answer is not None and answer.outcome in ("wanted", "received")

    def _ask(
        self,
        nodes: Iterable[int],
        header: DeployHeader,
        part: npt.NDArray[np.uint8] | None = None,
    ) -> None:
        """Put one question to some hospitals, and take note of what each said."""
        unusable: dict[int, str] = {}
        replies = self.grid.send_and_receive([self._message(node, header, part) for node in nodes])
        for reply in replies:
            node = reply.metadata.src_node_id
            if reply.has_error():
                continue
            try:
                answer = read_answer(DeploymentAnswer, reply)
                self.found.hospitals[self.grid.hospital(node)] = answer
            except JuntosError as error:
                unusable[node] = error.what
        self.grid.leave_out(unusable)
        for name, reason in self.grid.records[-1].left_out.items():
            self.found.left_out[name] = reason
            self.found.hospitals.pop(name, None)

    def _message(
        self, node: int, header: DeployHeader, part: npt.NDArray[np.uint8] | None
    ) -> Message:
        question = Question(contract_hash=self.contract.hash, settings=self.settings)
        fields: dict[str, str] = {
            QUESTION_FIELD: question.model_dump_json(),
            HEADER_FIELD: header.model_dump_json(),
        }
        content = RecordDict({CONFIG_KEY: ConfigRecord({**fields})})
        if part is not None:
            content[ARRAYS_KEY] = array_record({PART: part})
        return Message(content, node, DEPLOY)


def bundle_of(folder: Path) -> dict[str, bytes]:
    """Read the files of a bundle that this coordinator made.

    Raises
    ------
    BundleError
        When there is none.
    """
    if not folder.is_dir():
        raise BundleError(f"{folder} is no folder of a bundle.")
    paths = sorted(path for path in folder.iterdir() if path.is_file())
    if any(path.stat().st_size > MAXIMUM_FILE_BYTES for path in paths):
        raise BundleError(f"A file of {folder} is over {MAXIMUM_FILE_BYTES} bytes.")
    return {path.name: path.read_bytes() for path in paths}
