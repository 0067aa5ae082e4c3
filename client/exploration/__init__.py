"""What this hospital's data are like: all of it inside, nothing of few patients outside."""
