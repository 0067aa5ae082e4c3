"""The models of a hospital: folder ``models/`` of its node."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from client.serving.incoming import files_of, forget, remove_leftovers, unpacked
from client.serving.models_in_service import InService as InService
from client.serving.models_in_service import ModelsInService
from client.serving.models_in_service import NoModelError as NoModelError
from client.serving.self_test import SelfTest, try_out
from client.serving.served_model import ServedModel, read_served
from client.serving.settings import ServingSettings
from client.serving.state_changes import (
    activated,
    forgotten,
    rolled_back,
    with_model,
    with_shadow,
)
from client.serving.store_state import Kept, ModelEvent, Source, StateFile, StoreState, What, now
from client.serving.stored_model import StoredModel as StoredModel
from client.serving.stored_model import stored
from shared.contract import Contract
from shared.errors import BundleError, JuntosError


class ModelStore(ModelsInService):
    """Models that were verified, one of which is active; see `ModelsInService` for the answers.

    Parameters
    ----------
    folder : Path
        Made when first needed.
    key : Ed25519PublicKey
        Whose signature every model must carry.
    contract : Contract
        The hospital's.
    settings : ServingSettings
    answers : bool
        Whether this process answers; one that only changes the store loads no model.

    Attributes
    ----------
    last_test : SelfTest or None
        Of the model that this process installed last.
    """

    def __init__(
        self,
        folder: Path,
        key: Ed25519PublicKey,
        contract: Contract,
        settings: ServingSettings,
        *,
        answers: bool = True,
    ) -> None:
        self.folder = folder
        self._key = key
        self._contract = contract
        self._settings = settings
        self.last_test: SelfTest | None = None
        file = StateFile(folder)
        super().__init__(file, lambda each: self._read(self.folder_of(each)), answers=answers)

    def install(
        self,
        bundle: Path | Mapping[str, bytes],
        *,
        source: Source = "folder",
        shadow: bool = False,
        label: str = "",
    ) -> StoredModel:
        """Verify a bundle, try it out, and put it to use.

        Parameters
        ----------
        bundle : Path or mapping of str to bytes
            Its folder, or its files by name.
        shadow : bool
            As the challenger, and not as the model whose answers are shown.

        Raises
        ------
        BundleError
            When it is refused, with the reason; what was active stays so.
        """
        try:
            return self._install(bundle, source, shadow, label)
        except JuntosError as error:
            self._file.note(_event("refused", None, source, error.what))
            raise

    def install_again(
        self, digest: str, *, source: Source = "folder", shadow: bool = False, label: str = ""
    ) -> StoredModel:
        """Put a model to use that is in the store already; it is verified and tried out anew."""
        return self.install(self.folder_of(digest), source=source, shadow=shadow, label=label)

    def test(self, digest: str) -> SelfTest:
        """Try a stored model out again.

        Raises
        ------
        BundleError
            When it is not in the store, or is refused.
        """
        return self._try_out(self._read(self.folder_of(digest)))

    def models(self) -> list[StoredModel]:
        """Return all models in the store, the newest first."""
        state = self._file.read()
        return [stored(state, digest) for digest in reversed(state.models)]

    def events(self) -> list[ModelEvent]:
        """Return what happened to the models of this hospital, the oldest first."""
        return self._file.events()

    @property
    def is_pinned(self) -> bool:
        """Whether the hospital stays with its model, whatever the coordinator deploys."""
        return self._file.read().pinned

    def rollback(self) -> StoredModel:
        """Go back to the model before, and pin it.

        Raises
        ------
        BundleError
            When there is none, or it cannot be trusted any more; nothing changes then.
        """

        def change(state: StoreState) -> StoreState:
            changed = rolled_back(state)
            self._read(self.folder_of(str(changed.active)))
            return changed

        return self._change(change, "rolled_back")

    def refuse_pinned(self, *, shadow: bool = False, source: Source | None = None) -> None:
        """Refuse another model where the hospital stays with its own; a challenger shows nothing.

        Parameters
        ----------
        source : str, optional
            Who offers the model; then the refusal is written into the history.

        Raises
        ------
        BundleError
        """
        state = self._file.read()
        if not state.pinned or shadow:
            return
        what = f"This hospital is pinned to {state.models[str(state.active)].version}."
        if source is not None:
            self._file.note(_event("refused", None, source, what))
        raise BundleError(
            what, "Its administrator lets it follow again with `juntos node models unpin`."
        )

    def pin(self) -> StoredModel:
        """Stay with the active model, whatever the coordinator deploys."""
        return self._change(lambda state: _pinned(state, pinned=True), "pinned")

    def unpin(self) -> StoredModel:
        """Follow the coordinator again from its next deployment."""
        return self._change(lambda state: _pinned(state, pinned=False), "unpinned")

    def end_shadow(self) -> None:
        """Ask the challenger no more."""
        with self._file.changing() as state:
            if state.shadow is None:
                raise BundleError("There is no challenger.")
            gone = state.models[state.shadow]
            self._write(with_shadow(state, None))
            self._file.note(_event("shadow_ended", gone))
        self.refresh()

    def _install(
        self, bundle: Path | Mapping[str, bytes], source: Source, shadow: bool, label: str
    ) -> StoredModel:
        self.refuse_pinned(shadow=shadow)
        remove_leftovers(self.folder)
        content = files_of(bundle) if isinstance(bundle, Path) else bundle
        with unpacked(content, self.folder) as folder:
            model = self._read(folder)
            self.last_test = self._try_out(model)
            digest = model.identity.digest
            with self._file.changing() as state:
                self.refuse_pinned(shadow=shadow)
                self._keep(folder, digest)
                kept = Kept(
                    version=model.identity.version,
                    digest=digest,
                    label=label,
                    installed_at=now(),
                    source=source,
                )
                state = with_model(state, kept)
                state = with_shadow(state, digest) if shadow else activated(state, digest)
                self._write(state)
                self._file.note(_event("shadow" if shadow else "installed", kept, source))
        self.refresh()
        return stored(state, digest)

    def _keep(self, folder: Path, digest: str) -> None:
        """Move a verified bundle to where it stays; one that is there already may be damaged."""
        target = self.folder_of(digest)
        target.parent.mkdir(mode=0o700, exist_ok=True)
        if target.exists():
            try:
                self._read(target)
            except BundleError:
                forget(target)
            else:
                return
        folder.rename(target)

    def _write(self, state: StoreState) -> None:
        """Write the state, and forget the oldest models that nothing needs.

        What a process left that was killed half-way goes too.
        """
        kept = forgotten(state, self._settings.kept_versions)
        self._file.write(kept)
        for path in self.folder_of("").glob("*"):
            if path.name not in kept.models:
                forget(path)

    def _change(self, change: Callable[[StoreState], StoreState], what: What) -> StoredModel:
        with self._file.changing() as state:
            changed = change(state)
            self._write(changed)
            found = stored(changed, str(changed.active))
            self._file.note(_event(what, changed.models[found.digest]))
        self.refresh()
        return found

    def folder_of(self, digest: str) -> Path:
        """Return where a model's bundle is kept."""
        return self.folder / "versions" / digest

    def _try_out(self, model: ServedModel) -> SelfTest:
        return try_out(model, self._settings.latency_limit)

    def _read(self, folder: Path) -> ServedModel:
        return read_served(folder, self._key, self._contract, self._settings)


def _pinned(state: StoreState, *, pinned: bool) -> StoreState:
    if state.active is None:
        raise NoModelError("No model is installed at this hospital yet.")
    return state.model_copy(update={"pinned": pinned})


def _event(
    what: What, kept: Kept | None, source: Source | None = None, reason: str = ""
) -> ModelEvent:
    return ModelEvent(
        at=now(),
        what=what,
        version=kept.version if kept else "",
        digest=kept.digest if kept else "",
        source=source,
        reason=reason,
    )
