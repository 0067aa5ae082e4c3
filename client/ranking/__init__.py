"""Ranking all known diseases by a patient's findings, at the hospital."""
