"""What the federation's data are like, from what hospitals may tell."""
