"""Where a network begins that does not begin at random."""

from __future__ import annotations

from pathlib import Path

from shared.bundle import Bundle, read_bundle
from shared.contract import Contract
from shared.errors import BundleError, SettingsError
from shared.models.base import Arrays
from shared.models.network_layers import NetworkLayers
from shared.models.neural_network import NeuralNetwork
from shared.models.transfer_settings import TransferSettings
from shared.preprocessing import Preprocessor


def refuse_pointless_pretraining(settings: TransferSettings, contract: Contract) -> None:
    """Refuse rounds for common classes where the contract calls all or none of them rare.

    Raises
    ------
    SettingsError
    """
    rare = contract.rare_leaves
    if settings.pretraining_rounds and (rare.all() or not rare.any()):
        which = "all" if rare.all() else "none"
        raise SettingsError(
            f"There is no pretraining on common classes: the contract calls {which} rare.",
            "Set neural_network.transfer.pretraining_rounds = 0.",
        )


def read_pretrained(folder: str) -> Bundle:
    """Read the bundle of the network to begin with.

    Raises
    ------
    BundleError
        When it is no bundle of a network.
    """
    bundle = read_bundle(Path(folder))
    if not isinstance(bundle.model, NeuralNetwork):
        raise BundleError(
            f"{folder} holds a model of kind {bundle.name}, not a neural network.",
            "Give the folder of a neural network in neural_network.transfer.start_from.",
        )
    return bundle


def taken_over(
    model: NeuralNetwork, preprocessor: Preprocessor, contract: Contract, before: Bundle
) -> Arrays:
    """Return the start of a network with all that it has in common with another.

    Columns are those of the same name, classes those of the same code. What the other does not know
    begins as it would without it. Numbers are taken to mean the same in units of their spread in
    either's training data.

    Raises
    ------
    BundleError
        When the other has hidden layers of other widths, or there are none.
    """
    other = before.model
    if not isinstance(other, NeuralNetwork):
        raise TypeError(before.name)
    if other.settings.hidden != model.settings.hidden:
        raise BundleError(
            f"The network to start from has hidden layers {other.settings.hidden}, this run "
            f"{model.settings.hidden}.",
            f"Set neural_network.hidden = {other.settings.hidden}.",
        )
    if not model.settings.hidden:
        raise BundleError(
            "A network without hidden layers has no encoder to start from.",
            "Set neural_network.hidden, or leave out neural_network.transfer.start_from.",
        )
    found = model.initial_arrays()
    theirs = before.preparation.preprocessor.column_names()
    copy_inputs(found, model.layers, preprocessor.column_names(), before.arrays, other, theirs)
    for layer in range(1, model.layers.last):
        for part in ("weight", "bias"):
            found[f"linear_{layer}.{part}"] = before.arrays[f"linear_{layer}.{part}"].copy()
    found["linear_0.bias"] = before.arrays["linear_0.bias"].copy()
    here, there = same_names(contract.leaves, before.contract.leaves)
    for name in model.layers.last_names:
        found[name][here] = before.arrays[name][there]
    return found


def copy_inputs(
    found: Arrays,
    layers: NetworkLayers,
    columns: list[str],
    arrays: Arrays,
    other: NeuralNetwork,
    other_columns: list[str],
) -> None:
    """Copy the weights of columns that both networks have."""
    own_inputs, inputs = input_names(layers, columns), input_names(other.layers, other_columns)
    here, there = same_names(own_inputs, inputs)
    found["linear_0.weight"][:, here] = arrays["linear_0.weight"][:, there]
    theirs = {each.block.feature: each for each in other.layers.encoders}
    for encoder in layers.encoders:
        source = theirs.get(encoder.block.feature)
        if source is not None and source.width == encoder.width:
            here, there = same_names(
                columns[encoder.block.start : encoder.block.stop],
                other_columns[source.block.start : source.block.stop],
            )
            found[encoder.name][:, here] = arrays[source.name][:, there]


def input_names(layers: NetworkLayers, columns: list[str]) -> list[str]:
    """Name what the first linear layer sees: plain columns, then each encoder's numbers."""
    encoded = [
        f"{encoder.block.feature} encoded as {encoder.width}, {number}"
        for encoder in layers.encoders
        for number in range(encoder.width)
    ]
    return [*(columns[each] for each in layers.plain), *encoded]


def same_names(here: list[str], there: list[str]) -> tuple[list[int], list[int]]:
    """Return the positions, in either list, of the names that both have."""
    positions = {name: index for index, name in enumerate(there)}
    common = [(index, positions[name]) for index, name in enumerate(here) if name in positions]
    return [first for first, _ in common], [second for _, second in common]
