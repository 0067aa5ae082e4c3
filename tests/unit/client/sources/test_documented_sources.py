"""The examples in the documentation of sources are ones that a node accepts."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from client.sources.mapping import Mapping

DOCS = Path(__file__).parents[4] / "docs" / "sources"
PAGES = ["files.md", "sql.md", "omop.md", "cloud.md", "phenopackets.md"]
BLOCK = re.compile(r"```toml\n(.*?)```", re.DOTALL)


def examples() -> list[Any]:
    return [
        pytest.param(block, id=f"{page}-{number}")
        for page in PAGES
        for number, block in enumerate(BLOCK.findall((DOCS / page).read_text(encoding="utf-8")))
    ]


@pytest.mark.parametrize("block", examples())
def test_examples_are_accepted(block: str) -> None:
    content = tomllib.loads(block)
    if "label" in content:
        Mapping.model_validate(content)
        return
    annotation = Mapping.model_fields["source"]
    adapter: TypeAdapter[Any] = TypeAdapter(annotation.rebuild_annotation())
    assert adapter.validate_python(content["source"])


def test_every_page_has_examples() -> None:
    assert len(examples()) >= len(PAGES)
