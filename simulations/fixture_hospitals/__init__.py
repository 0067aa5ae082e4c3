"""The same patients as hospitals keep them: in each form of data that the node reads."""
