"""Who may ask the API: keys with a name and roles."""
