"""How a hospital takes a model that the coordinator deploys."""
