"""Versions of a hospital's records: what a run saw can be named, compared and used again."""
