"""Calibration from counts."""
