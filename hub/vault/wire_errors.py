"""Errors over the broker's socket: the tree of `hub.core.errors` as plain data, and back."""

from __future__ import annotations

from collections.abc import Mapping

from hub.core import errors
from hub.core.errors import HubError
from hub.vault.wire import Head, Malformed

# The tree is closed: an error of any other class crosses as the nearest one above it that stands there.
_ERRORS: Mapping[str, type[HubError]] = {
    name: one for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, HubError)
}
_PARTS: Mapping[str, Mapping[str, type]] = {
    "InputError": {"field": str},
    "UnknownId": {"kind": str},
    "Retry": {"after": float, "sent": bool},
    "Refused": {"reason": str},
}


def from_error(error: HubError) -> Head:
    """Return the head of a reply that is an error."""
    kind = next(one.__name__ for one in type(error).__mro__ if one.__name__ in _ERRORS)
    head = {"is": "error", "error": kind, "message": error.message, "code": error.code}
    parts = _PARTS.get(kind, {})
    return head | {name: form(getattr(error, name)) for name, form in parts.items()}


def to_error(kind: str, message: str, code: str, head: Head) -> HubError:
    """Return the error that a reply is. Raises Malformed."""
    if kind not in _ERRORS:
        raise Malformed("an unknown error")
    error = _ERRORS[kind].__new__(_ERRORS[kind])
    HubError.__init__(error, message, code=code)  # the message is whole: it is not composed a second time
    for name, form in _PARTS.get(kind, {}).items():
        if not isinstance(head.get(name), form):
            raise Malformed("an error without one of its parts")
        setattr(error, name, head[name])
    return error
