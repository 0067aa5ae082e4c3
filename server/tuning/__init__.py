"""Choosing settings by short federated runs."""
