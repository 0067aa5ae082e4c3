"""What a person is told when a file cannot be read, from whichever library the failure came."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.errors import DataError, JuntosError, SettingsError

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

# By name, since each belongs to a library that only some nodes have: botocore, google-auth, azure.
WITHOUT_CREDENTIALS = {
    "NoCredentialsError",
    "PartialCredentialsError",
    "ProfileNotFound",
    "SSOTokenLoadError",
    "TokenRetrievalError",
    "UnauthorizedSSOTokenError",
    "DefaultCredentialsError",
    "RefreshError",
    "CredentialUnavailableError",
    "ClientAuthenticationError",
}
REFUSED = {"Forbidden", "HttpError", "ClientResponseError", "ClientError"}


def storage_error(
    error: Exception,
    filesystem: AbstractFileSystem | None,
    path: str,
    address: str,
    is_remote: bool,
) -> JuntosError:
    """Return the error for a person; nothing of the library's message is in it.

    Parameters
    ----------
    filesystem : AbstractFileSystem or None
        None where it could not be opened.
    path : str
        As the file system names it.
    address : str
        As a person does.
    """
    if not is_remote:
        return _local_error(error, address)
    name = type(error).__name__
    if isinstance(error, FileNotFoundError):
        return _absent(filesystem, path, address)
    if name in WITHOUT_CREDENTIALS:
        return SettingsError(
            f"There are no valid credentials for {address}.",
            "Give them to the node by its environment, or name a profile in source.storage.",
        )
    if isinstance(error, PermissionError) or name in REFUSED:
        return DataError(
            f"{address} may not be read with the node's credentials.",
            "Ask the storage's administrator for read access, or correct the credentials.",
        )
    if name == "FileExpired":
        return DataError(f"{address} changed while it was read.", "Try again when it is complete.")
    return DataError(
        f"{address} cannot be reached.",
        "Check the network, source.path, and source.storage.endpoint_url if there is one.",
    )


def _local_error(error: Exception, path: str) -> JuntosError:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return DataError(f"{path} does not exist.", "Correct source.path in the mapping.")
    if isinstance(error, PermissionError):
        fix = "Give the user that runs the node read access."
        return DataError(f"{path} may not be read by this user.", fix)
    reason = getattr(error, "strerror", None) or "the disk or network drive gave an error"
    return DataError(f"{path} cannot be read: {reason}.", "Check the disk or network drive.")


def _absent(filesystem: AbstractFileSystem | None, path: str, address: str) -> JuntosError:
    """Say whether the file is absent or the whole bucket."""
    bucket = path.partition("/")[0]
    try:
        known = filesystem is None or bool(filesystem.exists(bucket))
    except Exception:
        known = True
    if known:
        return DataError(f"{address} does not exist.", "Correct source.path in the mapping.")
    return DataError(
        f"{address} does not exist: there is no bucket {bucket!r}, or it does not show itself "
        "to the node.",
        "Correct source.path in the mapping, or ask the storage's administrator.",
    )
