"""A second program at the same Acme, for `hub probe` and the tests: it writes what the plugin did not write."""

from __future__ import annotations

from collections.abc import Mapping

import requests


def stranger(settings: Mapping[str, str], username: str, password: str) -> Stranger:
    """Return a program signed in where an account of these settings has its calendars."""
    return Stranger(settings["base"], password)


class Stranger:
    """Calendars and events by plain requests; what Acme refuses raises `requests.HTTPError`."""

    def __init__(self, base: str, token: str) -> None:
        self._http, self._base = requests.Session(), f"{base}/v1/calendars"
        self._http.trust_env = False
        self._http.headers["Authorization"] = f"Bearer {token}"

    def make_calendar(self, name: str) -> str:
        """Make a calendar and return its id."""
        return str(self._send("POST", "", json={"name": name}).json()["id"])

    def remove_calendar(self, ref: str) -> None:
        """Remove a calendar with all that is in it."""
        self._send("DELETE", f"/{ref}")

    def write(self, calendar: str, uid: str, text: str) -> None:
        """Write an event, new or in place of the one with this uid."""
        self._send("PUT", f"/{calendar}/events/{uid}", data=text.encode())

    def read(self, calendar: str, uid: str) -> str:
        """Return an event as iCalendar, or an empty text."""
        answer = self._send("GET", f"/{calendar}/events/{uid}", missing=True)
        return answer.content.decode() if answer.ok else ""

    def remove(self, calendar: str, uid: str) -> None:
        """Remove an event, if it is there."""
        self._send("DELETE", f"/{calendar}/events/{uid}", missing=True)

    def is_empty(self, calendar: str) -> bool:
        """Tell whether the calendar holds nothing."""
        return not self._send("GET", f"/{calendar}/changes").json()["events"]

    def close(self) -> None:
        """Let Acme go."""
        self._http.close()

    def _send(
        self, method: str, path: str, *, missing: bool = False, json: object = None, data: bytes | None = None
    ) -> requests.Response:
        answer = self._http.request(method, self._base + path, json=json, data=data, timeout=30)
        if not (missing and answer.status_code == 404):
            answer.raise_for_status()
        return answer
