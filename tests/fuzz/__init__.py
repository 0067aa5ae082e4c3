"""Whatever bytes come in: an error for people, or an answer; nothing else."""
