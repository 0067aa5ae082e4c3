"""Patients like this one: the hospital's own most similar cases, and never another's."""
