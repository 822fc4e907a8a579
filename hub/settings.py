"""Every setting of the installation: name, type, default, help.

Read from ``config/default.toml``, then the file named by ``HUB_CONFIG``, then the environment (``HUB_NAME``);
for a secret, ``HUB_NAME_FILE`` may name a file that holds the value. Later sources win.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from hub.core.declared import normal_origin
from hub.core.errors import InputError, Refused

PREFIX = "HUB_"
_LONGEST_SOCKET = 107
"""Bytes that the path of a Unix socket may have on Linux (unix(7): 108 with the final zero)."""
_SECRETS = ("database_url", "keystore_url", "queue_url", "metrics_token")


class Settings(BaseSettings):
    """The settings of one installation. Immutable; made once at start and handed on."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", env_ignore_empty=True)

    data_dir: Path = Field(Path("data"), description="Where the embedded database, keys and queue live.")
    database_url: SecretStr = Field(
        SecretStr(""),
        description="SQLAlchemy address of the database; empty: SQLite in data_dir. "
        "PostgreSQL: postgresql://user:password@host/name.",
    )
    keystore_url: SecretStr = Field(
        SecretStr(""),
        description="Address of the person key store, kept apart from the data and its backups; "
        "empty: SQLite in data_dir.",
    )
    queue_url: SecretStr = Field(
        SecretStr(""),
        description="Address of Redis or Valkey (redis://… or unix://…); empty: the embedded Valkey.",
    )
    credential_root: Path = Field(
        Path(""), description="File with the root key of all credentials, mode 0600; empty: data_dir/keys."
    )
    data_root: Path = Field(
        Path(""), description="File with the root key of personal data, mode 0600; empty: data_dir/keys."
    )
    broker_socket: Path = Field(
        Path(""), description="Unix socket of the broker where it is a process of its own; empty: it is in each."
    )
    broker_users: tuple[str, ...] = Field(
        (), description="Users, by name or number, who may be at the other end of the broker's socket beside its own."
    )
    egress_allow: tuple[str, ...] = Field(
        (),
        description="Origins (scheme://host[:port]) that may be reached although their address is private "
        "or the scheme is http: the operator's own servers.",
    )
    egress_ca_file: Path = Field(
        Path(""), description="PEM file of authorities to trust beside the usual ones: for servers of your own."
    )
    egress_timeout: float = Field(20.0, gt=0, le=120, description="Seconds that one provider call may take.")
    egress_max_bytes: int = Field(8_000_000, ge=10_000, description="Largest provider answer, in bytes after decoding.")
    plugins_off: tuple[str, ...] = Field((), description="Plugins that are not loaded, by name.")
    plugins_dir: Path = Field(
        Path(""), description="Folder of drop-in plugins (one module or package each); empty: none."
    )
    trace_hooks: bool = Field(False, description="Log names and timings of hook calls, never their values.")
    web_host: str = Field("127.0.0.1", description="Address the web server binds to.")
    web_port: int = Field(8765, ge=0, le=65535, description="Port the web server binds to.")
    public_url: str = Field(
        "",
        description="Address under which people reach the hub, without a path (https://hub.example.com): links in "
        "mails begin with it; empty: web_host and web_port.",
    )
    trusted_hosts: tuple[str, ...] = Field(
        (), description="Host names beside that of public_url under which the hub may be asked; others are refused."
    )
    proxies: int = Field(
        0, ge=0, le=5, description="Reverse proxies in front whose X-Forwarded-For and -Proto are believed."
    )
    metrics_token: SecretStr = Field(
        SecretStr(""), description="Bearer token with which Prometheus reads /metrics; empty: there is no such page."
    )
    holds_per_network: int = Field(
        6, ge=1, le=1000, description="Times that one network may hold at once on the booking pages."
    )
    bookings_per_customer: int = Field(
        4, ge=1, le=1000, description="Coming appointments that one address or number may have by the booking pages."
    )
    bookings_per_network: int = Field(
        20, ge=1, le=100_000, description="Appointments that one network may make a day on a business's booking pages."
    )
    web_threads: int = Field(8, ge=1, le=64, description="Threads of each web process.")
    workers: int = Field(1, ge=1, le=32, description="Worker processes that the supervisor keeps.")
    calendar_max_age: int = Field(
        300, ge=30, le=3600, description="Seconds after which a polled calendar is no longer fresh."
    )
    push: bool = Field(
        True,
        description="Let providers tell the hub when calendars change, where they can reach public_url: over https, or "
        "both on this machine.",
    )
    push_max_age: int = Field(
        1200,
        ge=60,
        le=7200,
        description="Seconds after which a calendar is no longer fresh whose provider tells of changes.",
    )
    failing_patience: int = Field(
        900, ge=60, le=86_400, description="Seconds after which people are told of an account that goes on failing."
    )
    refresh_budget: float = Field(
        2.0, gt=0, le=30, description="Seconds an availability search may spend on refreshing calendars."
    )
    hold_seconds: int = Field(600, ge=60, le=3600, description="How long a held time waits for its confirmation.")
    password_memory: int = Field(
        65_536, ge=1024, description="KiB of memory that hashing one password takes (argon2id); less is for tests."
    )
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")
    log_json: bool = Field(False, description="Write each line of the log as a JSON object, for machines to read.")

    @field_validator("broker_users", "egress_allow", "plugins_off", "trusted_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("egress_allow")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return tuple(map(normal_origin, value))
        except Refused:
            raise ValueError("must be origins, scheme://host[:port] without a path, with commas between them") from None

    @field_validator("log_level")
    @classmethod
    def _level(cls, value: str) -> str:
        if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
        return value.upper()

    @field_validator("public_url")
    @classmethod
    def _origin(cls, value: str) -> str:
        parts = urlsplit(value)
        plain = parts.scheme in ("http", "https") and parts.netloc and "@" not in parts.netloc
        if value and (not plain or parts.path.strip("/") or parts.query or parts.fragment):
            raise ValueError("must be scheme://host[:port], without a path")
        return value.rstrip("/").lower()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Use only what `load_settings` hands in: files and environment are merged there."""
        return (init_settings,)

    @property
    def database(self) -> str:
        """The database's SQLAlchemy address."""
        return self.database_url.get_secret_value() or self._embedded("hub.sqlite")

    @property
    def keystore(self) -> str:
        """The person key store's SQLAlchemy address."""
        return self.keystore_url.get_secret_value() or self._embedded("keystore.sqlite")

    @property
    def queue(self) -> str:
        """The queue's address; the embedded Valkey listens on a socket in the data folder."""
        return self.queue_url.get_secret_value() or f"unix://{quote(str(self.socket_path('valkey.sock')))}"

    def socket_path(self, name: str) -> Path:
        """Return where a Unix socket of this installation is: in the data folder, or where its path is short enough."""
        folder = self.data_dir.resolve()
        if len(os.fsencode(folder / name)) > _LONGEST_SOCKET:
            digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
            folder = Path(tempfile.gettempdir()) / f"hub-{os.getuid()}-{digest}"
        return folder / name

    @property
    def base_url(self) -> str:
        """The address with which links to the hub begin, without a slash at the end."""
        host = f"[{self.web_host}]" if ":" in self.web_host else self.web_host
        return self.public_url or f"http://{host}:{self.web_port}"

    @property
    def is_https(self) -> bool:
        """Whether people reach the hub over TLS: then cookies say so."""
        return self.base_url.startswith("https:")

    @property
    def queue_is_embedded(self) -> bool:
        """Whether the supervisor starts Valkey itself."""
        return not self.queue_url.get_secret_value()

    @property
    def ca_file(self) -> Path | None:
        """The file of further authorities, or None."""
        return None if self.egress_ca_file == Path("") else self.egress_ca_file

    @property
    def broker_is_apart(self) -> bool:
        """Whether the broker is asked over a socket."""
        return self.broker_socket != Path("")

    @property
    def credential_root_file(self) -> Path:
        """Where the credential root key is."""
        return self._file(self.credential_root, "credential.root")

    @property
    def data_root_file(self) -> Path:
        """Where the data root key is."""
        return self._file(self.data_root, "data.root")

    def _embedded(self, name: str) -> str:
        return f"sqlite:///{quote(str(self.data_dir.resolve() / name))}"  # an address ends at a question mark

    def _file(self, given: Path, name: str) -> Path:
        return given if given != Path("") else self.data_dir.resolve() / "keys" / name


def load_settings(environ: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """Return the settings from files, environment and ``given`` (which wins).

    Raises InputError that names the setting, the rule and where to change it.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    for file in _files(environ):
        values.update(_table(file))
    for name in Settings.model_fields:
        key = PREFIX + name.upper()
        if environ.get(key):
            values[name] = environ[key]
        elif name in _SECRETS and environ.get(key + "_FILE"):
            values[name] = _secret(key + "_FILE", Path(environ[key + "_FILE"]))
    try:
        return Settings(**{**values, **given})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = str(first["loc"][0])
        if first["type"] == "extra_forbidden":
            raise InputError(f"setting {name}", "there is no such setting; docs/settings.md lists them all.") from None
        where = f"set {PREFIX}{name.upper()} or {name!r} in the file named by {PREFIX}CONFIG"
        raise InputError(f"setting {name}", f"{first['msg']}; {where}.") from None


def _files(environ: Mapping[str, str]) -> list[Path]:
    default = Path(__file__).parent.parent / "config" / "default.toml"
    files = [default] if default.is_file() else []
    if chosen := environ.get(PREFIX + "CONFIG"):
        path = Path(chosen)
        if not path.is_file():
            raise InputError(f"{PREFIX}CONFIG", f"there is no file {chosen!r}; give the path of a TOML file.")
        files.append(path)
    return files


def _table(file: Path) -> dict[str, Any]:
    problem = ""
    try:
        return tomllib.loads(_text(f"{PREFIX}CONFIG", file))
    except tomllib.TOMLDecodeError as error:
        problem = str(error)
    raise InputError(f"{PREFIX}CONFIG", f"{str(file)!r} is no TOML ({problem}); mend that place.")


def _secret(name: str, file: Path) -> str:
    value = _text(name, file).strip()
    if not value:  # taken as it is, the hub would start on an embedded database and look empty
        raise InputError(name, f"{str(file)!r} is empty; write the value into it, or unset {name}.")
    return value


def _text(name: str, file: Path) -> str:
    problem = ""
    try:
        return file.read_text("utf-8")
    except OSError as error:
        problem = error.strerror or type(error).__name__
    except UnicodeDecodeError:
        problem = "it is no text in UTF-8"
    raise InputError(name, f"{str(file)!r} cannot be read ({problem}); name a file that the hub's user can read.")
