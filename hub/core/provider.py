"""What a plugin declares about its provider, and the answers of its key hooks.

These records cross the border between a plugin and the hub; they check themselves when they are made,
so a plugin with a wrong declaration is `broken` with a reason and never half right.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from hub.core.errors import InputError
from hub.core.purpose import Purpose

CONNECTION_HOST = "{connection}"
"""Stands for the origins that were confirmed when the connection was made."""

_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}\Z")
_HTTP = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_WEBDAV = {"PROPFIND", "PROPPATCH", "REPORT", "MKCALENDAR", "MKCOL"}
MAIL = "MAIL"
"""The method that hands a mail to an ``smtp://`` or ``smtps://`` origin; see `hub.vault.smtp`."""

_METHODS = frozenset(_HTTP | _WEBDAV | {MAIL})


class DataCategory(StrEnum):
    """What kind of data an operation carries, in the words of the policy."""

    ACCOUNT = "account"
    CALENDAR_LIST = "calendar_list"
    AVAILABILITY = "availability"
    EVENTS = "events"
    MESSAGES = "messages"
    CONTACTS = "contacts"


class Revocation(StrEnum):
    """What ending a connection means at the provider."""

    NONE = "none"  # nothing to call: the owner changes the password, or removes the permission, there
    TOKEN = "token"  # noqa: S105 - this token ends, others of the same account live on
    GRANT = "grant"  # the whole grant of the account ends, siblings included


class AuthScheme(StrEnum):
    """How the broker adds the credential. BASIC also answers a Digest challenge."""

    BASIC = "basic"
    DIGEST = "digest"
    BEARER = "bearer"
    NONE = "none"  # a server that asks nobody who he is


@dataclass(frozen=True, slots=True)
class Operation:
    """One kind of call that the plugin may make; everything else is refused by the broker.

    ``host`` is a literal ``host`` or ``host:port``, or ``{connection}``. ``path`` is a template over the raw
    encoded path: ``{name}`` matches one segment, a last ``{rest+}`` matches any number of them.
    """

    name: str
    method: str
    host: str
    path: str
    purposes: frozenset[Purpose]
    data: DataCategory

    def __post_init__(self) -> None:
        if not _NAME.match(self.name):
            raise InputError("operation.name", f"{self.name!r} must be lower-case words joined by '_'.")
        if self.method not in _METHODS:
            raise InputError("operation.method", f"{self.method!r} of {self.name!r} cannot be declared.")
        if not self.path.startswith("/"):
            raise InputError("operation.path", f"{self.path!r} of {self.name!r} must begin with '/'.")
        if "{" in self.path.replace("{rest+}", "") and "+}" in self.path.removesuffix("{rest+}"):
            raise InputError("operation.path", f"{{rest+}} may only end the path of {self.name!r}.")
        if self.host != CONNECTION_HOST and not re.match(r"[a-z0-9.-]+(:\d+)?\Z", self.host):
            raise InputError("operation.host", f"{self.host!r} of {self.name!r} is no host name.")
        if not self.purposes:
            raise InputError("operation.purposes", f"{self.name!r} names no purpose.")


@dataclass(frozen=True, slots=True)
class SettingField:
    """One field of a form: of the provider's settings or of its connect form.

    ``choices`` are the values that it may have, each with how people read it; none for free text.
    """

    name: str
    title: str
    help: str = ""
    secret: bool = False
    required: bool = True
    default: str = ""
    choices: tuple[tuple[str, str], ...] = ()


LONGEST_SPAN = 7200
"""The most seconds of a budget: so long calls stay counted."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How many calls may be made in any span of that many seconds, two hours at most."""

    calls: int
    seconds: int

    def __post_init__(self) -> None:
        if self.calls < 1 or not 1 <= self.seconds <= LONGEST_SPAN:
            raise InputError("budget", f"It must allow a call, in a second or more and {LONGEST_SPAN} at most.")


@dataclass(frozen=True, slots=True)
class ConnectLevel:
    """How much the owner lets the hub see and do.

    ``sees`` and ``cannot`` are sentences for the page that asks: what the hub will see and do, and what it will not be
    able to. ``lists_calendars`` is false where nobody may see which calendars there are: then their ids are typed.
    """

    name: str
    title: str
    purposes: frozenset[Purpose]
    scopes: tuple[str, ...] = ()
    sees: tuple[str, ...] = ()
    cannot: tuple[str, ...] = ()
    lists_calendars: bool = True


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider as its plugin declares it.

    ``keeps`` says in a sentence what the provider keeps after a disconnect; it is shown before one. ``settings`` are
    what the operator fills in once for all accounts. The budgets keep an account, and all of them together, below what
    the provider allows. ``restricted``: by the provider's policy, what is read of its accounts is used for the purposes
    of calendars alone (`core.purpose.check_use`).
    """

    name: str
    title: str
    operations: tuple[Operation, ...]
    levels: tuple[ConnectLevel, ...]
    revocation: Revocation
    keeps: str
    icon: str = "calendar"
    settings: tuple[SettingField, ...] = ()
    account_budget: Budget | None = None
    budget: Budget | None = None
    restricted: bool = False

    def __post_init__(self) -> None:
        if not _NAME.match(self.name):
            raise InputError("provider.name", f"{self.name!r} must be lower-case words joined by '_'.")
        if not self.levels:
            raise InputError("provider.levels", f"{self.name!r} declares no connect level.")
        names = [operation.name for operation in self.operations]
        if len(set(names)) != len(names):
            raise InputError("provider.operations", f"{self.name!r} declares an operation name twice.")

    def level(self, name: str) -> ConnectLevel:
        """Return the connect level of that name, or raise InputError with the names there are."""
        for level in self.levels:
            if level.name == name:
                return level
        known = ", ".join(level.name for level in self.levels)
        raise InputError("level", f"{self.title} has no level {name!r}; choose one of {known}.")


@dataclass(frozen=True, slots=True)
class Form:
    """`hub_connect` answers: ask these fields, then call again with what was typed."""

    fields: tuple[SettingField, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Redirect:
    """`hub_connect` answers: send the owner there. ``keep`` is sealed and handed back once, as ``setup.keep``.

    The address must be https, carry ``setup.state``, and the provider must bring it back to ``setup.redirect_url``, by
    a GET. Let its origin be that of an address among the provider's settings: browsers follow the redirect at once
    then, and else the owner sees a link first.
    """

    url: str
    keep: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, repr=False)
class Grant:
    """`hub_connect` answers: connected. The credential, and what the connection may be used with.

    ``secret`` holds the credential fields (``username`` and ``password``, or ``access_token`` and
    ``refresh_token``); it goes into the vault and is never printed. ``settings`` is what work hooks see
    (no secrets). ``origins`` are the ``scheme://host[:port]`` confirmed now, to which ``{connection}`` resolves.
    ``expires_at`` is in UTC seconds. ``account_id`` is the provider's own unchanging id of the account (``sub``), where
    it has one: connections of one account are known by it, and a refresh that brings another one is not taken.
    ``scopes`` are what was granted, by the names that the level has for them, ``limits`` sentences for people: what
    cannot be done because it was less than asked. ``marks`` are words by which the provider may name this one grant
    when it says that it ended; only keyed hashes of them are kept outside the vault.
    """

    scheme: AuthScheme
    secret: Mapping[str, str]
    origins: tuple[str, ...]
    account_name: str
    settings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    scopes: tuple[str, ...] = ()
    expires_at: int | None = None
    account_id: str = ""
    limits: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Grant({self.scheme}, origins={self.origins!r})"
