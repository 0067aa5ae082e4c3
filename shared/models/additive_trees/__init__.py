"""Boosted trees of one feature each, grown from sums alone."""
