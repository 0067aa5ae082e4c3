"""Making engines that rank all known diseases."""
