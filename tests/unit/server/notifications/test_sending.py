"""Mail and webhooks arrive at real servers, once, in the receiver's language, or say why not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from server.cli import app
from server.home import CoordinatorHome
from server.notifications.notice import Notice
from server.notifications.noticing import Writer
from server.notifications.outbox import Outbox
from server.notifications.sending import send_due
from server.notifications.settings import SETTINGS_FILE, read_settings
from shared.errors import SettingsError
from tests.unit.server.notifications.receivers import (
    PASSWORD,
    USER,
    mail_server,
    web_server,
)

SMTP = """
[smtp]
host = "127.0.0.1"
port = {port}
security = "{security}"
sender = "juntos@example.org"
{more}
"""
TEAM = """
[[mail]]
name = "team"
to = ["team@example.org", "it@example.org"]
language = "es"
"""
CHAT = """
[[webhook]]
name = "chat"
url = "{url}"
secret_file = "chat.secret"
"""

Write = Callable[[str], None]


@pytest.fixture
def write(home: CoordinatorHome) -> Write:
    def settings(text: str) -> None:
        (home.path / SETTINGS_FILE).write_text(text)

    return settings


def silent() -> Notice:
    values = {"hospital": "east", "since": "2026-11-25 08:00 UTC"}
    return Writer().write("hospital_silent", "silent/east", "/hospitals/east", "x", **values)


def told(home: CoordinatorHome) -> tuple[int, Outbox]:
    """Take note of a silent hospital and send what is due."""
    settings, outbox = read_settings(home.path), Outbox(home.engine())
    outbox.note([silent()], settings)
    return send_due(home, settings, outbox), outbox


def test_mail_arrives_in_the_receivers_language(home: CoordinatorHome, write: Write) -> None:
    with mail_server() as (mailbox, port):
        write(SMTP.format(port=port, security="none", more="") + TEAM)
        assert told(home)[0] == 1
        # It still holds, and is known.
        assert told(home)[0] == 0
    [mail] = mailbox.mails
    assert mail["subject"] == f"[{home.settings.name}] east no responde"
    assert mail["to"] == "team@example.org, it@example.org"
    body = mail.get_content()
    assert "No se sabe nada del nodo de east" in body
    assert "http://127.0.0.1:8470/hospitals/east" in body


def test_a_server_that_was_away_gets_the_same_mail_later(
    home: CoordinatorHome, write: Write
) -> None:
    with mail_server() as (mailbox, port):
        mailbox.refuses = True
        write(SMTP.format(port=port, security="none", more="") + TEAM)
        arrived, outbox = told(home)
        assert arrived == 0
        [waiting] = outbox.newest()
        assert "451 Try again later" in waiting.message
        mailbox.refuses = False
        # As after a restart: another outbox, the same database.
        later = Outbox(home.engine())
        later._update(waiting, {"next_try_at": waiting.made_at})
        assert send_due(home, read_settings(home.path), later) == 1
    assert mailbox.mails[0]["message-id"] == f"<{waiting.id}@example.org>"


def test_mail_goes_over_tls_with_a_password(
    home: CoordinatorHome, write: Write, tmp_path: Path
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(home.server_certificate, home.server_key)
    more = f'user = "{USER}"\npassword_file = "mail.secret"\ncertificate = "pki/ca.crt"'
    with mail_server(context) as (mailbox, port):
        write(SMTP.format(port=port, security="starttls", more=more) + TEAM)
        (home.path / "mail.secret").write_text("wrong\n")
        outbox = told(home)[1]
        assert "refuses the user or password" in outbox.newest()[0].message
        assert "wrong" not in outbox.newest()[0].message
        (home.path / "mail.secret").write_text(PASSWORD + "\n")
        outbox._update(outbox.newest()[0], {"next_try_at": outbox.newest()[0].made_at})
        assert send_due(home, read_settings(home.path), outbox) == 1
        write(SMTP.format(port=port, security="starttls", more=more.rpartition("\n")[0]) + TEAM)
        result = CliRunner().invoke(app, ["notify", "test", "--home", str(home.path)])
        assert result.exit_code == 1
        assert "cannot be trusted" in result.output
    assert len(mailbox.mails) == 1


def test_a_webhook_can_tell_whose_request_it_is(home: CoordinatorHome, write: Write) -> None:
    with web_server() as (hook, url):
        write(CHAT.format(url=url))
        (home.path / "chat.secret").write_text("s3cret")
        assert told(home)[0] == 1
    [(headers, body)] = hook.requests
    content = json.loads(body)
    assert content["kind"] == "hospital_silent"
    assert content["title"] == "east is silent"
    assert headers["webhook-id"] == content["id"]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(b"s3cret", signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


def test_a_webhook_that_refuses_is_named_without_its_secret(
    home: CoordinatorHome, write: Write
) -> None:
    (home.path / "chat.secret").write_text("s3cret")
    with web_server() as (hook, url):
        hook.status = 500
        write(CHAT.format(url=url))
        message = told(home)[1].newest()[0].message
    assert "status 500" in message
    assert "secret-token" not in message
    result = CliRunner().invoke(app, ["notify", "test", "--home", str(home.path)])
    assert result.exit_code == 1
    assert "does not answer" in result.output
    assert "secret-token" not in result.output


def test_a_way_that_is_gone_is_dropped(home: CoordinatorHome, write: Write) -> None:
    write(CHAT.format(url="https://chat.example.org/"))
    outbox = Outbox(home.engine())
    outbox.note([silent()], read_settings(home.path))
    write("")
    assert send_due(home, read_settings(home.path), outbox) == 0
    assert outbox.newest()[0].outcome == "dropped"


def test_one_command_tries_every_way(home: CoordinatorHome, write: Write) -> None:
    nobody = CliRunner().invoke(app, ["notify", "test", "--home", str(home.path)])
    assert nobody.exit_code == 1
    assert "names no [[mail]]" in nobody.output
    (home.path / "chat.secret").write_text("s3cret")
    with mail_server() as (mailbox, port), web_server() as (hook, url):
        write(SMTP.format(port=port, security="none", more="") + TEAM + CHAT.format(url=url))
        found = CliRunner().invoke(app, ["notify", "test", "--home", str(home.path)])
        assert (found.exit_code, found.output) == (0, "team: ok\nchat: ok\n")
    assert mailbox.mails[0]["subject"].endswith("Una prueba de Juntos")
    assert len(hook.requests) == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (TEAM, "mail needs"),
        (
            SMTP.format(port=25, security="none", more="").replace("127.0.0.1", "mx.org"),
            "this machine",
        ),
        (SMTP.format(port=25, security="tls", more='user = "x"'), "belong together"),
        (CHAT.format(url="http://chat.example.org/"), "url"),
        (CHAT.format(url="https://x/").replace("chat", "Chat Room", 1), "name"),
        (CHAT.format(url="https://x/") + CHAT.format(url="https://y/"), "same name"),
        (CHAT.format(url="https://x/") + 'kinds = ["everything"]', "kinds"),
    ],
)
def test_settings_that_cannot_work_are_refused(
    home: CoordinatorHome, write: Write, text: str, says: str
) -> None:
    write(text)
    with pytest.raises(SettingsError, match=says):
        read_settings(home.path)
