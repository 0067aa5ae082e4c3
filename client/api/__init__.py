"""The node's answers over HTTP: for the hospital's own systems, on its own network."""
