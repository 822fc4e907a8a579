"""Every error the hub raises on purpose, as one tree.

::

    HubError
    ├── InputError            what was given breaks a rule: field, rule, way out
    ├── UnknownId             no such thing, or it belongs to another business
    ├── Taken                 the wanted time is no longer free
    ├── TooMany               so many at once are not allowed: end one, or wait
    ├── StateError            the thing is not in a state that allows this
    ├── PluginBroken          the plugin that should do this is off or broken
    ├── Unavailable           the store, the queue or the broker cannot be reached now
    ├── VaultError
    │   ├── Sealed            no key, wrong key, unsafe key file: the hub does not start
    │   └── Tampered          a ciphertext is not the one that was written there
    └── ProviderError         what a plugin may raise; each says what the caller must do
        ├── Retry             try again, not before ``after`` seconds
        ├── NeedsReconnect    the owner must connect again
        ├── Refused           the provider or the broker says no; do not repeat
        ├── NotFound          the calendar or event is gone
        ├── Conflict          it changed since it was read, or exists already
        └── Gone              the cursor is too old: read everything again

A message names the thing, the rule and the way out. It never holds a credential or what a customer wrote.
"""

from __future__ import annotations


class HubError(Exception):
    """An error with a machine word in ``code`` and a sentence for a person in ``message``."""

    code = "error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class InputError(HubError):
    """What was given breaks a rule. ``field`` names the part; nothing was changed."""

    code = "invalid"

    def __init__(self, field: str, message: str, *, code: str | None = None) -> None:
        super().__init__(f"{field}: {message}", code=code)
        self.field = field


class UnknownId(HubError):
    """No such thing here. The answer for another business's id is the same."""

    code = "unknown"

    def __init__(self, kind: str, identifier: str) -> None:
        super().__init__(f"There is no {kind} {identifier!r} in this business.")
        self.kind = kind


class Taken(HubError):
    """The wanted time is not free any more: offer another one."""

    code = "taken"


class TooMany(HubError):
    """So many of these at once are not allowed: end one, or wait."""

    code = "too_many"


class StateError(HubError):
    """The thing is not in a state that allows what was asked."""

    code = "state"


class PluginBroken(HubError):
    """The plugin that should do this is off or broken; ``hub plugins`` says why."""

    code = "plugin_broken"


class Unavailable(HubError):
    """A part that the hub stands on (store, queue, broker) cannot be reached now."""

    code = "unavailable"


class VaultError(HubError):
    """The vault refuses."""

    code = "vault"


class Sealed(VaultError):
    """The vault has no usable key, so the hub does not start."""

    code = "sealed"


class Tampered(VaultError):
    """A ciphertext was swapped, cut, rolled back or comes from elsewhere."""

    code = "tampered"


class ProviderError(HubError):
    """What a plugin may raise. The type tells the caller what to do."""

    code = "provider"


class Retry(ProviderError):
    """Try again, not before ``after`` seconds. ``sent``: the request went out, so it may have happened all the same."""

    code = "retry"
    sent = False

    def __init__(self, message: str, *, after: float = 30.0, code: str | None = None, sent: bool = False) -> None:
        super().__init__(message, code=code)
        self.after = after
        self.sent = sent


class NeedsReconnect(ProviderError):
    """The credential is no longer accepted: its owner must connect again."""

    code = "needs_reconnect"


class Refused(ProviderError):
    """The provider or the broker says no, and will say so again. ``reason`` is a machine word."""

    code = "refused"

    def __init__(self, reason: str, message: str | None = None) -> None:
        super().__init__(message or f"Refused: {reason}.", code=reason)
        self.reason = reason


class NotFound(ProviderError):
    """The calendar or event does not exist (any more) at the provider."""

    code = "not_found"


class Conflict(ProviderError):
    """The thing changed since it was read, or exists already with other content."""

    code = "conflict"


class Gone(ProviderError):
    """The cursor is too old: forget it and read everything again."""

    code = "gone"
