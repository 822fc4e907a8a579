"""How long a provider asks to wait."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

from hub.vault.border import Answer

LONGEST = 3600.0
"""Seconds beyond which no provider is believed."""


def retry_after(answer: Answer) -> float | None:
    """Return the seconds that Retry-After asks for (RFC 9110, 10.2.3), or None if it does not.

    A date is taken against the answer's own.
    """
    text = (answer.header("Retry-After") or "").strip()
    try:
        seconds = (
            float(text)
            if text.isdigit()
            else (parsedate_to_datetime(text) - parsedate_to_datetime(answer.header("Date") or "")).total_seconds()
        )
    except (ValueError, TypeError):
        return None
    return min(max(seconds, 1.0), LONGEST)
