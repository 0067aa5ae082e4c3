"""Reading a TOML file into a checked settings object, with errors that name the line's key."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.errors import SettingsError

Settings = TypeVar("Settings", bound=BaseModel)


class StrictModel(BaseModel):
    """A settings object that is immutable and refuses unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def read_toml(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file.

    Raises
    ------
    SettingsError
        When the file is absent, unreadable or not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"{path} does not exist.", "Check the path.") from None
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not UTF-8 text.", "Save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}.", "Correct that line.") from None


def parse(model: type[Settings], content: dict[str, Any], source: str) -> Settings:
    """Check `content` against `model`; every problem is reported at once.

    Parameters
    ----------
    source : str
        The name under which errors speak of the content (usually a path).

    Raises
    ------
    SettingsError
        Listing each key that is missing, unknown or has the wrong type.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        lines = [
            f"  {'.'.join(str(part) for part in detail['loc']) or 'the whole'}: {detail['msg']}"
            for detail in error.errors(include_input=False, include_url=False)
        ]
        raise SettingsError(
            f"{source} is not a valid {model.__name__}:\n" + "\n".join(lines),
            "Correct the keys above.",
        ) from None


def load(model: type[Settings], path: Path) -> Settings:
    """Read and check a TOML file."""
    return parse(model, read_toml(path), str(path))
