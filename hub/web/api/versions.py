"""Versions of things in headers (RFC 9110): ``ETag`` in answers, ``If-Match`` with a change."""

from __future__ import annotations

import json
import re
from typing import Any

from flask import Response, request
from pydantic import BaseModel

from hub.core.changes import changed_meanwhile
from hub.core.errors import StateError
from hub.web.door import SAFE
from hub.web.refusals import Faults, refusal

MATCH = "If-Match"
_TAG = re.compile(r'"([!#-~]{1,64})"', re.ASCII)
_WEAK_OR_MORE = re.compile(r'(?:W/)?"[!#-~]*"(?:\s*,\s*(?:W/)?"[!#-~]*")*', re.ASCII)


def etag_of(body: BaseModel | None) -> dict[str, str]:
    """Return the header that says which version an answer shows; nothing for what has none."""
    version = getattr(body, "version", None)
    return {} if version is None or version == "" else {"ETag": f'"{version}"'}


def asked_version() -> tuple[str, StateError | None]:
    """Return the version that a change is to be made to, as ``If-Match`` names it; empty for any.

    Beside it a StateError (``changed``) for one that nothing can have. Raises Faults for what is none or several.
    """
    given = request.headers.get(MATCH, "").strip()
    if request.method in SAFE or given in ("", "*"):
        return "", None
    if found := _TAG.fullmatch(given):
        return found[1], None
    if _WEAK_OR_MORE.fullmatch(given) and "," not in given:
        return "", changed_meanwhile("thing")  # weak, or of a form that no answer of ours has: it matches nothing
    raise Faults([(MATCH, 'Give one entity tag as it stood in the answer, such as "7", or *.')])


def with_version(kind: type[BaseModel], body: bytes, version: str) -> bytes:
    """Return a body with the version that ``If-Match`` names in its ``version``, if it has none of its own.

    Raises Faults when it has another one, StateError (``changed``) when no such thing has versions like that.
    """
    field = kind.model_fields.get("version")
    if field is None:
        raise changed_meanwhile("thing")
    try:
        given: Any = json.loads(body)
    except (ValueError, RecursionError):
        return body  # what is wrong with it is said where it is read
    if not isinstance(given, dict):
        return body
    wanted: int | str = int(version) if field.annotation is int and version.isdigit() and len(version) < 10 else version
    if field.annotation is int and isinstance(wanted, str):
        raise changed_meanwhile("thing")
    if given.setdefault("version", wanted) != wanted:
        raise Faults([("version", "It is not the one of If-Match; give one of them, or both alike.")])
    return json.dumps(given).encode()


def not_that_version(error: StateError) -> Response:
    """Answer that ``If-Match`` names another version than there is (RFC 9110, 15.5.13)."""
    return refusal(412, "It has changed", error.message, error.code)  # type: ignore[return-value]  # Flask's own
