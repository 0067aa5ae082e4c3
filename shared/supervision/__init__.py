"""One service of several parts: started, watched, started again and ended together."""
