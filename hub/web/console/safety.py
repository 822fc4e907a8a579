"""How safe an installation is, in sentences: what is well, and what its owner can mend."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hub.settings import Settings

GOOD, WARN, INFO = "good", "warn", "info"
"""Tones of a sentence."""

Says = tuple[str, str]


def safety(given: Settings, owners_without_second_step: Iterable[str]) -> list[Says]:
    """Return sentences, each as (tone, text)."""
    return [_address(given), *_proxies(given), _owners(list(owners_without_second_step)), *_metrics(given)]


def _address(given: Settings) -> Says:
    if given.is_https:
        return GOOD, f"People reach the hub over TLS, at {given.base_url}."
    if given.public_url:
        return WARN, (
            f"People reach the hub at {given.base_url}, without TLS: whoever is on the way can read along. Put a proxy "
            "with a certificate before it, and let HUB_PUBLIC_URL begin with https."
        )
    return WARN, (
        f"HUB_PUBLIC_URL is not set, so links in mails lead to {given.base_url}. That is right for trying the hub on "
        "this machine, and for nothing else."
    )


def _proxies(given: Settings) -> Iterator[Says]:
    if given.proxies:
        many = "one proxy" if given.proxies == 1 else f"{given.proxies} proxies"
        yield (
            INFO,
            (
                f"The addresses of visitors are believed to {many} in front. If there are fewer, visitors can pretend "
                "to be elsewhere: then lower HUB_PROXIES."
            ),
        )
    elif given.public_url:
        yield (
            INFO,
            (
                "No proxy in front is believed. If there is one, all visitors seem to come from its address, and share "
                "their limits: then set HUB_PROXIES."
            ),
        )


def _owners(bare: list[str]) -> Says:
    if not bare:
        return GOOD, "Every owner signs in with a second step."
    return WARN, (
        f"Without a second step: {', '.join(bare)}. A stolen password is enough to act as an owner; an app with codes "
        "or a passkey under Your account mends that."
    )


def _metrics(given: Settings) -> Iterator[Says]:
    if given.metrics_token.get_secret_value() and given.public_url and not given.is_https:
        yield WARN, "The token of the metrics page travels without TLS."
