"""A terminology as plain arrays in one file, for hospitals that answer without its package."""

from shared.compiled_terms.compiled import CompiledTerminology, TermMatch, read_terms
from shared.compiled_terms.compiling import compile_terms
from shared.compiled_terms.obo import Obo, read_obo

__all__ = ["CompiledTerminology", "Obo", "TermMatch", "compile_terms", "read_obo", "read_terms"]
