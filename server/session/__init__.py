"""The coordinator's end of the session: rounds over one stream per hospital."""
