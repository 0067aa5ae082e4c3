"""What a federation's data are like, from tables whose cells hold enough patients to be told."""
