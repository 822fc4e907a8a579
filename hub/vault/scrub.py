"""Take the credential out of what a provider sends back.

Tokens are random and can be replaced wherever they appear. A password may be an ordinary word, and replacing it in
data would damage an event that the plugin writes back: it is replaced in headers and in the text of errors, and a
successful answer that echoes it is refused.
"""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

from hub.core.provider import AuthScheme, Grant
from hub.vault.border import Answer, Failure, Outcome, Result

MARK = "[credential]"
SHORTEST_PASSWORD = 6
"""A shorter password is not looked for by itself: it cannot be told from ordinary text."""

_SHORTEST_TOKEN = 8
_STRUCTURAL = frozenset({"content-type", "date", "last-modified", "dav", "allow", "retry-after", "vary"})


class Scrubber:
    """Knows the forms in which one grant could come back."""

    def __init__(self, grant: Grant) -> None:
        secret = dict(grant.secret)
        self._words: tuple[str, ...] = ()
        tokens: list[str] = []
        if grant.scheme is not AuthScheme.BEARER:
            username, password = secret.pop("username", ""), secret.pop("password", "")
            pair = base64.b64encode(f"{username}:{password}".encode()).decode()
            tokens += [pair, pair.rstrip("=")] if password else []
            self._words = _forms([password], SHORTEST_PASSWORD)
        self._tokens = _forms([*tokens, *secret.values()], _SHORTEST_TOKEN)
        self._token_bytes = tuple(form.encode() for form in self._tokens)
        self._word_bytes = tuple(form.encode() for form in self._words)

    def clean(self, answer: Answer) -> Result:
        """Return the answer without the credential, or the Failure "echo" for data that holds a password."""
        body = answer.body
        for form in self._token_bytes:
            if form in body:
                body = body.replace(form, MARK.encode())
        for form in self._word_bytes:
            if form in body:
                if 200 <= answer.status < 300:
                    return Failure(Outcome.REFUSED, "echo", sent=True)
                body = body.replace(form, MARK.encode())
        forms = self._tokens + self._words
        dirty = [form for form in forms if form in answer.reason or any(form in value for _, value in answer.headers)]
        if body is answer.body and not dirty:
            return answer
        headers = tuple(
            (name, value if name.lower() in _STRUCTURAL else _without(value, dirty)) for name, value in answer.headers
        )
        return replace(answer, reason=_without(answer.reason, dirty), headers=headers, body=body)


def _forms(values: list[str], shortest: int) -> tuple[str, ...]:
    """Return each value as it may be written in text, XML, JSON, a URL or base64, longest first."""
    found = {
        form
        for value in values
        if len(value) >= shortest
        for form in (
            value,
            quote(value, safe=""),
            quote_plus(value),
            escape(value, {'"': "&quot;", "'": "&#39;"}),
            escape(value),
            json.dumps(value)[1:-1],
        )
    }
    return tuple(sorted(found, key=lambda form: (-len(form), form)))


def _without(text: str, forms: list[str]) -> str:
    for form in forms:
        text = text.replace(form, MARK)
    return text
