"""A call of the API in one row: address, view, what it takes and gives. The row checks, answers and documents."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from inspect import signature
from types import MappingProxyType
from typing import Any, TypeVar

from apiflask.scaffold import APIScaffold
from flask import Response, request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import UnsupportedMediaType

from hub.core.changes import changed_meanwhile
from hub.core.errors import InputError, StateError, UnknownId
from hub.core.role import Right
from hub.store.ids import is_id
from hub.web.api.fields import Asked, Given, Shown
from hub.web.api.versions import MATCH, asked_version, etag_of, not_that_version, with_version
from hub.web.door import Rate, Who
from hub.web.refusals import Faults
from hub.web.route import Route, route

ROOT = "/api/v1"
KEY_HEADER = "Idempotency-Key"
_KEY = re.compile(r"[!-~]{1,200}", re.ASCII)
_OURS = re.compile(r"^(business|staff|resource|holder|service)\.")
"""What stands before the names of fields inside the hub."""
_KINDS = {"holder_id": "staff member or resource"}
_WHY = {
    400: "The request cannot be read.",
    401: "There is no key, or it does not work.",
    403: "The key does not have the scope.",
    404: "There is no such thing, or it is not for this key.",
    409: "It is not in a state that allows this, or somebody else was faster.",
    412: "It does not have the version that `If-Match` names.",
    413: "The body is too large.",
    415: "The body is no application/json.",
    422: "Something that was given breaks a rule; `errors` says what.",
    429: "Too many requests, or too many times held at once.",
    500: "Something went wrong in the hub.",
    502: "The provider did not do it.",
    503: "The hub cannot do this right now.",
}

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a view answers if it is more than a model: another status, headers."""

    body: Shown | None
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)


def call(
    method: str,
    rule: str,
    view: Callable[..., Any],
    right: Right,
    tag: str,
    *,
    takes: type[Given] | None = None,
    asks: type[Asked] | None = None,
    gives: type[Shown] | None = None,
    status: int = 200,
    other: Mapping[int, type[Shown]] = MappingProxyType({}),
    keyed: bool = False,
    also: tuple[int, ...] = (),
    rate: Rate | None = None,
) -> Route:
    """Return the row of a call below `ROOT`, for keys with that right.

    The view gets the arguments of the address, ``body`` if the call ``takes`` one, ``query`` if it ``asks`` for any,
    and returns what it ``gives``: a model, a `Reply` or a response. ``keyed``: it takes an idempotency key. ``also``
    are further
    statuses of problems, ``other`` further answers.
    """
    documented = _documented(view, right, tag, takes, asks, {status: gives, **other}, keyed, also)
    return route("api", ROOT + rule, _checked(documented, takes, asks, status), method, Who.KEY, right, rate=rate)


def idempotency_key() -> str:
    """Return the idempotency key of this request, empty without one. Raises Faults for one that is none."""
    given = request.headers.get(KEY_HEADER)
    if given is None:
        return ""
    if not _KEY.fullmatch(given):
        raise Faults([(KEY_HEADER, "Give 1 to 200 printable ASCII characters without spaces.")])
    return given


def answer(body: Shown | None, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a model as the answer."""
    if body is None:
        return Response(status=status, headers=dict(headers or {}), content_type="application/json")
    shown = {**etag_of(body), **(headers or {})}
    return Response(body.model_dump_json(), status, shown, content_type="application/json")


def _checked(
    view: Callable[..., Any], takes: type[Given] | None, asks: type[Asked] | None, status: int
) -> Callable[..., Response]:
    by_argument = "version" in signature(view).parameters

    @wraps(view)
    def checked(**arguments: Any) -> Response:
        try:
            return called(arguments)
        except StateError as error:
            if error.code == "changed" and request.headers.get(MATCH):
                return not_that_version(error)
            raise

    def called(arguments: dict[str, Any]) -> Response:
        for name, value in arguments.items():
            if name.endswith("_id") and not is_id(value):
                raise UnknownId(_KINDS.get(name, name.removesuffix("_id").replace("_", " ")), value)
        idempotency_key()
        version, other = asked_version()
        if by_argument:
            arguments["version"] = version
        elif version and takes is None:
            other = changed_meanwhile("thing")  # it has no versions, so it has not this one
        if asks is not None:
            arguments["query"] = _query(asks)
        elif request.args:
            raise Faults([(name, "There is no such parameter; leave it out.") for name in request.args])
        if takes is not None:
            arguments["body"] = _body(takes, version, other)
        elif request.get_data().strip() not in (b"", b"{}"):
            raise Faults([("body", "This call takes no body; leave it out.")])
        if other is not None:
            raise other  # after all that is wrong in any case (RFC 9110, 13.2.1)
        try:
            given = view(**arguments)
        except InputError as error:
            sentence = error.message.removeprefix(f"{error.field}: ")
            raise Faults([(_OURS.sub("", error.field), sentence)], error.code) from None
        if isinstance(given, Response):
            return given
        if isinstance(given, Reply):
            return answer(given.body, given.status, given.headers)
        return answer(given, status)

    return checked


def _body(kind: type[T], version: str, other: StateError | None) -> T:
    """Return the body; raise Faults, or else ``other``: what is wrong with the version that was asked for."""
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("Send application/json.")
    given, faults = request.get_data(), list[tuple[str, str]]()
    try:
        given = with_version(kind, given, version) if version else given
    except StateError as error:
        other = error
    try:
        body = kind.model_validate_json(given)
    except ValidationError as error:
        faults = [one for one in _faults(error) if other is None or one[0] != "version"]  # it stood in the header
        if faults or other is None:
            raise Faults(faults) from None
    if other is not None:
        raise other
    return body


def _query(kind: type[T]) -> T:
    given = {name: values[0] for name, values in request.args.lists()}
    twice = [name for name, values in request.args.lists() if len(values) > 1]
    if twice:
        raise Faults([(name, "Give it once.") for name in twice])
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        raise Faults(_faults(error)) from None


def _faults(error: ValidationError) -> list[tuple[str, str]]:
    """Return field and sentence of each fault; the values themselves are not repeated."""
    found = []
    for one in error.errors(include_url=False, include_context=False, include_input=False):
        name = ".".join(str(part)[:100] for part in one["loc"])
        found.append((name or "body", _SENTENCES.get(one["type"]) or _sentence(one["msg"])))
    return found


def _sentence(text: str) -> str:
    text = text.removeprefix("Value error, ").replace("Input should", "It should", 1)
    return text if text.endswith(".") else f"{text}."


_SENTENCES = {
    "missing": "It is needed; give it.",
    "extra_forbidden": "There is no such field; leave it out.",
}


def _documented(
    view: Callable[..., Any],
    right: Right,
    tag: str,
    takes: type[Given] | None,
    asks: type[Asked] | None,
    gives: Mapping[int, type[Shown] | None],
    keyed: bool,
    also: tuple[int, ...],
) -> Callable[..., Any]:
    """Tell APIFlask what stands in the document about a call; models are named, and described in `document`."""
    versioned = "version" in signature(view).parameters or (takes is not None and "version" in takes.model_fields)
    wrong = {400, 401, 403, 404, 422, 429, 500, 503, *also} | ({413, 415} if takes else set())
    wrong |= ({409} if keyed else set()) | ({412} if versioned else set())
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    responses: dict[int, Any] = {status: _good(kind) for status, kind in gives.items()}
    responses |= {code: {"description": _WHY[code], "content": problem} for code in sorted(wrong)}
    details: dict[str, Any] = {"x-models": [one for one in (takes, asks, *gives.values()) if one is not None]}
    details["parameters"] = _parameters(asks, keyed, versioned)
    if takes is not None:
        details["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(takes)}}}
    first, _, rest = (view.__doc__ or "").partition("\n")
    document = APIScaffold().doc(
        summary=first.strip().rstrip("."),
        description=" ".join(rest.split()) or None,
        tags=[tag],
        responses=responses,
        operation_id=view.__name__,
        security=[{"key": [str(right)]}],
        extensions=details,
    )
    documented: Callable[..., Any] = document(view)
    return documented


def _parameters(asks: type[Asked] | None, keyed: bool, versioned: bool) -> list[dict[str, Any]]:
    """Return the parameters beside those of the address, which APIFlask finds."""
    found: list[dict[str, Any]] = []
    if asks is not None:
        schema = asks.model_json_schema(ref_template="#/components/schemas/{model}")
        needed = schema.get("required", [])
        for name, one in schema["properties"].items():
            about = {"description": one.pop("description")} if "description" in one else {}
            given = [part for part in one.get("anyOf", ()) if part != {"type": "null"}]
            shape = given[0] if len(given) == 1 else one  # left out, rather than null
            found.append({"name": name, "in": "query", "required": name in needed, "schema": shape, **about})
    if keyed:
        schema = {"type": "string", "pattern": "^[!-~]{1,200}$"}
        text = "A repeat with the same key makes nothing twice."
        found.append({"name": KEY_HEADER, "in": "header", "required": False, "schema": schema, "description": text})
    if versioned:
        schema = {"type": "string", "pattern": '^("[!#-~]{1,64}"|[*])$'}
        text = "The `ETag` that was looked at, in place of `version`: nothing newer is changed."
        found.append({"name": MATCH, "in": "header", "required": False, "schema": schema, "description": text})
    return found


def _good(kind: type[BaseModel] | None) -> dict[str, Any]:
    content: dict[str, Any] = {}
    headers = {"RateLimit-Policy": _RATE, "RateLimit": _RATE}
    if kind is not None:
        content = {"content": {"application/json": {"schema": _ref(kind)}}}
        headers |= {"ETag": _ETAG} if "version" in kind.model_fields else {}
    return {"description": "It worked.", **content, "headers": headers}


def _ref(kind: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{kind.__name__}"}


_RATE = {
    "schema": {"type": "string"},
    "description": "How often this key may come (draft-ietf-httpapi-ratelimit-headers).",
}
_ETAG = {"schema": {"type": "string"}, "description": "The `version` of the thing, for `If-Match`."}
