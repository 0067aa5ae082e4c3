"""The single checks of a node: each says what is in order, or raises with the fix."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from cryptography import x509

from client.coordinator_connection import transport_error
from client.home import NodeHome
from shared.enrolment import StatusAnswer, split_address
from shared.errors import ConnectionRefusedByPeerError, SettingsError

CONNECT_TIMEOUT = 10.0
EXPIRES_SOON = timedelta(days=30)


@dataclass(frozen=True)
class Warned:
    """What is in order, with what a person should look at nevertheless."""

    text: str
    warnings: list[str]
    fix: str


def refuse_absent_files(home: NodeHome) -> None:
    """Refuse a folder that is not complete."""
    needed = [
        home.private_key,
        home.public_key,
        home.certificate,
        home.authority_certificate,
        home.contract_file,
    ]
    absent = [str(path.relative_to(home.path)) for path in needed if not path.is_file()]
    if absent:
        raise SettingsError(
            f"{home.path} is not complete: {', '.join(absent)} is missing.",
            "Restore the folder from a backup, or join anew with a new kit.",
        )


def check_keys(home: NodeHome) -> str:
    """Refuse keys that others on this machine can read."""
    for path in (home.keys, home.private_key):
        if path.stat().st_mode & 0o077:
            raise SettingsError(
                f"Others on this machine can reach {path}.", f"Run: chmod go= {path}"
            )
    return "only their owner can read them"


def check_certificate(home: NodeHome) -> str | Warned:
    """Refuse a certificate that has expired; say when it soon will."""
    expires = certificate_end(home)
    fix = "Ask the coordinator for a new kit, and join anew."
    left = expires - datetime.now(UTC)
    if left <= timedelta():
        raise ConnectionRefusedByPeerError(
            f"This hospital's certificate expired on {expires:%Y-%m-%d}.", fix
        )
    text = f"valid until {expires:%Y-%m-%d}"
    if left >= EXPIRES_SOON:
        return text
    return Warned(text, [f"{left.days} days are left"], fix)


def certificate_end(home: NodeHome) -> datetime:
    """Return when the hospital's certificate expires.

    Raises
    ------
    SettingsError
        When it is none.
    """
    try:
        certificate = x509.load_pem_x509_certificate(home.certificate.read_bytes())
    except (OSError, ValueError):
        raise SettingsError(
            f"{home.certificate} is no certificate.", "Restore it from a backup."
        ) from None
    return certificate.not_valid_after_utc


def check_contract(home: NodeHome) -> str:
    """Refuse a contract that was changed."""
    return f"{home.contract().name} {home.contract().version}"


def check_mapping(home: NodeHome) -> str | Warned:
    """Refuse a mapping that does not fit; warn of what may tell who a patient is."""
    from client.sources.agreement import check_agreement
    from client.sources.mapping import load_mapping
    from client.sources.mapping_warnings import mapping_warnings
    from client.sources.renamed_mapping import under_contract

    mapping = under_contract(home.contract(), load_mapping(home.mapping_file))
    check_agreement(home.contract(), mapping, str(home.mapping_file))
    warnings = mapping_warnings(home.contract(), mapping)
    if not warnings:
        return f"{len(mapping.local_columns)} columns are read, and no other"
    count = "1 line deserves" if len(warnings) == 1 else f"{len(warnings)} lines deserve"
    return Warned(f"{count} a second look", warnings, f"See to them in {home.mapping_file}.")


def check_data(home: NodeHome) -> str | Warned:
    """Read the data as a run would, and keep none of them."""
    from client.review.opening import mapping_change, read_overlay
    from client.sources import check_records
    from client.sources.pseudonyms import patient_key

    key, overlay = patient_key(home.patient_key_file), read_overlay(home)
    change = mapping_change(overlay)
    found = check_records(home.contract(), home.mapping_file, patient_key=key, change=change)
    text = f"{found.good_rows} of {found.rows_read} rows are good"
    text = f"{text}; {found.rows_set_aside} set aside" if found.rows_set_aside else text
    text = f"{text}; {overlay.count} decisions of the review" if overlay else text
    if not found.remarks:
        return text
    return Warned(text, found.remarks, f"See to them in {home.mapping_file}, or at the source.")


def check_privacy(home: NodeHome) -> str | Warned:
    """Read the policy, and refuse a ledger that was changed."""
    from client.privacy.erasure import listed_and_told
    from client.privacy.opening import open_ledger
    from client.privacy.pause import is_paused
    from client.privacy.policy import read_policy

    policy, ledger = read_policy(home.policy_file), open_ledger(home)
    last = ledger.verify()
    ledger.close()
    entries = f"{last.number if last else 0} entries in the ledger"
    required = "required" if policy.formal_privacy_required else "not required"
    paused = "; paused" if is_paused(home.path) else ""
    listed, told = listed_and_told(home)
    erased = f"; erased patients: {listed}" if listed or told else ""
    text = f"formal privacy is {required}, epsilon {policy.epsilon:g}; {entries}{erased}{paused}"
    if listed >= told:
        return text
    lines = [f"the ledger tells of {told} erasures, {home.erased_file} lists {listed}"]
    return Warned(text, lines, "Erase again whoever was taken off the list by mistake.")


def check_network(home: NodeHome) -> str:
    """Open a connection to the coordinator, or to the proxy before it, and close it."""
    from client.service.checks import proxy_of

    address = home.settings.coordinator
    proxy = urlsplit(proxy_of(home))
    host, port = split_address(address)
    if proxy.hostname:
        host, port = proxy.hostname, proxy.port or 80
    try:
        socket.create_connection((host, port), timeout=CONNECT_TIMEOUT).close()
    except OSError as error:
        raise transport_error(str(error.strerror), address) from None
    return f"the proxy at {host}:{port} answers" if proxy.hostname else f"{address} answers"


def check_membership(home: NodeHome) -> str:
    """Ask the coordinator for something that it tells members only."""
    from client.contracts.offered import offered_contract

    offered_contract(home)
    return f"{home.settings.hospital} is a member"


def check_version(home: NodeHome, status: StatusAnswer) -> str | Warned:
    """Say when a version of the contract waits to be accepted; refuse to go back to an older."""
    if status.contract_hash == home.settings.contract_hash:
        return "the contract is the coordinator's"
    from client.contracts.accepting import refuse_older
    from client.contracts.offered import offered_contract
    from shared.contract_changes import compare

    old, new = home.contract(), offered_contract(home).contract
    refuse_older(old, new)
    changes = [change.what for change in compare(old, new) if change.level != "patch"]
    return Warned(
        f"contract {new.version} waits; runs leave this hospital out until it accepts",
        changes or ["only words change"],
        "`juntos node contract diff` says what it means here; `juntos node contract accept`.",
    )
