"""Made-up notes whose findings are known, to measure how rules read notes."""
