"""The coordinator as one service: what it runs, what it restarts, and how it is doing."""
