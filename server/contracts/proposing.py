"""From a file to the federation's next contract: what it changes, whether its number says so."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from server.contracts.store import contract_of
from server.enrolment.hospitals import hospital_names
from server.home import CoordinatorHome, contract_text
from shared.contract import Contract, shipped_contracts
from shared.contract_changes import Change, check_in_full, compare, refuse_wrong_version
from shared.errors import SettingsError


@dataclass(frozen=True)
class Proposal:
    """A contract that is to follow the current one.

    Attributes
    ----------
    text : str
        TOML, as its author wrote it.
    changes : list of Change
        Since the current version, what matters most first.
    """

    current: Contract
    contract: Contract
    text: str
    changes: list[Change]


def read_proposal(home: CoordinatorHome, name: str) -> Proposal:
    """Read a contract from a file, or a proposed version, and check it against the current one.

    Raises
    ------
    SettingsError
        When it is no valid contract, another one, or its version number does not say what changes.
    """
    return proposal_of(home, text_of(home, name), name)


def proposal_of(home: CoordinatorHome, text: str, source: str) -> Proposal:
    """Check a contract's TOML against the current one.

    Raises
    ------
    SettingsError
        As for `read_proposal`.
    """
    contract = contract_of(text, source)
    check_in_full(contract)
    current = home.contracts().current().contract
    if contract.hash == current.hash:
        raise SettingsError(
            f"{source} is the current version, {current.version}.",
            "Write what is to change, and the version number it asks for.",
        )
    changes = compare(current, contract)
    refuse_wrong_version(current, contract, changes)
    return Proposal(current, contract, text, changes)


def publish(home: CoordinatorHome, proposal: Proposal) -> list[str]:
    """Make a proposal the current contract.

    Returns
    -------
    list of str
        The hospitals that runs leave out until they accept it.
    """
    home.contracts().publish(proposal.contract, proposal.text)
    return list(not_accepting(home, proposal.contract))


def not_accepting(home: CoordinatorHome, contract: Contract) -> dict[str, str]:
    """Return the hospitals that joined and have not accepted a contract, with that reason."""
    names = sorted(hospital_names(home.engine()).values())
    accepted = home.contracts().accepted(contract.hash, names)
    reason = f"has not accepted contract {contract.version}"
    return {name: reason for name in names if name not in accepted}


def text_of(home: CoordinatorHome, name: str) -> str:
    """Return the TOML of a contract: a file, a version of this federation, or a shipped contract.

    Raises
    ------
    SettingsError
        When there is none of that name.
    """
    if Path(name).is_file():
        return _read(Path(name))
    if name == "current":
        return home.contracts().current().text
    stored = home.contracts().of_version(name)
    if stored is not None:
        return stored.text
    if name in shipped_contracts():
        return contract_text(name)
    raise SettingsError(
        f"There is no contract {name!r}.",
        "Give a file, or a version that `juntos coordinator contract list` shows.",
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not UTF-8 text.", "Save it as UTF-8.") from None
