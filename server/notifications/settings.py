"""``notifications.toml``: who is told what, and how."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from server.notifications.notice import Kind
from shared.errors import SettingsError
from shared.settings_file import StrictModel, load

SETTINGS_FILE = "notifications.toml"
Language = Literal["en", "es"]
MailAddress = Annotated[str, Field(pattern=r"^[^@\s,<>]+@[^@\s,<>]+$")]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
# One line of a file that only the coordinator's account reads.
LONGEST_SECRET = 4096


class Smtp(StrictModel):
    """The server that takes mail.

    Attributes
    ----------
    host : str
    port : int
    security : {"starttls", "tls", "none"}
        ``none`` only for a server on this machine.
    certificate : Path or None
        PEM of whom to trust, where the machine does not.
    user : str
        Empty for a server that asks for none.
    password_file : Path or None
    sender : str
    timeout : float
        Seconds.
    """

    host: str
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    certificate: Path | None = None
    user: str = ""
    password_file: Path | None = None
    sender: MailAddress
    timeout: float = Field(default=20.0, gt=0, le=300)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if bool(self.user) != (self.password_file is not None):
            raise ValueError("user and password_file belong together")
        local = self.host in ("localhost", "127.0.0.1", "::1")
        if self.security == "none" and not local:
            raise ValueError('security = "none" is for a server on this machine only')
        return self


class Channel(StrictModel):
    """A way to somebody.

    Attributes
    ----------
    name : str
        Of this way, for lists and logs.
    kinds : list of str
        What is told; everything without any.
    language : {"en", "es"}
    """

    name: Name
    kinds: list[Kind] = Field(default_factory=list)
    language: Language = "en"

    def wants(self, kind: Kind) -> bool:
        """Return whether a kind is told this way."""
        return not self.kinds or kind in self.kinds


class Mail(Channel):
    """Mail to some people."""

    to: list[MailAddress] = Field(min_length=1)


class Webhook(Channel):
    """A POST request with JSON.

    Attributes
    ----------
    url : str
        ``https``, or ``http`` on this machine.
    secret_file : Path or None
        Signs the body, so that the receiver knows whose it is.
    timeout : float
        Seconds.
    """

    url: Annotated[str, Field(pattern=r"^(https://|http://(localhost|127\.0\.0\.1|\[::1\])[:/])")]
    secret_file: Path | None = None
    timeout: float = Field(default=10.0, gt=0, le=300)


class NotificationSettings(StrictModel):
    """The content of ``notifications.toml``.

    Attributes
    ----------
    repeat_days : float
        After which what still holds is told again; 0 for never.
    smtp : Smtp or None
    mail : list of Mail
    webhook : list of Webhook
    """

    repeat_days: float = Field(default=7.0, ge=0)
    smtp: Smtp | None = None
    mail: list[Mail] = Field(default_factory=list)
    webhook: list[Webhook] = Field(default_factory=list)

    @property
    def channels(self) -> list[Mail | Webhook]:
        """All ways."""
        return [*self.mail, *self.webhook]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.mail and self.smtp is None:
            raise ValueError("mail needs [smtp], the server that takes it")
        names = [each.name for each in self.channels]
        if len(set(names)) < len(names):
            raise ValueError("two ways have the same name")
        return self


def read_settings(home: Path) -> NotificationSettings:
    """Read who is told what; without a file, nobody is told anything.

    Raises
    ------
    SettingsError
        When the file cannot be used.
    """
    path = home / SETTINGS_FILE
    return load(NotificationSettings, path) if path.exists() else NotificationSettings()


def read_secret(home: Path, file: Path) -> str:
    """Return the one line of a file; its path is relative to the coordinator's folder.

    Raises
    ------
    SettingsError
        When it cannot be read or is empty.
    """
    path = home / file
    try:
        with path.open(encoding="utf-8") as opened:
            secret = opened.read(LONGEST_SECRET).strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise SettingsError(f"{path} cannot be read: {reason}.") from None
    if not secret:
        raise SettingsError(f"{path} is empty.", "Write the secret into its first line.")
    return secret
