"""Figures of an experiment, one module each."""
