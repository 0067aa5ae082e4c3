"""What both roles' programs for machines share: problems, limits, the frame of a request."""
