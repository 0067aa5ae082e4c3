"""A service of Juntos as one of systemd."""

from __future__ import annotations

import getpass
import re
from pathlib import Path

from shared.errors import SettingsError
from shared.processes import program

ACCOUNT = re.compile(r"[a-z_][a-z0-9_-]{0,30}\$?")
# Beside what the parts have to end: what they have started themselves.
MORE_STOP_SECONDS = 30
UNIT = """\
# Made by `juntos {role} systemd-unit`.
[Unit]
Description={description}
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
User={account}
ExecStart={program} {role} serve --home {home}
Restart=on-failure
RestartSec=10
# Settings and data are wrong until a person corrects them.
RestartPreventExitStatus=2 5
KillMode=mixed
TimeoutStopSec={stop_seconds}
# All that it may write, and nobody else may read what it makes.
ProtectSystem=strict
ReadWritePaths={home}
UMask=0077
# Data may lie there.
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
NoNewPrivileges=yes
CapabilityBoundingSet=
LockPersonality=yes
RemoveIPC=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service

[Install]
WantedBy=multi-user.target
"""


def unit_of(role: str, description: str, home: Path, stop_seconds: float, account: str = "") -> str:
    """Return a unit that runs a service and lets it write to its own folder only.

    Parameters
    ----------
    role : str
        The command: ``node``, ``coordinator``.
    home : Path
        Its folder.
    stop_seconds : float
        That its parts have to end.
    account : str
        Under which it runs; the one that asks without it. The folder must be its own: keys are
        refused that others can read, so an account made anew at each start cannot be used.

    Raises
    ------
    SettingsError
        When the account is no name of one.
    """
    account = account or getpass.getuser()
    if not ACCOUNT.fullmatch(account):
        raise SettingsError(f"{account!r} is no name of an account.", "Give another --user.")
    return UNIT.format(
        role=role,
        description=escaped(description),
        account=account,
        program=quoted(program("juntos")),
        home=quoted(str(home.absolute())),
        stop_seconds=round(stop_seconds) + MORE_STOP_SECONDS,
    )


def escaped(text: str) -> str:
    """Return text as a unit file takes it: on one line, without specifiers."""
    return " ".join(text.split()).replace("%", "%%")


def quoted(path: str) -> str:
    """Return a path as one word of a unit file.

    Raises
    ------
    SettingsError
        When systemd cannot take it.
    """
    if any(not each.isprintable() for each in path):
        raise SettingsError("systemd takes no path with line ends.", "Move the folder.")
    plain = path.replace("%", "%%").replace("$", "$$")
    if re.fullmatch(r"[\w./$%+@-]+", plain):
        return plain
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'
