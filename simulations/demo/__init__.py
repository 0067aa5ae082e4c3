"""`juntos demo`: a whole federation on this machine, with the commands people keep."""
