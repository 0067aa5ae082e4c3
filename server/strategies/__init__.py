"""How hospitals' answers become one model: a Flower strategy for each kind."""
