"""What a hospital chooses about its API: ``api.toml`` in the node's folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from client.sources.fhir.settings import Address, OAuthSettings
from shared.settings_file import StrictModel, load
from shared.web.security import LOOPBACK

API_FILE = "api.toml"
EVERY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104 - compared with, not listened at
Origin = Annotated[str, Field(pattern=r"^https?://[^/*\s]+$")]
Bytes = Annotated[int, Field(ge=1024)]


class RateSettings(StrictModel):
    """How much one key may ask of one process.

    Attributes
    ----------
    per_second : float
        Requests that a key may go on asking.
    burst : int
        Requests at once, after a pause.
    """

    per_second: float = Field(default=100.0, gt=0)
    burst: int = Field(default=200, ge=1)


class SizeSettings(StrictModel):
    """How large requests may be.

    Attributes
    ----------
    request : int
        Bytes of a single case or a confirmation.
    batch : int
        Bytes of a request with several cases, or with a patient's FHIR resources.
    batch_cases : int
    file : int
        Bytes of a file that is answered later; it is in memory while it comes in.
    file_cases : int
    """

    request: Bytes = 1024 * 1024
    batch: Bytes = 16 * 1024 * 1024
    batch_cases: int = Field(default=1000, ge=1)
    file: Bytes = 64 * 1024 * 1024
    file_cases: int = Field(default=1_000_000, ge=1)


class WriteBackSettings(StrictModel):
    """The FHIR server that gets a RiskAssessment for each answer to a Bundle.

    Attributes
    ----------
    server : str
        Base address.
    oauth : OAuthSettings or None
    ca_file : Path or None
        Certificates of the authority that signed the server's, instead of the usual ones.
    timeout_seconds : float
    longest_wait_seconds : float
        Between two tries while the server cannot be reached.
    keep_days : int
        How long the node goes on trying.
    """

    server: Address
    oauth: OAuthSettings | None = None
    ca_file: Path | None = None
    timeout_seconds: float = Field(default=30, gt=0)
    longest_wait_seconds: float = Field(default=3600, gt=0)
    keep_days: int = Field(default=30, ge=1)


class FhirServiceSettings(StrictModel):
    """FHIR in and out.

    Attributes
    ----------
    mapping : Path or None
        A mapping whose source is FHIR; relative to the node's folder. Without it the node's own,
        where its source is FHIR.
    write_back : WriteBackSettings or None
    """

    mapping: Path | None = None
    write_back: WriteBackSettings | None = None


class CdsHooksSettings(StrictModel):
    """The service inside the record system.

    Attributes
    ----------
    open : bool
        Whether it answers without a key, for record systems that cannot send one; then whoever
        reaches the port may ask.
    origins : list of str
        Pages that may call it from a browser, such as ``https://ehr.example.org``.
    """

    open: bool = False
    origins: list[Origin] = Field(default_factory=list)


class PageSettings(StrictModel):
    """The clinic's page at the API's address.

    Attributes
    ----------
    open : bool
        Whether the API's processes serve it.
    hosts : list of str
        Names by which browsers may know this machine, beside those of the machine itself and
        `host`, such as ``juntos.hospital.example``.
    """

    open: bool = True
    hosts: list[str] = Field(default_factory=list)


class ApiSettings(StrictModel):
    """The content of ``api.toml``; the defaults are those of a node without the file.

    Attributes
    ----------
    host, port
        Where the API listens; on this machine only unless said otherwise.
    certificate, private_key : Path or None
        PEM files, relative to the node's folder; with them the API speaks HTTPS.
    rate : RateSettings
    size : SizeSettings
    idempotency_hours : int
        How long the answer to an ``Idempotency-Key`` is found again.
    batch_days : int
        How long the results of a file are kept.
    fhir : FhirServiceSettings
    cds_hooks : CdsHooksSettings
    page : PageSettings
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8460, ge=1, le=65535)
    certificate: Path | None = None
    private_key: Path | None = None
    rate: RateSettings = RateSettings()
    size: SizeSettings = SizeSettings()
    idempotency_hours: int = Field(default=24, ge=1)
    batch_days: int = Field(default=7, ge=1)
    fhir: FhirServiceSettings = FhirServiceSettings()
    cds_hooks: CdsHooksSettings = CdsHooksSettings()
    page: PageSettings = PageSettings()

    @property
    def address(self) -> str:
        """Where people and programs reach the API."""
        scheme = "https" if self.certificate is not None else "http"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}:{self.port}"

    @property
    def page_address(self) -> str:
        """Where browsers reach the page: by the first name that it was given, or on this machine.

        What stands for all addresses is none that can be opened.
        """
        if self.page.hosts:
            return self.model_copy(update={"host": self.page.hosts[0]}).address
        wildcard = self.host in EVERY_ADDRESS
        return self.model_copy(update={"host": "127.0.0.1"}).address if wildcard else self.address

    @property
    def page_hosts(self) -> list[str]:
        """Names that a browser may give for the page, without what stands for all addresses."""
        own = [] if self.host in EVERY_ADDRESS else [self.host]
        return [*LOOPBACK, *own, *self.page.hosts]


def read_settings(home: Path) -> ApiSettings:
    """Read ``api.toml`` of a node's folder; an absent file means the defaults.

    Raises
    ------
    SettingsError
        When it cannot be used.
    """
    path = home / API_FILE
    return load(ApiSettings, path) if path.exists() else ApiSettings()
