"""A run that judges a finished model at every hospital, and trains nothing."""
