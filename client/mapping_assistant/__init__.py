"""A first mapping file, proposed from a look at a hospital's data, for a person to finish."""
