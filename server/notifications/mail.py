"""Mail, over SMTP."""

from __future__ import annotations

import smtplib
import ssl
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from server.notifications.errors import UndeliveredError
from server.notifications.message import Message
from server.notifications.settings import Mail, NotificationSettings, Smtp, read_secret
from shared.errors import SettingsError
from shared.web.words import Words


def send_mail(home: Path, settings: NotificationSettings, channel: Mail, message: Message) -> None:
    """Hand a message to the mail server.

    Raises
    ------
    UndeliveredError
        When the server cannot be reached or refuses it.
    """
    smtp = settings.smtp
    if smtp is None:
        raise UndeliveredError("There is no mail server.", "Add [smtp] to notifications.toml.")
    try:
        with _connected(home, smtp) as server:
            if smtp.user and smtp.password_file is not None:
                server.login(smtp.user, read_secret(home, smtp.password_file))
            server.send_message(mail_of(smtp.sender, channel, message))
    except smtplib.SMTPAuthenticationError:
        raise UndeliveredError(
            f"{smtp.host} refuses the user or password.", "Correct user and password_file."
        ) from None
    except smtplib.SMTPRecipientsRefused:
        raise UndeliveredError(
            f"{smtp.host} refuses the recipients of {channel.name}.", "Correct their addresses."
        ) from None
    except ssl.SSLError as error:
        raise UndeliveredError(
            f"{smtp.host}:{smtp.port} cannot be trusted: {error.reason}.",
            "Name its certificate in smtp.certificate, or correct security and port.",
        ) from None
    except SettingsError as error:
        raise UndeliveredError(str(error)) from None
    except (smtplib.SMTPException, OSError) as error:
        raise UndeliveredError(
            f"{smtp.host}:{smtp.port} takes no mail: {_reason(error)}.",
            "Correct host, port and security in notifications.toml.",
        ) from None


def mail_of(sender: str, channel: Mail, message: Message) -> EmailMessage:
    """Return the mail; the same message has the same Message-ID at every try."""
    words = Words(message.language, ["server.notifications"])
    mail = EmailMessage()
    mail["Subject"] = f"[{message.federation}] {message.title}"
    mail["From"] = f"Juntos <{sender}>"
    mail["To"] = ", ".join(channel.to)
    mail["Date"] = format_datetime(datetime.fromisoformat(message.made_at))
    mail["Message-ID"] = f"<{message.id}@{sender.rpartition('@')[2]}>"
    mail["Content-Language"] = message.language
    # So that no holiday answers it.
    mail["Auto-Submitted"] = "auto-generated"
    link = words("mail.link", address=message.address)
    close = words("mail.close", federation=message.federation)
    mail.set_content(f"{message.text.strip()}\n\n{link}\n\n-- \n{close}\n")
    return mail


def _connected(home: Path, smtp: Smtp) -> smtplib.SMTP:
    trust = ssl.create_default_context(
        cafile=str(home / smtp.certificate) if smtp.certificate else None
    )
    if smtp.security == "tls":
        return smtplib.SMTP_SSL(smtp.host, smtp.port, timeout=smtp.timeout, context=trust)
    server = smtplib.SMTP(smtp.host, smtp.port, timeout=smtp.timeout)
    try:
        if smtp.security == "starttls":
            server.starttls(context=trust)
    except BaseException:
        server.close()
        raise
    return server


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        said = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
        return f"{error.smtp_code} {said}".rstrip(".")
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).rstrip(".")
