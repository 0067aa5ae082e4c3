"""Mergeable evaluation: what a hospital counts on its held-out rows."""

from shared.metrics.evaluation import Evaluation, evaluate, merge_evaluations

__all__ = ["Evaluation", "evaluate", "merge_evaluations"]
