"""The page about a run that a hospital's steering committee reads."""
