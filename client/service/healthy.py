"""Whether a node's service does its work, for container engines: ``python -m ... HOME``.

Exit code 0 where every part that is wanted runs, and 1 otherwise; quicker than the whole status.
"""

from __future__ import annotations

import sys
from pathlib import Path

from shared.supervision.report import read_report

WELL = ("up", "off", "starting")


def healthy(home: Path) -> bool:
    """Return whether a service runs there whose parts are all well."""
    report = read_report(home)
    return report is not None and all(part.state in WELL for part in report.parts.values())


def main() -> int:
    """Look at the folder that is named."""
    return 0 if healthy(Path(sys.argv[1])) else 1


if __name__ == "__main__":
    sys.exit(main())
