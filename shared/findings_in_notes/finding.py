"""What a note says of one finding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# How a finding is meant: the patient has it, has it not, a relative has it, nobody is sure.
State = Literal["present", "excluded", "family", "uncertain"]
# How its words were recognised: as they are known, as an abbreviation, with a typing error.
Recognised = Literal["name", "abbreviation", "typing error", "shared word"]


@dataclass(frozen=True)
class NoteFinding:
    """A proposal, for a person to confirm or to strike.

    Attributes
    ----------
    code, name : str
        The term (``HP:0001250``) and its label.
    start, end : int
        Place of its words in the note, in characters.
    text : str
        Those words.
    state : str
        ``present``, ``excluded``, ``family`` or ``uncertain``; what is only feared, or to be
        watched for, is uncertain.
    cue : str
        The words that made it other than present; empty for present.
    recognised : str
    """

    code: str
    name: str
    start: int
    end: int
    text: str
    state: State
    cue: str = ""
    recognised: Recognised = "name"
