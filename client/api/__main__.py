"""``python -m client.api HOME``: answer until SIGINT or SIGTERM."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from client.api.process import run_api
from client.serving.services import open_services
from shared.errors import JuntosError
from shared.json_logs import write_json_logs


def main() -> int:
    """Answer for the node's folder that is named."""
    write_json_logs(level=logging.WARNING)
    try:
        run_api(open_services(Path(sys.argv[1])))
    except JuntosError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
