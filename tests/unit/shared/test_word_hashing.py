"""Words of notes become the numbers that scikit-learn makes of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import HashingVectorizer

from shared.preprocessing.word_hashing import hash_words

NOTES = ["", "a", "Fièvre, İstanbul ﬁn", "two two words", "naïve 中文 слово 123_x", "ÀÉÎ" * 40]


def of_scikit_learn(notes: list[str], columns: int) -> np.ndarray:
    vectorizer = HashingVectorizer(n_features=columns, strip_accents="unicode")
    expected: np.ndarray = vectorizer.transform(notes).toarray().astype(np.float32)
    return expected


@pytest.mark.parametrize("columns", [1, 7, 32, 4096])
def test_words_are_hashed_as_scikit_learn_does(columns: int) -> None:
    np.testing.assert_array_equal(hash_words(NOTES, columns), of_scikit_learn(NOTES, columns))


@settings(max_examples=60, deadline=None)
@given(note=st.text(max_size=80).filter(lambda text: "\ud800" not in text))
def test_any_text_is_hashed_as_scikit_learn_does(note: str) -> None:
    np.testing.assert_array_equal(hash_words([note], 64), of_scikit_learn([note], 64))
