"""A model on its way from the coordinator to hospitals: what is said, and how it is packed."""
