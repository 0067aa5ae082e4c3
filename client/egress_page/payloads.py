"""Copies of answers as a person reads them: whole where short, else their beginning."""

from __future__ import annotations

import json
from typing import Any

from flwr.app import Array
from flwr.common.serde import recorddict_from_proto
from flwr.proto.message_pb2 import Message as ProtoMessage

# Of one array or list.
MOST_NUMBERS = 200
# Of one answer.
MOST_CHARACTERS = 20_000
_WIDEST_LINE = 100


def payload_text(payload: bytes) -> str:
    """Return what an answer holds, record by record; long arrays and texts are cut, and say so.

    Raises
    ------
    ValueError
        When it is no answer.
    """
    try:
        records = recorddict_from_proto(ProtoMessage.FromString(payload).content)
    except Exception as error:
        raise ValueError("a copy that cannot be read") from error
    lines: list[str] = []
    for name, arrays in records.array_records.items():
        for key, array in arrays.items():
            lines += [f"{name} / {key}: {_shape(array)}", _numbers(array), ""]
    for name, metrics in records.metric_records.items():
        lines += [f"{name} / {key}: {_shortened(value)}" for key, value in metrics.items()]
    for name, texts in records.config_records.items():
        for key, value in texts.items():
            lines += [f"{name} / {key}:", _text(value)]
    return cut("\n".join(lines).strip())


def cut(text: str) -> str:
    """Return a text's beginning, with how much more there is."""
    if len(text) <= MOST_CHARACTERS:
        return text
    return f"{text[:MOST_CHARACTERS]}\n… + {len(text) - MOST_CHARACTERS}"


def _shape(array: Array) -> str:
    shape = " \N{MULTIPLICATION SIGN} ".join(str(each) for each in array.shape) or "1"
    return f"{array.dtype} {shape}"


def _numbers(array: Array) -> str:
    values = array.numpy().ravel()
    shown = [_number(value) for value in values[:MOST_NUMBERS].tolist()]
    width = max(map(len, shown), default=0) + 2
    in_line = max(_WIDEST_LINE // width, 1)
    lines = [
        "".join(each.rjust(width) for each in shown[start : start + in_line])
        for start in range(0, len(shown), in_line)
    ]
    if len(values) > MOST_NUMBERS:
        lines.append(f"  … + {len(values) - MOST_NUMBERS}")
    return "\n".join(lines)


def _number(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return f"  {cut(value.hex())}"
    if isinstance(value, str):
        try:
            return json.dumps(_shortened(json.loads(value)), indent=1, ensure_ascii=False)
        except ValueError:
            return f"  {value}"
    return f"  {_shortened(value)}"


def _shortened(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Return lists with at most so many entries; those of numbers alone are one text."""
    if isinstance(value, dict):
        return {name: _shortened(each) for name, each in value.items()}
    if not isinstance(value, list):
        return value
    rest = len(value) - MOST_NUMBERS
    more = [f"… + {rest}"] if rest > 0 else []
    if value and all(isinstance(each, int | float) for each in value):
        return "  ".join([*map(_number, value[:MOST_NUMBERS]), *more])
    return [*(_shortened(each) for each in value[:MOST_NUMBERS]), *more]
