"""A node's folder as one file, and back without a patient or a budget that should be gone."""
