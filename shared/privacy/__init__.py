"""Formal privacy: what both sides agree on."""
