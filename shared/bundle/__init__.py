"""A trained model ready to serve: everything in files that execute nothing when loaded."""

from shared.bundle.bundle import Bundle
from shared.bundle.reading import read_bundle
from shared.bundle.writing import write_bundle

__all__ = ["Bundle", "read_bundle", "write_bundle"]
