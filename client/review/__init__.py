"""Records that clinicians are asked about, and what becomes of their answers."""
