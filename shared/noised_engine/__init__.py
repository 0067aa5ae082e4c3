"""The engine of a run with a formal guarantee, as files of a bundle."""
