"""What a hospital has from the federation, measured on its own patients, and told to nobody."""
