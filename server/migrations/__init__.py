"""How the coordinator's tables came to be as they are: one step per file, oldest first."""
