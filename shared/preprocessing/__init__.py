"""One preprocessor for all hospitals, built from merged statistics alone."""

from shared.preprocessing.fitting import fit_preprocessor
from shared.preprocessing.preprocessor import Preprocessor
from shared.preprocessing.settings import PreprocessingSettings

__all__ = ["PreprocessingSettings", "Preprocessor", "fit_preprocessor"]
