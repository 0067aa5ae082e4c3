"""Keeping counts of few patients out of answers that carry no noise."""

from client.small_cells.answers import cell_size, without_small_cells

__all__ = ["cell_size", "without_small_cells"]
