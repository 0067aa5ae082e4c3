"""``juntos coordinator notify test | list``."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import typer

from server.commands.options import DEFAULT_HOME, HomeOption, JsonOption
from shared.terminal import print_columns

if TYPE_CHECKING:
    from server.notifications.settings import Mail, Webhook

notify = typer.Typer(help="Try the ways to people, and see what was told.", no_args_is_help=True)
NOTHING = (
    "Nobody is told anything: there is no notifications.toml in the coordinator's folder, or it\n"
    "names no [[mail]] and no [[webhook]]."
)


@notify.command("test")
def send_test(home: HomeOption = DEFAULT_HOME) -> None:
    """Send a test every way; exit code 1 where one does not work."""
    import uuid
    from datetime import UTC, datetime

    from server.home import open_home
    from server.notifications.noticing import Writer
    from server.notifications.sending import try_all
    from server.notifications.settings import read_settings

    opened = open_home(home)
    settings = read_settings(opened.path)
    if not settings.channels:
        typer.echo(NOTHING, err=True)
        raise SystemExit(1)

    def tell(channel: Mail | Webhook, trouble: str) -> None:
        typer.echo(f"{channel.name}: {trouble or 'ok'}", err=bool(trouble))

    notice = Writer().write("test", "test", "/")
    now = datetime.now(UTC).isoformat(timespec="seconds")
    if not try_all(opened, settings, notice, str(uuid.uuid4()), now, tell):
        raise SystemExit(1)


@notify.command("list")
def list_told(home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """Show what was told lately, and what still waits to be sent."""
    from server.home import open_home
    from server.notifications.outbox import Outbox

    found = Outbox(open_home(home).engine()).newest()
    if as_json:
        told = [
            {
                "id": each.id,
                "made_at": each.made_at,
                "channel": each.channel,
                "kind": each.notice.kind,
                "subject": each.notice.subject,
                "outcome": each.outcome,
                "tries": each.tries,
                "message": each.message,
            }
            for each in found
        ]
        sys.stdout.write(json.dumps(told) + "\n")
        return
    if not found:
        typer.echo("Nobody was told anything yet.")
        return
    rows = [
        [each.made_at[:16], each.channel, each.notice.title["en"], each.outcome, each.message]
        for each in found
    ]
    print_columns(["when", "way", "what", "outcome", "why"], rows)
