"""What a hospital computes for a run."""
