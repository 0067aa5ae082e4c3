"""The contract as it changes, seen from a hospital: a version waits, is looked at, is accepted."""
