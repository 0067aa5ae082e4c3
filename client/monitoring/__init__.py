"""Watching a node in service: metrics, drift of what it is asked, and how good answers are."""
