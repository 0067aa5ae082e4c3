"""Feed one reader for as long as it is told, guided by coverage (libFuzzer through atheris).

python -m tests.fuzz.guided --list
python -m tests.fuzz.guided csv -max_total_time=60
"""

from __future__ import annotations

import logging
import sys
import tempfile
import warnings
from pathlib import Path

SENTINEL = "Garcia1957"


def main() -> None:
    """Run one target; it ends with an error where one comes out that is for nobody."""
    if sys.argv[1:] == ["--list"]:
        from tests.fuzz.targets import targets

        sys.stdout.write("".join(f"{each.name.replace(' ', '_')}\n" for each in targets()))
        return
    import atheris

    # What is imported here is followed; libraries are taken as they are.
    with atheris.instrument_imports(include=["client", "shared"]):
        from shared.errors import JuntosError
        from tests.fuzz.targets import targets

    known = {each.name.replace(" ", "_"): each for each in targets()}
    target = known[sys.argv[1]]
    warnings.simplefilter("ignore")
    logging.disable()

    def once(data: bytes) -> None:
        try:
            target.read(data)
        except JuntosError as error:
            if SENTINEL in str(error):
                raise AssertionError("an error that quotes a patient") from error

    with tempfile.TemporaryDirectory() as corpus:
        (Path(corpus) / "whole").write_bytes(target.seed)
        atheris.Setup([sys.argv[0], corpus, *sys.argv[2:]], once)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
