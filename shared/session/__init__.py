"""Ways for the coordinator's questions to reach hospitals, behind Flower's Grid."""
