"""How a hospital takes part in a run that learns to rank diseases."""
