"""A node's folder with a model in service, made once and copied."""

from __future__ import annotations

from tests.unit.client.api.conftest import filled_home as filled_home
from tests.unit.client.api.conftest import home as home
