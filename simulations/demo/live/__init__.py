"""`juntos demo --live`: hospitals change while a federation runs by itself."""
