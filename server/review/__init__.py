"""Whether the models of a run may be used: what was measured, what was found, what is next."""
