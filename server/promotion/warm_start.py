"""Beginning a network with the one of the run whose model is in use; trees begin anew."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from server.home import CoordinatorHome
from server.promotion.registry import Registry, split_label
from shared.bundle import manifest as files
from shared.bundle import read_bundle
from shared.errors import BundleError
from shared.models.neural_network import NeuralNetwork
from shared.models.transfer_settings import CHAMPION
from shared.run_settings import RunSettings

log = logging.getLogger("juntos.coordinator")

START = "start"


def with_warm_start(home: CoordinatorHome, run: str, settings: RunSettings) -> RunSettings:
    """Return settings that name a folder where they ask for the network in use to begin with.

    Without one that fits, the network begins at random. It is copied into the run's folder first,
    so that a run that goes on begins with the same, whatever is in use by then.
    """
    if settings.neural_network.transfer.start_from != CHAMPION:
        return settings
    folder = home.runs / run / START
    if not folder.exists():
        found = network_in_use(home)
        if found is None or not fits(home, found, settings):
            return starting_from(settings, "")
        partial = folder.with_name(f"{START}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(found, partial)
        partial.rename(folder)
    return starting_from(settings, str(folder))


def network_in_use(home: CoordinatorHome) -> Path | None:
    """Return the folder of the network that the run of the model in use trained, if it did."""
    registry = Registry(home)
    in_use = registry.in_use()
    if in_use is None:
        return None
    version = registry.client.get_model_version(*split_label(in_use.label))
    run = registry.client.get_run(str(version.run_id)).data.tags.get("run", "")
    folder = home.runs / run / "neural_network"
    return folder if run and (folder / files.MANIFEST).is_file() else None


def fits(home: CoordinatorHome, folder: Path, settings: RunSettings) -> bool:
    """Return whether a network can be gone on with: it is signed, and as wide as the new one."""
    try:
        before = read_bundle(folder, home.signing_key().public_key()).model
    except BundleError as error:
        log.warning("The network begins at random: %s", error)
        return False
    hidden = settings.neural_network.hidden
    if not isinstance(before, NeuralNetwork) or not hidden or before.settings.hidden != hidden:
        log.warning("The network begins at random: the one in use has other layers.")
        return False
    return True


def starting_from(settings: RunSettings, folder: str) -> RunSettings:
    """Return settings whose network begins with the one of a folder; at random without one."""
    network = settings.neural_network
    transfer = network.transfer.model_copy(update={"start_from": folder})
    return settings.model_copy(
        update={"neural_network": network.model_copy(update={"transfer": transfer})}
    )
