"""Bringing a model to the hospitals: chosen here, verified and put to use there."""
