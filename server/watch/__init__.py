"""Watching models in service at all hospitals: asking, keeping, telling."""
