"""The commands of `juntos coordinator`, one module each."""
