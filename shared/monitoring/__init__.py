"""What both roles tell of themselves to whoever watches them."""
