"""How a hospital answers a run that watches the models in service."""
