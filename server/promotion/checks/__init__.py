"""One module for each thing that a gate looks at."""
