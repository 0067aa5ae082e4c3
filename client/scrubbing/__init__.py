"""Names, dates, numbers and places out of notes, before anything reads them."""

from client.scrubbing.scrubber import scrub

__all__ = ["scrub"]
