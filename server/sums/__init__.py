"""Runs in which the coordinator learns sums over hospitals only, with noise or without."""
