"""The commands of `juntos bench`, by what they measure."""
