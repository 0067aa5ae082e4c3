"""The hospital's end of the session: one process that answers a whole run."""
