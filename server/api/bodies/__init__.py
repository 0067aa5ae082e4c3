"""What requests hold and answers look like; the description of the API is made of these."""
