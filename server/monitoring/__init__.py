"""What the coordinator tells of itself to whoever watches it."""
