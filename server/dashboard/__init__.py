"""The coordinator's dashboard: how the federation stands, why, and what a person can do."""
