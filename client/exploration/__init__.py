"""What this hospital's data are like: for itself in full, for the federation without few patients."""
