"""What the coordinator wrote down in English, in the reader's language."""
