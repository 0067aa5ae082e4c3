"""The coordinator's REST API: all that the dashboard and the terminal can do, for programs."""
