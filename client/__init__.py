"""One hospital's node: reads, checks and trains on local records."""
