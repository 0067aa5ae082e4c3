"""Experiments: one file describes them, tables and figures come out."""
