"""Figures that a hospital's training step may hold beside its rows and its loss."""

# Steps of the local optimiser.
STEPS = "steps"
# Of the shared model before the step, on validation rows: summed weighted loss, summed weights.
VALIDATION_LOSS = "validation-loss"
VALIDATION_WEIGHT = "validation-weight"

OPTIONAL_FIGURES = frozenset({STEPS, VALIDATION_LOSS, VALIDATION_WEIGHT})
