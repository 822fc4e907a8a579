"""What `hub doctor` says of the settings: whether they fit together, and how people reach the hub."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from hub.run.finding import Finding, bad, ok, warn
from hub.run.patient import Patient
from hub.settings import PREFIX, Settings

_SHORTEST_TOKEN = 20
_OTHERS = frozenset(
    {"CONFIG", "READY_FD", "CRASH_AT", "PROBE_PASSWORD", "HOST", "DATABASE_PASSWORD", "VENV", "TEST_PROCESSES"}
)
"""Names behind ``HUB_`` that are no settings: docs/settings.md, docker-compose.yml, scripts."""

_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\Z", re.IGNORECASE)
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def check_settings(patient: Patient) -> Iterator[Finding]:
    """Look for settings that do nothing, or not what is meant."""
    settings = patient.settings
    found = list(_misspelt(patient))
    for host in settings.trusted_hosts:
        if not _HOST.match(host):
            found.append(
                bad(
                    "settings",
                    f"HUB_TRUSTED_HOSTS holds {host!r}, which is no host name.",
                    "Give names alone: a.example.com.",
                )
            )
    token = settings.metrics_token.get_secret_value()
    if token and len(token) < _SHORTEST_TOKEN:
        found.append(
            warn("settings", "HUB_METRICS_TOKEN is short enough to be guessed.", "Make one with: openssl rand -hex 32.")
        )
    for origin in settings.egress_allow:
        if origin.startswith("http:") and urlsplit(origin).hostname not in _LOOPBACK:
            found.append(
                warn("settings", f"Passwords go to {origin} in the clear.", "Give that server TLS, and list https.")
            )
    if settings.trace_hooks and settings.log_level not in ("DEBUG", "INFO"):
        found.append(
            warn("settings", "HUB_TRACE_HOOKS logs at INFO, which HUB_LOG_LEVEL keeps out.", "Set HUB_LOG_LEVEL=INFO.")
        )
    yield from found or [ok("settings", "They fit together.")]


def _misspelt(patient: Patient) -> Iterator[Finding]:
    names = {name.upper() for name in Settings.model_fields}
    secrets = {f"{name}_FILE" for name in ("DATABASE_URL", "KEYSTORE_URL", "QUEUE_URL", "METRICS_TOKEN")}
    given = {name.removeprefix(PREFIX) for name in patient.environ if name.startswith(PREFIX)}
    for name in sorted(given - names - secrets - _OTHERS):
        shown = name if re.fullmatch(r"[A-Z0-9_]{1,60}", name) else "…"
        yield warn(
            "settings", f"HUB_{shown} is set, and there is no such setting.", "See docs/settings.md for its name."
        )


def check_address(patient: Patient) -> Iterator[Finding]:
    """Look at how people reach the hub: by which address, over TLS, through which proxies."""
    settings = patient.settings
    base, is_inside = urlsplit(settings.base_url), settings.web_host in _LOOPBACK
    if not settings.public_url and is_inside:
        yield ok("address", f"{settings.base_url}, for this machine alone.")
    elif not settings.public_url:
        yield bad(
            "address",
            f"The web server listens on {settings.web_host}, but links in mails would begin with {settings.base_url}.",
            "Set HUB_PUBLIC_URL to the address that people type.",
        )
    elif not settings.is_https and base.hostname not in _LOOPBACK:
        yield bad(
            "address",
            f"People reach the hub at {settings.base_url}: passwords and cookies can be read on the way.",
            "Put a TLS proxy before it (docs/install.md), and set HUB_PUBLIC_URL to the https address.",
        )
    else:
        yield ok("address", f"{settings.base_url}.")
    if settings.is_https and not settings.proxies:
        yield warn(
            "address",
            "People come over TLS, so through a proxy, but none is believed: all visitors look like that proxy, "
            "share one limit, and stand under one address in the security events.",
            "Set HUB_PROXIES to the number of proxies, usually 1.",
        )
    if settings.proxies and not is_inside and settings.queue_is_embedded:
        yield warn(
            "address",
            f"Proxies are believed, and the web server listens on {settings.web_host}: who reaches it past the proxy "
            "can claim any address.",
            "Set HUB_WEB_HOST=127.0.0.1, or let only the proxy reach that port.",
        )
    if settings.proxies and not settings.is_https:
        yield warn(
            "address",
            "A proxy is believed, but HUB_PUBLIC_URL is no https address.",
            "Set HUB_PUBLIC_URL to the address that people type.",
        )
