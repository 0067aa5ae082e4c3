"""The models that answer now, and how a process follows what another one changed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from client.serving.answer import Answer
from client.serving.case import Case
from client.serving.served_model import ServedModel
from client.serving.store_state import StateFile, StoreState
from shared.errors import BundleError, JuntosError
from shared.ontology import Terminology, terminology

log = logging.getLogger("juntos.node")

SECONDS_BETWEEN_LOOKS = 0.5


class NoModelError(BundleError):
    """There is no model that can answer."""


@dataclass(frozen=True)
class InService:
    """What answers now; replaced as a whole, so that no request mixes two models.

    Attributes
    ----------
    active, shadow : ServedModel or None
    """

    active: ServedModel | None = None
    shadow: ServedModel | None = None


class ModelsInService:
    """The active model and its challenger, in this process.

    `active` costs nothing: a request reads it once and keeps to what it got. Several processes may
    have the same store open; each takes over what another changed within a second once it is
    told to `watch`, or at once with `refresh`.

    Parameters
    ----------
    file : StateFile
        What is active.
    read : callable
        Reads, verifies and tries out the model of a digest.
    answers : bool
        Whether models are loaded; commands that only change the store need none.

    Attributes
    ----------
    problem : str
        Why a change of another process was not taken over; else empty.
    """

    def __init__(
        self, file: StateFile, read: Callable[[str], ServedModel], *, answers: bool = True
    ) -> None:
        self._file = file
        self._answers = answers
        self._read_stored = read
        self._in_service = InService()
        self._mark: tuple[int, int] | None = None
        self._loading = threading.Lock()
        self._ended = threading.Event()
        self._watcher: threading.Thread | None = None
        self.problem = ""
        self.refresh()

    @property
    def in_service(self) -> InService:
        """The active model and its challenger, as they belong together."""
        return self._in_service

    @property
    def active(self) -> ServedModel:
        """The model that answers.

        Raises
        ------
        NoModelError
            When none is installed yet, or the one that is cannot be trusted.
        """
        model = self._in_service.active
        if model is None:
            raise NoModelError(
                self.problem or "No model is installed at this hospital yet.",
                "Ask the coordinator to deploy one, or run `juntos node models install FOLDER`.",
            )
        return model

    @property
    def shadow(self) -> ServedModel | None:
        """The challenger that answers too, is recorded, and is not shown."""
        return self._in_service.shadow

    def shadow_answer(self, case: Case) -> Answer | None:
        """Return the challenger's answer for the record; None without one, or where it fails."""
        model = self._in_service.shadow
        try:
            return None if model is None else model.answer(case)
        except Exception as error:
            # A challenger must never stand between a patient and the answer.
            log.warning("the challenger failed: %s", type(error).__name__)
            return None

    def terminology(self, code_system: str) -> Terminology:
        """Return the terms of the active model; the installed ones where there is none."""
        model = self._in_service.active
        return terminology(code_system) if model is None else model.terminology(code_system)

    def refresh(self) -> bool:
        """Take over what another process changed; return whether anything did.

        A model that cannot be trusted is not taken over: what answered before goes on, and
        `problem` says why.
        """
        if not self._answers:
            return False
        with self._loading:
            mark = self._file.mark()
            if mark == self._mark:
                return False
            self._mark = mark
            before = self._in_service
            try:
                state = self._file.read()
                active = self._loaded(state.active, before.active)
            except JuntosError as error:
                self.problem = str(error)
                log.error("the model is not taken over: %s", error)
                return False
            self._in_service = InService(active, self._loaded_shadow(state, before))
            self.problem = ""
            return True

    def watch(self) -> None:
        """Look for changes of other processes from now on, in a thread of its own."""
        if self._watcher is None:
            self._watcher = threading.Thread(target=self._look, name="juntos-models", daemon=True)
            self._watcher.start()

    def close(self) -> None:
        """Stop looking."""
        self._ended.set()
        if self._watcher is not None:
            self._watcher.join()

    def _loaded(self, digest: str | None, *before: ServedModel | None) -> ServedModel | None:
        """Return a model, in memory already or read and warmed."""
        if digest is None:
            return None
        for model in before:
            if model is not None and model.identity.digest == digest:
                return model
        model = self._read_stored(digest)
        if model.identity.digest != digest:
            raise BundleError("A model in the store is not the one that was installed.")
        return model

    def _loaded_shadow(self, state: StoreState, before: InService) -> ServedModel | None:
        try:
            return self._loaded(state.shadow, before.shadow, before.active)
        except JuntosError as error:
            log.error("the challenger is not taken over: %s", error)
            return None

    def _look(self) -> None:
        while not self._ended.wait(SECONDS_BETWEEN_LOOKS):
            try:
                self.refresh()
            except Exception as error:
                # The thread must outlive whatever a disk does.
                log.error("looking for models failed: %s", type(error).__name__)
