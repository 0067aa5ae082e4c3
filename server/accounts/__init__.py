"""Who may see and steer the federation, how they sign in, and what they did."""
