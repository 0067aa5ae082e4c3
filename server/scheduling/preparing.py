"""From a request to a run that can begin: its settings, and the files that it brings."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from server.deployment.chosen_model import ChosenModel, chosen_model, keep
from server.deployment.deploying import BUNDLE, asked_hospitals
from server.enrolment.hospitals import hospital_names
from server.home import CoordinatorHome
from server.run_files import RunFiles
from server.run_store import StoredRun
from server.scheduling.request import KINDS, DeploymentOrder, RequestKind, RunRequest
from shared.errors import SettingsError
from shared.run_settings import RunSettings, run_settings
from shared.settings_file import parse, read_toml

# The block of a run's settings that makes it one of a kind.
BLOCKS: dict[RequestKind, str] = {
    "watch": "watch",
    "explore": "exploration",
    "evaluate": "evaluation",
}


@dataclass(frozen=True)
class Prepared:
    """What a run begins with.

    Attributes
    ----------
    settings : RunSettings
    model : ChosenModel or None
        That it brings to the hospitals.
    """

    settings: RunSettings
    model: ChosenModel | None = None


@contextmanager
def prepared(home: CoordinatorHome, request: RunRequest) -> Iterator[Prepared]:
    """Check everything that a request needs, while the block runs.

    Raises
    ------
    JuntosError
        When the run could not begin, saying why.
    """
    if request.kind == "deploy":
        order = parse(DeploymentOrder, request.settings, f"Request {request.id}")
        with chosen_model(home, order.model or None) as chosen:
            settings = deployment_settings(
                chosen, order.hospitals, order.settings, shadow=order.shadow
            )
            asked_hospitals(hospital_names(home.engine()), settings)
            yield Prepared(settings, chosen)
        return
    settings = settings_of(request.kind, request.settings, f"Request {request.id}")
    RunFiles().check(home, settings)
    yield Prepared(settings)


def checked_content(home: CoordinatorHome, kind: str, content: dict[str, Any]) -> dict[str, Any]:
    """Refuse settings that a request could never begin with, before it waits for hours.

    Raises
    ------
    SettingsError
        Saying what is wrong with them.
    """
    if kind == "deploy":
        order = parse(DeploymentOrder, content, "The deployment")
        run_settings(order.settings, [], "The deployment's settings")
        asked = run_settings({"deployment": {"hospitals": order.hospitals}}, [], "The deployment")
        asked_hospitals(hospital_names(home.engine()), asked)
    elif kind in KINDS:
        settings_of(kind, content, "The request's settings")
    return content


def settings_of(kind: RequestKind, content: dict[str, Any], source: str) -> RunSettings:
    """Return the settings of a run of a kind.

    A learning run is reviewed unless its settings say otherwise: only what was reviewed can be
    promoted. It is judged on the latest patients where records have dates.

    Raises
    ------
    SettingsError
        When they cannot be used.
    """
    if kind == "learn":
        content = {"review": {"enabled": True}, "holdout": {"by": "time"}, **content}
    elif kind in BLOCKS:
        block = BLOCKS[kind]
        content = {**content, block: {**content.get(block, {}), "enabled": True}}
    return run_settings(content, [], source)


def deployment_settings(
    chosen: ChosenModel, hospitals: list[str], content: dict[str, Any], *, shadow: bool
) -> RunSettings:
    """Return the settings of a run that deploys a model; one hospital is enough for it."""
    base = run_settings({"minimum_hospitals": 1, **content}, [], "The deployment's settings")
    deployment = base.deployment.model_copy(
        update={
            "enabled": True,
            "hospitals": hospitals,
            "shadow": shadow,
            "label": chosen.label,
            "digest": chosen.digest,
        }
    )
    return base.model_copy(update={"deployment": deployment})


def place_files(home: CoordinatorHome, request: RunRequest, run: StoredRun) -> None:
    """Put what a run brings into its folder, unless it is there.

    Raises
    ------
    JuntosError
        When that is impossible, or another model would be brought than the run was begun with.
    """
    target = home.runs / run.id / BUNDLE
    if request.kind != "deploy" or target.exists():
        return
    with prepared(home, request) as ready:
        if ready.model is None or ready.model.digest != run.settings.deployment.digest:
            raise SettingsError(
                f"{run.settings.deployment.label} is another model now than when {run.id} began.",
                "Ask for the deployment again.",
            )
        place_bundle(ready.model, target)


def place_bundle(chosen: ChosenModel, target: Path) -> None:
    """Copy a bundle, complete or not at all."""
    partial = target.with_name(f".{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    keep(chosen, partial)
    partial.replace(target)


def content_of(home: Path, name: str) -> dict[str, Any]:
    """Read a settings file that ``schedule.toml`` names; empty without a name.

    Raises
    ------
    SettingsError
        When it lies outside of the coordinator's folder, or cannot be read.
    """
    if not name:
        return {}
    path = (home / name).resolve()
    if not path.is_relative_to(home.resolve()):
        raise SettingsError(f"{name} is not in the coordinator's folder.", "Copy it there.")
    return read_toml(path)


def kind_of(settings: RunSettings) -> RequestKind:
    """Return the kind of a run by its settings."""
    if settings.deployment.enabled:
        return "deploy"
    if settings.watch.enabled:
        return "watch"
    if settings.evaluation.enabled:
        return "evaluate"
    if settings.exploration.enabled:
        return "explore"
    return "learn"
