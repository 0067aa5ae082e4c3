"""The hospital's part in attacks by somebody who has models and patients of his own.

What a hospital can find out by itself: its own rows are the attacker's population.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from client.hospital import Hospital
from client.training.attribute_guesses import frequencies, guess
from client.training.local_models import probabilities
from client.training.shadow_models import largest_log_odds, train_shadows
from shared.attacks import AttributeCounts, MembershipCounts, count_membership
from shared.attacks.likelihood_ratio import online_scores
from shared.attacks.membership import right_class_log_odds
from shared.contract import CategoricalFeature, Contract, FlagFeature
from shared.models.base import Arrays
from shared.preparation import Preparation
from shared.records import concatenate
from shared.run_settings import ModelName, RunSettings

# Features that are guessed: the first of the contract.
MOST_FEATURES = 16


def likelihood_counts(
    hospital: Hospital,
    settings: RunSettings,
    preparation: Preparation,
    models: Mapping[ModelName, Arrays],
) -> dict[ModelName, MembershipCounts]:
    """Count rows by the likelihood ratio of having been learned from (Carlini et al. 2022).

    Shadow models learn from random halves of all rows of the hospital, trained on and held out.
    Scores are counted on the grid of the attack by loss; nothing is where there are no shadows.
    """
    shadows = settings.review.shadow_models
    contract, training, held_out = hospital.split(settings)
    if not shadows or not len(training) or not len(held_out):
        return {}
    everyone = concatenate([training, held_out])
    candidates = contract.membership(list(everyone.labels))
    found = {}
    for name, arrays in models.items():
        own = train_shadows(contract, everyone, settings, name, shadows)
        limit = largest_log_odds(settings, name)
        said = probabilities(everyone, settings, preparation, name, arrays)
        target = np.clip(right_class_log_odds(said, candidates), -limit, limit)
        scores = online_scores(own.confidences, own.seen, target)
        members = np.arange(len(everyone)) < len(training)
        found[name] = count_membership(scores[members], scores[~members])
    return found


def attribute_counts(
    hospital: Hospital,
    settings: RunSettings,
    preparation: Preparation,
    models: Mapping[ModelName, Arrays],
) -> dict[ModelName, dict[str, AttributeCounts]]:
    """Count right guesses of each feature of a few values, of rows learned from and of others."""
    contract, training, held_out = hospital.split(settings)
    found: dict[ModelName, dict[str, AttributeCounts]] = {}
    for name, arrays in models.items():
        trained = (settings, preparation, name, arrays)
        found[name] = {}
        for feature in guessed_features(contract):
            prior = frequencies(contract, [training, held_out], feature)
            member_hits, members = guess(contract, training, feature, prior, trained)
            other_hits, others = guess(contract, held_out, feature, prior, trained)
            found[name][feature] = AttributeCounts(
                member_hits=member_hits, members=members, other_hits=other_hits, others=others
            )
    return found


def guessed_features(contract: Contract) -> list[str]:
    """Return the features that an attacker can try all values of."""
    names = [
        name
        for name, feature in contract.recorded.items()
        if isinstance(feature, CategoricalFeature | FlagFeature)
    ]
    return names[:MOST_FEATURES]
