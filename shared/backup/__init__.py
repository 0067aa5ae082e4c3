"""A role's folder as one file, and back."""
