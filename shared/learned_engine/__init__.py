"""The engine that learned over hospitals, as files of a bundle that ranks."""
