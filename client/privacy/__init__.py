"""What may leave this hospital, what has left it, and what that told about any one patient."""
