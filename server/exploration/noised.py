"""A run that explores with a formal guarantee: one sum over all hospitals, with noise."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from flwr.serverapp import Grid

from server.exploration.asking import FederatedExploration, asked_hospitals
from server.recording_grid import RecordingGrid
from server.rounds import RoundObserver
from server.sums.federation import TOGETHER, SumFederation
from shared.contract import Contract, Feature, NumericFeature, TermsFeature
from shared.exploration.cells import base_edges, cell_count, codes_of
from shared.exploration.exploration import Exploration, FeatureTables
from shared.exploration.partition import Partition, canonical, singletons, summed
from shared.exploration.tables import CellCounts, CellTable
from shared.holdout import HoldoutSettings
from shared.privacy.gaussian_budget import GaussianBudget, Spending, mu_of
from shared.privacy.sum_question import SumHeader
from shared.privacy.summary_vector import BINS, vector_of
from shared.run_settings import RunSettings
from shared.statistics.summary import CountedSummary, FeatureSummary, NumericSummary, Summary


def explore_with_noise(
    grid: Grid,
    names: Mapping[int, str],
    contract: Contract,
    settings: RunSettings,
    observer: RoundObserver,
) -> FederatedExploration:
    """Ask for a summary with noise, for which the run's whole budget is spent.

    Raises
    ------
    PartialRunError
        When fewer hospitals than the settings' minimum take part.
    """
    wanted = asked_hospitals(names, settings)
    # Nothing is trained, so nobody is held out.
    everyone = settings.model_copy(update={"holdout": HoldoutSettings(test_share=0)})
    recording = RecordingGrid(grid, names, everyone, observer)
    if settings.exploration.hospitals:
        recording.members = set(wanted)
    federation = SumFederation(recording, contract, everyone)
    privacy = settings.privacy
    whole = Spending(mu_of(privacy.epsilon, privacy.delta) ** 2)
    told = federation.members(GaussianBudget(whole, None, None, whole))
    header = SumHeader(purpose="summary", noise_multiplier=whole.noise_multiplier(releases=1))
    vector = vector_of(federation.view, privacy)
    left_out = {name: why for record in recording.records for name, why in record.left_out.items()}
    return FederatedExploration(
        contract=federation.view,
        hospitals={TOGETHER: as_exploration(federation.view, next(iter(told.values())).summary)},
        left_out=left_out,
        answered=list(told),
        epsilon=privacy.epsilon,
        delta=privacy.delta,
        deviation=federation.sums.deviation(header, vector.sensitivity, len(told)),
    )


def as_exploration(contract: Contract, summary: Summary) -> Exploration:
    """Write a summary with noise as what one hospital would tell, nothing of it by class."""
    classes = tuple(summary.classes.get(code, 0) for code in contract.classes)
    everything: Partition = (tuple(range(len(classes))),)
    features = {}
    for name, feature in contract.features.items():
        cells = _cells(feature, summary.features[name])
        size = cell_count(feature)
        together = CellTable(
            rows=(tuple(range(size)),), columns=everything, counts=((cells.total,),)
        )
        features[name] = FeatureTables(cells=cells, by_class=together)
    return Exploration(
        contract_hash=contract.hash,
        smallest_cell=1,
        patients=summary.rows,
        classes=CellCounts(cells=singletons(len(classes)), counts=classes),
        features=features,
        terms={
            name: dict(each.counts)
            for name, each in summary.features.items()
            if isinstance(contract.features[name], TermsFeature)
            and isinstance(each, CountedSummary)
        },
        products=None,
        studies=[],
    )


def _cells(feature: Feature, summary: FeatureSummary) -> CellCounts:
    missing = cell_count(feature) - 1
    if isinstance(feature, NumericFeature) and isinstance(summary, NumericSummary):
        edges = base_edges(feature)
        grid = np.linspace(feature.minimum, feature.maximum, feature.bins + 1)
        starts = np.searchsorted(grid, edges[:-1] - 1e-9 * (grid[-1] - grid[0]))
        bins = np.add.reduceat(np.array(summary.histogram, dtype=np.int64), starts)
        coarse = noised_bins(feature)
        sums = summed(np.append(bins, 0), singletons(missing + 1), (*coarse, (missing,)))
        counts = (*sums[:-1].tolist(), summary.missing)
        return CellCounts(cells=(*coarse, (missing,)), counts=counts)
    if isinstance(summary, CountedSummary) and summary.kind in ("categorical", "flag"):
        known = tuple(summary.counts.get(code, 0) for code in codes_of(feature))
        return CellCounts(cells=singletons(missing + 1), counts=(*known, summary.missing))
    return CellCounts(cells=singletons(2), counts=(summary.present, summary.missing))


def noised_bins(feature: NumericFeature) -> Partition:
    """Return a number's cells by the coarse bin that they were counted in."""
    edges = base_edges(feature)
    middles = (edges[:-1] + edges[1:]) / 2
    share = (middles - feature.minimum) / (feature.maximum - feature.minimum)
    groups: dict[int, list[int]] = {}
    for cell, place in enumerate(np.floor(share * BINS).astype(int).tolist()):
        groups.setdefault(place, []).append(cell)
    return canonical(groups.values())
