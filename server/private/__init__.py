"""Runs with a formal guarantee: everything is learned from noised sums."""
