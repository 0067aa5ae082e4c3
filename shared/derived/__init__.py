"""Features that are computed from recorded ones, by expressions that the contract holds.

One implementation serves training and answering: it needs NumPy alone, and treats a single row as
it treats a million.
"""

from shared.derived.declaration import DerivedFeature
from shared.derived.derivation import Derivation, derivation_of
from shared.derived.kinds import Codes, Flag, Kind, Number, Terms, Text

__all__ = [
    "Codes",
    "Derivation",
    "DerivedFeature",
    "Flag",
    "Kind",
    "Number",
    "Terms",
    "Text",
    "derivation_of",
]
